import type { TaggedExample } from '../data/tagged.js'
import { Vocabulary } from '../data/vocabulary.js'
import { WordFeatures } from '../data/word-features.js'
import { FormatError } from '../errors.js'
import { assignWeights, type Json, type StoredModel } from '../formats/index.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import { taggerAnswers } from './tag-evaluation.js'
import { buildTagger, learnToTag } from './tag-learn.js'
import { TagLookup } from './tag-lookup.js'
import { tagLine, tagReport } from './tag-report.js'
import { taggedRowsInMemory } from './tag-rows.js'
import { decideTagSettings, type TagSettings, tagSettings } from './tag-settings.js'
import { TagSet } from './tag-tags.js'
import { TokenReader } from './tag-words.js'
import { Tagger, type TaggerBaselines } from './tagger.js'
import type { Task } from './task.js'

/**
 * Text → spans: names, places, slots; and, where the data have labels, the intent of the whole text from the same network.
 *
 * Words and their spelling → recurrent layers → one score per word and tag → the best sequence of tags (CRF).
 */
export const tag: Task<TaggedExample, TagSettings, Tagger> = {
  name: 'tag',
  summary: 'text → spans: names, slots, and the intent beside them',
  commands: ["predict MODEL '…'", "inspect MODEL '…'"],
  settings: tagSettings,
  takesVectors: ['vectors'],
  headlines: ['f1', 'intentAccuracy'],
  rowsOf: taggedRowsInMemory,
  learn: learnToTag,
  restore: restoreTagger,
  report: tagReport,
  line: tagLine,
  answers: taggerAnswers,
}

/** Builds the tagger that `stored.config` describes and puts the stored weights in. */
function restoreTagger(engine: Engine, stored: StoredModel, place: string): Tagger {
  const where = `${place}/config.json`
  const { config } = stored
  const settings = settingsOf(config.settings, where)
  const labels = namesOf(config.labels, where, 'labels')
  const { tags, reader, baselines } = asFormatError(() => ({
    tags: new TagSet(namesOf(config.tags, where, 'tags'), settings.model.scheme),
    reader: new TokenReader(
      WordFeatures.fromJSON(config.vocabulary, where),
      Vocabulary.fromJSON(config.characters, where),
      settings.text,
    ),
    baselines: baselinesOf(config.baselines, where),
  }))
  const sizes = {
    rows: reader.features.rows,
    characters: reader.characters.size,
    tags: tags.names.length,
    labels: labels.length,
  }
  // the weights drawn here are overwritten
  const network = buildTagger(engine, sizes, settings, new Random(0))
  assignWeights(network.parameters(), stored.tensors, place)
  return new Tagger({ reader, network, tags, labels, settings, baselines })
}

function namesOf(names: Json | undefined, where: string, key: string): string[] {
  const valid = Array.isArray(names) && names.every((name): name is string => typeof name === 'string')
  if (!valid || new Set(names).size < names.length)
    throw new FormatError(`${where}: expected a list of different names under "${key}"`)
  return names
}

function settingsOf(json: Json | undefined, where: string): Decided<TagSettings> {
  const given = asFormatError(() => resolveSettings(tagSettings, json, () => where, ['settings']))
  return decideTagSettings(given, { texts: 0, words: 0, unicode: true })
}

function baselinesOf(json: Json | undefined, where: string): TaggerBaselines {
  const { lookup, majority = null } = storedObject(json)
  const entries = Object.entries(storedObject(lookup)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  if (majority !== null && typeof majority !== 'string')
    throw new FormatError(`${where}: baselines.majority is no label`)
  return { lookup: new TagLookup(entries), majority }
}
