import { FormatError } from '../errors.js'
import { assignWeights, type StoredModel } from '../formats/index.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import { decideLength } from './text-search.js'
import { attributionReport, evaluateAttributed } from './translate-attribution.js'
import { translateConflict } from './translate-conflict.js'
import { translatorAnswers } from './translate-evaluation.js'
import { buildNetwork, learnToTranslate } from './translate-learn.js'
import { translateLine, translateReport } from './translate-report.js'
import { type PairRow, pairsInMemory } from './translate-rows.js'
import { type TranslateSettings, translateSettings } from './translate-settings.js'
import { decideSettings } from './translate-sizes.js'
import { tokensFromJSON } from './translate-tokens.js'
import { Translator } from './translator.js'

/**
 * Text → text: translation, dates into one form, spelling into pronunciation, a question into its answer.
 *
 * Tokens → embedding → encoder → bridge → decoder with attention → beam search.
 */
export const translate: Task<PairRow, TranslateSettings, Translator> = {
  name: 'translate',
  summary: 'text → text: translation, dates, pronunciation',
  commands: ["translate MODEL '…'", "inspect MODEL '…'"],
  settings: translateSettings,
  conflict: translateConflict,
  adjustable: ['decode', 'scores'],
  takesVectors: ['vectors', 'targetVectors'],
  headlines: ['accuracy', 'loss'],
  rowsOf: pairsInMemory,
  learn: learnToTranslate,
  restore: restoreTranslator,
  report: translateReport,
  line: translateLine,
  attribution: { evaluate: evaluateAttributed, report: attributionReport },
  outputs: (model, rows) => model.outputs(rows),
  answers: translatorAnswers,
}

/** Builds the translator that `stored.config` describes and puts the stored weights in. */
function restoreTranslator(engine: Engine, stored: StoredModel, place: string): Translator {
  const where = `${place}/config.json`
  const { config } = stored
  const settings = asFormatError((): Decided<TranslateSettings> => {
    const given = resolveSettings(translateSettings, config.settings, () => where, ['settings'])
    return { ...decideSettings(given, []), decode: decideLength(given.decode, 0) }
  })
  const { mostFrequent } = storedObject(config.baselines)
  if (typeof mostFrequent !== 'string') throw new FormatError(`${where}: baselines.mostFrequent is no text`)
  const tokens = asFormatError(() => tokensFromJSON(storedObject(config.tokenizers), settings.text, where))
  // the weights drawn here are overwritten
  const network = asFormatError(() => buildNetwork(engine, tokens, settings, new Random(0)))
  assignWeights(network.parameters(), stored.tensors, place)
  return new Translator({ network, tokens, settings, mostFrequent })
}
