import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { alignmentText } from '../metrics/alignment.js'
import { characterErrorRate, errorRateMetric, wordErrorRate } from '../metrics/error-rate.js'
import { exactMatchMetric } from '../metrics/exact-match.js'
import type { Evaluation, RowAnswers, RowOutputs } from './task.js'
import type { Signal, TranscribeRow } from './transcribe-rows.js'
import type { Transcriber } from './transcriber.js'

/** How many rows a report shows. */
const SHOWN = 5

/**
 * Error rates of characters and words, the share of texts without any error; the same for the best class of each step, without a search;
 * two simple rules beside them. Throws a `UsageError` without rows.
 */
export function evaluateTranscriber(model: Transcriber, rows: readonly TranscribeRow[]): Evaluation {
  const right = rightTexts(model, rows)
  const written = transcripts(model, rows)
  const greedy = transcripts(model, rows, 1)
  const rateOf = (text: string) =>
    characterErrorRate(
      right,
      rows.map(() => text),
    ).rate
  return {
    rows: rows.length,
    scores: scoresOf(right, written),
    baselines: { mostFrequent: rateOf(model.mostFrequent), silence: rateOf('') },
    details: {
      width: model.settings.decode.width,
      greedy: scoresOf(right, greedy),
      examples: examplesOf(right, written),
    },
  }
}

function scoresOf(right: readonly string[], written: readonly string[]): Record<string, number> {
  return {
    cer: characterErrorRate(right, written).rate,
    wer: wordErrorRate(right, written).rate,
    exactMatch: right.filter((text, row) => text === written[row]).length / right.length,
  }
}

/** The rows with errors first: those are what people look for. */
function examplesOf(right: readonly string[], written: readonly string[]): JsonObject[] {
  const order = [...right.keys()].sort(
    (a, b) => Number(right[a] === written[a]) - Number(right[b] === written[b]),
  )
  return order.slice(0, SHOWN).map((row) => {
    const text = right[row]
    const words = wordErrorRate([text], [written[row]]).alignments[0]
    return { text, written: written[row], ...(text !== written[row] && { alignment: alignmentText(words) }) }
  })
}

/** Its transcripts of rows beside what is right, with the scores that fit. */
export function transcriberOutputs(model: Transcriber, rows: readonly TranscribeRow[]): RowOutputs {
  const targets = rightTexts(model, rows)
  const { reader } = model
  const lengths = rows.map(({ input }, row) => {
    const frames = model.framesOf(input, `rows[${row}]`).length / reader.size
    return Math.max(1, Math.round(frames * reader.stepOf(input as Signal)))
  })
  return {
    lengths,
    unit: reader.unit,
    names: rows.map(({ input }) => input.name),
    targets,
    written: transcripts(model, rows),
    metrics: {
      cer: points('CER', errorRateMetric({ unit: 'character' })),
      wer: points('WER', errorRateMetric()),
      exactMatch: points('exact match', exactMatchMetric()),
    },
  }
}

/** A metric from 0 to 1 as one from 0 to 100. */
function points<M extends { readonly name: string; score(sums: readonly number[]): number }>(
  name: string,
  metric: M,
): M {
  return { ...metric, name, score: (sums: readonly number[]) => 100 * metric.score(sums) }
}

/** What it says of rows beside what is right, for comparing models. */
export function transcriberAnswers(model: Transcriber, rows: readonly TranscribeRow[]): RowAnswers {
  return {
    score: 'cer',
    metric: errorRateMetric({ unit: 'character' }) as RowAnswers['metric'],
    rules: { lowerCase: model.tokens.lowerCase },
    right: rightTexts(model, rows),
    answers: transcripts(model, rows),
  }
}

function rightTexts(model: Transcriber, rows: readonly TranscribeRow[]): string[] {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one row, got none')
  return rows.map(({ text }) => model.tokens.plain(text))
}

function transcripts(model: Transcriber, rows: readonly TranscribeRow[], width?: number): string[] {
  const signals = rows.map(({ input }) => input as Signal)
  return model.texts(signals, width === undefined ? {} : { width })
}
