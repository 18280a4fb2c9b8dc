import { Words } from '../data/words.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { bleu } from '../metrics/bleu.js'
import { chrf } from '../metrics/chrf.js'
import { exactMatch, exactMatchMetric } from '../metrics/exact-match.js'
import type { Evaluation } from './task.js'
import type { PairRow } from './translate-rows.js'
import type { Translator } from './translator.js'

/** What an evaluation needs of a translator. */
export type Evaluated = Pick<Translator, 'predict' | 'settings' | 'mostFrequent'>

/** The translations that are shown. */
const SHOWN = 5

/**
 * Scores a translator on pairs: BLEU and chrF against the targets as they are written (in lower case where the model writes so), and the
 * share that is exactly right, where only the blanks between words do not count. `Evaluation.details` holds BLEU's signature and some
 * translations. Throws a `UsageError` without rows.
 */
export function evaluateTranslator(model: Evaluated, rows: readonly PairRow[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one row, got none')
  const { lowerCase } = model.settings.text
  const written = model.predict(rows.map(({ source }) => source)).map(([{ text }]) => text)
  const references = rows.map((row) => row.target)
  const plain = plainText(model.settings)
  const right = (texts: readonly string[]) =>
    exactMatch(references.map(plain), texts.map(plain), { lowerCase })
  const all: Record<string, (texts: readonly string[]) => number> = {
    bleu: (texts) => bleu(references, texts, { lowerCase }).score,
    chrf: (texts) => chrf(references, texts, { lowerCase }).score,
    exactMatch: right,
  }
  const { headline } = model.settings.scores
  const names = [headline, ...Object.keys(all).filter((name) => name !== headline)]
  const { signature } = bleu(references, written, { lowerCase })
  return {
    rows: rows.length,
    scores: Object.fromEntries(names.map((name) => [name, all[name](written)])),
    baselines: {
      copy: all[headline](rows.map(({ source }) => source)),
      mostFrequent: all[headline](rows.map(() => model.mostFrequent)),
    },
    details: { signature, ...examplesOf(rows, written) },
  }
}

/** Whether a translation is exactly right: only the blanks between words, and the case where the model has none, do not count. */
export function sameText(settings: Evaluated['settings']): (target: string, written: string) => boolean {
  const plain = plainText(settings)
  const { counts } = exactMatchMetric({ lowerCase: settings.text.lowerCase })
  return (target, written) => counts(plain(target), plain(written))[0] === 1
}

/** A text as it is compared: a model of words writes blanks between all of them. */
function plainText({ text }: Evaluated['settings']): (text: string) => string {
  const { lowerCase, target, boundaries } = text
  if (target !== 'words') return (text) => text
  const words = new Words({ lowerCase, boundaries })
  return (text) => words.of(text).join(' ')
}

function examplesOf(rows: readonly PairRow[], written: readonly string[]): JsonObject {
  const step = Math.max(1, Math.floor(rows.length / SHOWN))
  const examples = rows.flatMap(({ source, target }, row) =>
    row % step === 0 ? [{ source, target, written: written[row] }] : [],
  )
  return { examples: examples.slice(0, SHOWN) }
}
