import { FormatError } from '../errors.js'
import { assignWeights, type Json, type StoredModel } from '../formats/index.js'
import { NearestTexts } from '../metrics/nearest-texts.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { WordReader } from './classify-words.js'
import { Replier } from './replier.js'
import { ReplyDictionary } from './reply-dictionary.js'
import { replierAnswers } from './reply-evaluation.js'
import { buildNetwork, learnToReply } from './reply-learn.js'
import { replyLine, replyReport } from './reply-report.js'
import { type ReplyParts, replyPairsInMemory } from './reply-rows.js'
import { type ReplySettings, replySettings } from './reply-settings.js'
import { decideSettings } from './reply-sizes.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import type { PairRow } from './translate-rows.js'

/**
 * Message → one of the replies of a dictionary: smart reply, the answers of a help desk.
 *
 * Words and their character n-grams → embedding → recurrent layers → pooling → a vector; the reply whose vector is nearest.
 */
export const reply: Task<PairRow, ReplySettings, Replier, ReplyParts> = {
  name: 'reply',
  summary: 'message → a reply of a fixed dictionary, or none',
  commands: ['chat MODEL', "predict MODEL '…'"],
  settings: replySettings,
  takesVectors: ['vectors'],
  adjustable: ['reject'],
  headlines: ['recallAt1', 'loss'],
  rowsOf: replyPairsInMemory,
  learn: learnToReply,
  restore: restoreReplier,
  report: replyReport,
  line: replyLine,
  answers: replierAnswers,
}

/** Builds the replier that `stored.config` describes and puts the stored weights in. */
function restoreReplier(engine: Engine, stored: StoredModel, place: string): Replier {
  const where = `${place}/config.json`
  const { config } = stored
  const replies = repliesOf(config.replies, where)
  const { settings, reader, nearest } = asFormatError(() => {
    const settings = settingsOf(config.settings, where)
    return {
      settings,
      reader: WordReader.fromJSON(config.vocabulary, settings.text, where),
      nearest: NearestTexts.fromJSON(storedObject(config.baselines).nearest, where),
    }
  })
  // the weights drawn here are overwritten
  const network = asFormatError(() => buildNetwork(engine, reader.features.rows, settings, new Random(0)))
  assignWeights(network.parameters(), stored.tensors, place)
  const dictionary = new ReplyDictionary(network, reader, replies)
  return new Replier({ reader, network, settings, dictionary, nearest })
}

function repliesOf(replies: Json | undefined, where: string): string[] {
  const isReply = (reply: Json): reply is string => typeof reply === 'string' && reply.trim() !== ''
  if (!Array.isArray(replies) || replies.length === 0 || !replies.every(isReply))
    throw new FormatError(`${where}: expected at least one reply under "replies"`)
  return replies
}

function settingsOf(json: Json | undefined, where: string): Decided<ReplySettings> {
  return decideSettings(
    resolveSettings(replySettings, json, () => where, ['settings']),
    0,
    0,
  )
}
