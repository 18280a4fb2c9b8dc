import { tokenizerFromJSON } from '../data/text-tokenizers.js'
import { FormatError } from '../errors.js'
import { assignWeights, type StoredModel } from '../formats/index.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { captionerAnswers } from './caption-evaluation.js'
import { buildNetwork, learnToCaption } from './caption-learn.js'
import { NearestPicture } from './caption-nearest.js'
import { readerFromJSON } from './caption-pictures.js'
import { captionLine, captionReport } from './caption-report.js'
import { type CaptionRow, captionsInMemory } from './caption-rows.js'
import { type CaptionSettings, captionSettings } from './caption-settings.js'
import { decideSettings } from './caption-sizes.js'
import { Captioner } from './captioner.js'
import { type Decided, resolveSettings } from './settings.js'
import { SideTokens } from './side-tokens.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import { decideLength } from './text-search.js'

/**
 * Image → text: what is to be seen.
 *
 * Pixels → convolutions → regions → decoder with attention over them → beam search.
 */
export const caption: Task<CaptionRow, CaptionSettings, Captioner> = {
  name: 'caption',
  summary: 'image → text: what is to be seen',
  commands: ['caption MODEL image.png', 'inspect MODEL image.png'],
  settings: captionSettings,
  adjustable: ['decode', 'scores'],
  headlines: ['accuracy', 'loss'],
  rowsOf: captionsInMemory,
  learn: learnToCaption,
  restore: restoreCaptioner,
  report: captionReport,
  line: captionLine,
  answers: captionerAnswers,
}

/** Builds the captioner that `stored.config` describes and puts the stored weights in. */
function restoreCaptioner(engine: Engine, stored: StoredModel, place: string): Captioner {
  const where = `${place}/config.json`
  const { config } = stored
  const settings = asFormatError((): Decided<CaptionSettings> => {
    const given = resolveSettings(captionSettings, config.settings, () => where, ['settings'])
    return { ...decideSettings(given, []), decode: decideLength(given.decode, 0) }
  })
  const { mostFrequent, nearest: kept } = storedObject(config.baselines)
  if (typeof mostFrequent !== 'string') throw new FormatError(`${where}: baselines.mostFrequent is no text`)
  const reader = readerFromJSON(config.pictures, where)
  const nearest = NearestPicture.fromJSON(kept, reader, where)
  const tokens = asFormatError(
    () => new SideTokens(tokenizerFromJSON(config.tokenizer, `${where}: tokenizer`), settings.text),
  )
  // the weights drawn here are overwritten
  const network = asFormatError(() => buildNetwork(engine, { reader, tokens }, settings, new Random(0)))
  assignWeights(network.parameters(), stored.tensors, place)
  return new Captioner({ network, tokens, reader, settings, mostFrequent, nearest })
}
