import { Words } from '../data/words.js'
import type { JsonObject } from '../formats/index.js'
import { bleu, bleuMetric } from '../metrics/bleu.js'
import { chrfMetric } from '../metrics/chrf.js'
import { errorRateMetric } from '../metrics/error-rate.js'
import { exactMatchMetric } from '../metrics/exact-match.js'
import type { Gold } from '../metrics/gold.js'
import { countsOf, type SummedMetric, sumsOf } from '../metrics/summed.js'
import { checkPairs } from './prediction.js'
import type { Evaluation, RowAnswers, RowOutputs } from './task.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSearch, Translation, Translator } from './translator.js'

/** What an evaluation needs of a translator. */
export type Evaluated = Pick<Translator, 'predict' | 'settings' | 'mostFrequent'>

/** The scores of an evaluation. */
const SCORES = ['bleu', 'chrf', 'exactMatch'] as const
/** Scores between 0 and 1. */
const SHARES: readonly string[] = ['exactMatch', 'wer', 'cer']
/** The translations that are shown. */
const SHOWN = 5

/** The best translation of each row, without what was read for it. */
export function translationsOf(
  model: Pick<Evaluated, 'predict'>,
  rows: readonly PairRow[],
  options: TranslateSearch = {},
): Translation[] {
  const sources = rows.map(({ source }) => source)
  return model.predict(sources, { ...options, attention: false }).map(([best]) => best)
}

/**
 * Scores a translator on pairs: BLEU and chrF against the targets as they are written (in lower case where the model writes so), and the
 * share that is exactly right, where only the blanks between words do not count. `Evaluation.details` holds BLEU's signature and some
 * translations. `translations` are its own of the rows, where they are there already. Throws a `UsageError` without rows.
 */
export function evaluateTranslator(
  model: Evaluated,
  rows: readonly PairRow[],
  translations?: readonly Translation[],
): Evaluation {
  checkPairs(rows, 'evaluate')
  const { settings } = model
  const written = (translations ?? translationsOf(model, rows)).map(({ text }) => text)
  const references = rows.map((row) => row.target)
  const metrics = metricsFor(settings)
  const { headline } = settings.scores
  const names = [headline, ...SCORES.filter((name) => name !== headline)]
  const score = (name: keyof typeof metrics, texts: readonly string[]) =>
    setScore(metrics[name], references, texts)
  const { signature } = bleu(references, written, { lowerCase: settings.text.lowerCase })
  return {
    rows: rows.length,
    scores: Object.fromEntries(names.map((name) => [name, score(name, written)])),
    baselines: {
      copy: score(
        headline,
        rows.map(({ source }) => source),
      ),
      mostFrequent: score(
        headline,
        rows.map(() => model.mostFrequent),
      ),
    },
    details: { signature, ...examplesOf(rows, written) },
  }
}

/** Translations of rows and how they can be scored. Throws a `UsageError` without rows. */
export function translatorOutputs(model: Evaluated, rows: readonly PairRow[]): RowOutputs {
  checkPairs(rows, 'outputs')
  const { text, scores } = model.settings
  const sources = rows.map(({ source }) => source)
  const unit = text.source === 'characters' ? 'characters' : 'words'
  const words = new Words({ lowerCase: text.lowerCase, boundaries: text.boundaries })
  // few rows at a time: where no output has four words BLEU looks at shorter runs, else it would be 0 however right they are
  const bleuOfFew = bleuMetric({ lowerCase: text.lowerCase, effectiveOrder: true })
  const metrics = { ...metricsFor(model.settings), bleu: bleuOfFew }
  const all: Record<string, SummedMetric<Gold, string>> = {
    [scores.headline]: metrics[scores.headline],
    ...metrics,
  }
  return {
    lengths: sources.map((source) => (unit === 'words' ? words.of(source) : [...source]).length),
    unit,
    targets: rows.map(({ target }) => target),
    written: translationsOf(model, rows).map(({ text }) => text),
    metrics: Object.fromEntries(
      Object.entries(all).map(([name, metric]) => [name, SHARES.includes(name) ? inPercent(metric) : metric]),
    ),
  }
}

/** The translation of each source beside its target. */
export function translatorAnswers(model: Evaluated, rows: readonly PairRow[]): RowAnswers {
  const { headline } = model.settings.scores
  return {
    score: headline,
    metric: metricsFor(model.settings)[headline],
    rules: { 'scores.headline': headline, ...rulesOf(model.settings) },
    right: rows.map(({ target }) => target),
    answers: translationsOf(model, rows).map(({ text }) => text),
  }
}

/** What `metricsFor` depends on. */
function rulesOf({ text, scores }: Evaluated['settings']): Record<string, string | boolean> {
  const cased = { 'text.lowerCase': text.lowerCase }
  if (scores.headline !== 'exactMatch') return cased
  const asWords = text.target === 'words'
  return {
    ...cased,
    'text.target': asWords ? 'words' : 'characters or pieces',
    ...(asWords && { 'text.boundaries': text.boundaries }),
  }
}

function metricsFor(settings: Evaluated['settings']) {
  const { lowerCase } = settings.text
  const plain = plainText(settings)
  /** Compares texts as they are, whatever the blanks that the model writes. */
  const compared = (metric: SummedMetric<Gold, string>): SummedMetric<Gold, string> => ({
    ...metric,
    counts: (gold, text) =>
      metric.counts(typeof gold === 'string' ? plain(gold) : gold.map(plain), plain(text)),
  })
  return {
    bleu: bleuMetric({ lowerCase }),
    chrf: chrfMetric({ lowerCase }),
    exactMatch: compared(exactMatchMetric({ lowerCase })),
    wer: compared(errorRateMetric({ lowerCase })),
    cer: compared(errorRateMetric({ lowerCase, unit: 'character' })),
  }
}

function inPercent(metric: SummedMetric<Gold, string>): SummedMetric<Gold, string> {
  return { ...metric, name: `${metric.name} (%)`, score: (sums) => 100 * metric.score(sums) }
}

function setScore(
  metric: SummedMetric<Gold, string>,
  gold: readonly string[],
  texts: readonly string[],
): number {
  const counts = countsOf(metric, gold, texts)
  return metric.score(sumsOf(counts, counts[0].length))
}

/** Whether a translation is exactly right: only the blanks between words, and the case where the model has none, do not count. */
export function sameText(settings: Evaluated['settings']): (target: string, written: string) => boolean {
  const plain = plainText(settings)
  const { counts } = exactMatchMetric({ lowerCase: settings.text.lowerCase })
  return (target, written) => counts(plain(target), plain(written))[0] === 1
}

/** A text as it is compared: blanks between words, which a model of words guesses, do not count. */
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
