import type { JsonObject } from '../formats/index.js'
import type { ClassScores } from '../metrics/classification.js'
import type { Confusion } from '../metrics/confusion.js'
import type { SpanTypeScores } from '../metrics/span-scores.js'
import type { SpanPrediction } from './tag-spans.js'
import type { Evaluation } from './task.js'
import { percent, table } from './text-table.js'

/** The tables of a tagger's evaluation. */
interface Details {
  readonly spans: number
  readonly types: readonly (SpanTypeScores & { readonly lookup: number })[]
  readonly labels?: readonly ClassScores[]
  readonly confusions?: readonly Confusion[]
  readonly unknownTypes: readonly string[]
}

/** An evaluation as text: scores beside baselines, per type of span, per label of the texts. */
export function tagReport(evaluation: Evaluation): string {
  const details = evaluation.details as unknown as Details
  return [
    scoresSection(evaluation, details),
    typesSection(details),
    ...labelsSection(details),
    ...unknownSection(details),
  ].join('\n\n')
}

/** One line about a text: its spans in brackets, and its label. */
export function tagLine(answer: JsonObject): string {
  const { text, spans, label, score } = answer as unknown as {
    text: string
    spans: readonly SpanPrediction[]
    label?: string
    score?: number
  }
  let place = 0
  const pieces = spans.map(({ type, start, end, score: sure }) => {
    const before = text.slice(place, start)
    place = end
    return `${before}[${text.slice(start, end)}](${type} ${percent(sure)})`
  })
  const intent = label === undefined ? '' : `${label} ${percent(score ?? null)}: `
  return intent + pieces.join('') + text.slice(place)
}

function scoresSection({ rows, scores, baselines }: Evaluation, { spans }: Details): string {
  const hasLabels = 'intentAccuracy' in scores
  const beside = table([
    ['', 'span F1', ...(hasLabels ? ['label accuracy'] : [])],
    ['this model', percent(scores.f1), ...(hasLabels ? [percent(scores.intentAccuracy)] : [])],
    [
      'the most frequent tag of each word, label of all',
      percent(baselines.lookup),
      ...(hasLabels ? [percent(baselines.majorityIntent)] : []),
    ],
  ])
  return (
    `${rows.toLocaleString('en')} texts, ${spans.toLocaleString('en')} spans\n${beside}\n` +
    `  precision ${percent(scores.precision)}   recall ${percent(scores.recall)}   ` +
    `tokens ${percent(scores.tokenAccuracy)}   whole texts ${percent(scores.sentenceAccuracy)}`
  )
}

function typesSection({ types }: Details): string {
  const rows = [...types]
    .sort((a, b) => b.support - a.support || (a.type < b.type ? -1 : 1))
    .map(({ type, precision, recall, f1, support, lookup }) => [
      type,
      percent(precision),
      percent(recall),
      percent(f1),
      support,
      percent(lookup),
    ])
  return `By type\n${table([['type', 'precision', 'recall', 'F1', 'spans', '(lookup F1)'], ...rows])}`
}

function labelsSection({ labels, confusions = [] }: Details): string[] {
  if (labels === undefined) return []
  const rows = [...labels]
    .sort((a, b) => b.support - a.support || (a.label < b.label ? -1 : 1))
    .map(({ label, precision, recall, f1, support }) => [
      label,
      percent(precision),
      percent(recall),
      percent(f1),
      support,
    ])
  const mistakes = confusions.map(({ gold, predicted, count }) => [gold, predicted, count])
  return [
    `By label\n${table([['label', 'precision', 'recall', 'F1', 'texts'], ...rows])}`,
    ...(mistakes.length > 0
      ? [`Most frequent confusions\n${table([['is', 'taken for', 'texts'], ...mistakes])}`]
      : []),
  ]
}

function unknownSection({ unknownTypes }: Details): string[] {
  if (unknownTypes.length === 0) return []
  return [`Types that the model never learned, counted as missed: ${unknownTypes.join(', ')}`]
}
