import { FormatError } from '../errors.js'
import { assignWeights, type Json, type JsonObject, type StoredModel } from '../formats/index.js'
import { NgramModel } from '../metrics/ngram-model.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { LineTokens } from './line-tokens.js'
import { lmReport } from './lm-evaluation.js'
import { buildNetwork, learnLanguage } from './lm-learn.js'
import { textInMemory } from './lm-rows.js'
import { type LmSettings, lmSettings } from './lm-settings.js'
import { decideSettings } from './lm-sizes.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError } from './stored.js'
import type { Task } from './task.js'
import { NGRAMS, TextModel } from './text-model.js'
import { percent } from './text-table.js'

/**
 * Text → more text: a language model of characters, words or byte pairs.
 *
 * Tokens → embedding → recurrent layers → a score per token that may come next; the state is carried on through the whole text.
 */
export const lm: Task<string, LmSettings, TextModel> = {
  name: 'lm',
  summary: 'text → more text: language models of characters, words or word pieces',
  commands: ["generate MODEL '…'", "score MODEL '…' '…'"],
  settings: lmSettings,
  takesVectors: ['vectors'],
  headlines: ['loss', 'perplexity'],
  rowsOf: textInMemory,
  learn: learnLanguage,
  restore: restoreTextModel,
  report: lmReport,
  line: lmLine,
}

/** Builds the language model that `stored.config` describes and puts the stored weights in. */
function restoreTextModel(engine: Engine, stored: StoredModel, place: string): TextModel {
  const where = `${place}/config.json`
  const { config, tensors } = stored
  const settings = settingsOf(config.settings, where)
  const lines = asFormatError(() => LineTokens.fromJSON(config.tokenizer, `${where}: tokenizer`))
  const own = (name: string) => name.startsWith(NGRAMS)
  const counts = (name: string) => {
    const tensor = tensors[`${NGRAMS}${name}`]
    if (tensor?.dtype === 'I32') return tensor.data
    throw new FormatError(`${place}/model.safetensors: expected ${NGRAMS}${name}, whole numbers, found none`)
  }
  const table = { tokens: counts('tokens'), parents: counts('parents'), counts: counts('counts') }
  const { order } = settings.baseline
  const ngrams = asFormatError(
    () => new NgramModel({ size: lines.size, order, smoothing: 'kneserNey', table }),
  )
  const network = buildNetwork(engine, lines.size, settings, new Random(0)) // weights to be overwritten
  const weights = Object.fromEntries(Object.entries(tensors).filter(([name]) => !own(name)))
  assignWeights(network.parameters(), weights, place)
  return new TextModel({ network, lines, ngrams, settings })
}

function settingsOf(json: Json | undefined, where: string): Decided<LmSettings> {
  const given = asFormatError(() => resolveSettings(lmSettings, json, () => where, ['settings']))
  return decideSettings(given, false, { tokens: 1, kinds: 1 })
}

/** One line about a text: how probable it is, and what may come next. */
function lmLine(answer: JsonObject): string {
  const { logProb, tokens, perplexity, next } = answer as unknown as {
    logProb: number
    tokens: number
    perplexity: number
    next: readonly { token: string; probability: number }[]
  }
  const likely = next
    .slice(0, 3)
    .map(({ token, probability }) => `${JSON.stringify(token)} ${percent(probability)}`)
  return `log P ${logProb.toFixed(2)} (${tokens} tokens, perplexity ${perplexity.toFixed(2)})   next: ${likely.join(', ')}`
}
