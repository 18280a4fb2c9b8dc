import { Words } from '../data/words.js'
import { UsageError } from '../errors.js'
import { bleu, bleuMetric } from '../metrics/bleu.js'
import { exactMatchMetric } from '../metrics/exact-match.js'
import type { Gold } from '../metrics/gold.js'
import { countsOf, type SummedMetric, sumsOf } from '../metrics/summed.js'
import type { CaptionRow } from './caption-rows.js'
import type { Captioner } from './captioner.js'
import type { Evaluation, RowAnswers } from './task.js'

/** What an evaluation needs of a captioner. */
type Evaluated = Pick<Captioner, 'predict' | 'settings' | 'mostFrequent' | 'nearest'>

/** The scores of an evaluation. */
const SCORES = ['bleu', 'exactMatch'] as const
/** The captions that are shown. */
const SHOWN = 5

/**
 * Scores a captioner: BLEU against all captions of each picture, and the share of captions that equal one of them, where only the blanks
 * between words do not count. `Evaluation.details` holds BLEU's signature and some captions. Throws a `UsageError` without rows.
 */
export function evaluateCaptioner(model: Evaluated, rows: readonly CaptionRow[]): Evaluation {
  checkRows(rows, 'evaluate')
  const { settings } = model
  const written = captionsOf(model, rows)
  const references = rows.map(({ captions }) => captions)
  const metrics = metricsFor(settings)
  const { headline } = settings.scores
  const names = [headline, ...SCORES.filter((name) => name !== headline)]
  const score = (name: (typeof SCORES)[number], texts: readonly string[]) => {
    const counts = countsOf(metrics[name], references, texts)
    return metrics[name].score(sumsOf(counts, counts[0].length))
  }
  const { signature } = bleu(references, written, { lowerCase: settings.text.lowerCase })
  return {
    rows: rows.length,
    scores: Object.fromEntries(names.map((name) => [name, score(name, written)])),
    baselines: {
      mostFrequent: score(
        headline,
        rows.map(() => model.mostFrequent),
      ),
      nearestPicture: score(
        headline,
        rows.map(({ image }) => model.nearest.captionOf(image)),
      ),
    },
    details: { signature, examples: examplesOf(rows, written) },
  }
}

/** The caption of each picture beside its right ones. */
export function captionerAnswers(model: Evaluated, rows: readonly CaptionRow[]): RowAnswers {
  checkRows(rows, 'answers')
  const { scores, text } = model.settings
  return {
    score: scores.headline,
    metric: metricsFor(model.settings)[scores.headline],
    rules: {
      'scores.headline': scores.headline,
      'text.lowerCase': text.lowerCase,
      'text.boundaries': text.boundaries,
    },
    right: rows.map(({ captions }) => captions),
    answers: captionsOf(model, rows),
  }
}

function captionsOf(model: Evaluated, rows: readonly CaptionRow[]): string[] {
  const pictures = rows.map(({ image }) => image)
  return model.predict(pictures, { attention: false }).map(([{ text }]) => text)
}

function checkRows(rows: readonly CaptionRow[], operation: string): void {
  if (!Array.isArray(rows) || rows.length === 0)
    throw new UsageError(`${operation}: expected at least one row, got none`)
}

function metricsFor({ text: { lowerCase, boundaries } }: Evaluated['settings']) {
  const words = new Words({ lowerCase, boundaries })
  const plain = (text: string) => words.of(text).join(' ')
  const exact = exactMatchMetric({ lowerCase })
  const exactMatch: SummedMetric<Gold, string> = {
    ...exact,
    counts: (gold, text) =>
      exact.counts(typeof gold === 'string' ? plain(gold) : gold.map(plain), plain(text)),
  }
  return { bleu: bleuMetric({ lowerCase }), exactMatch }
}

function examplesOf(rows: readonly CaptionRow[], written: readonly string[]) {
  const step = Math.max(1, Math.floor(rows.length / SHOWN))
  const examples = rows.flatMap(({ name, captions }, row) =>
    row % step === 0
      ? [{ picture: name ?? `picture ${row + 1}`, captions: [...captions], written: written[row] }]
      : [],
  )
  return examples.slice(0, SHOWN)
}
