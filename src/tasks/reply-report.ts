import type { JsonObject } from '../formats/index.js'
import type { RankingScores } from '../metrics/ranking.js'
import type { Rejection } from '../metrics/rejection.js'
import type { Evaluation } from './task.js'
import { percent, table } from './text-table.js'

/** The tables of a replier's evaluation. */
interface Details {
  readonly replies: number
  readonly inDictionary: number
  readonly rejection: Rejection
  readonly baselines: { readonly nearest: RankingScores; readonly mostFrequent: RankingScores }
  readonly among100?: RankingScores
  readonly mistakes: readonly { message: string; right: string; given: string; score: number }[]
}

/** An evaluation as text: recall beside simple rules, what the threshold does, the surest mistakes. */
export function replyReport(evaluation: Evaluation): string {
  const details = evaluation.details as unknown as Details
  return [
    recallSection(evaluation, details),
    rejectionSection(evaluation, details),
    ...amongSection(details),
    mistakesSection(details),
  ].join('\n\n')
}

/** One line about a message: the reply, how sure, and those that follow; or that none fits. */
export function replyLine(answer: JsonObject): string {
  const { reply, score, fits, others } = answer as unknown as {
    reply: string
    score: number
    fits: boolean
    others: readonly { reply: string; score: number }[]
  }
  const first = `${reply}  ${percent(score)}`
  if (!fits) return `no reply fits: perhaps ${first}`
  const rest = others.map((other) => `${other.reply} ${percent(other.score)}`).join(', ')
  return rest === '' ? first : `${first}   (then ${rest})`
}

function recallSection({ rows, scores }: Evaluation, { replies, inDictionary, baselines }: Details): string {
  const line = (name: string, { recallAt1, recallAt3, mrr }: RankingScores) => [
    name,
    percent(recallAt1),
    percent(recallAt3),
    percent(mrr),
  ]
  const beside = table([
    ['', 'first', 'in the first 3', 'mean 1 / rank'],
    line('this model', scores as unknown as RankingScores),
    line('reply of the nearest message', baselines.nearest),
    line('most frequent replies', baselines.mostFrequent),
  ])
  const missing =
    inDictionary < 1 ? `; ${percent(1 - inDictionary)} of the right ones are not among them` : ''
  return `${rows.toLocaleString('en')} ${rows === 1 ? 'message' : 'messages'}, ${replies.toLocaleString('en')} replies${missing}\n${beside}`
}

function rejectionSection({ scores }: Evaluation, { rejection }: Details): string {
  const { threshold, coverage, error, rightKept, wrongRejected } = rejection
  const answered =
    coverage === 0
      ? 'none of the messages gets a reply'
      : `${percent(coverage)} of the messages get a reply, ${percent(1 - error)} of them the right one`
  const kept = scores.recallAt1 === 0 ? [] : [`${percent(rightKept)} of the right replies are given`]
  const withheld = scores.recallAt1 === 1 ? [] : [`${percent(wrongRejected)} of the wrong ones withheld`]
  return (
    `Below a score of ${percent(threshold)} no reply fits (calibration error ${percent(scores.calibrationError)})\n` +
    `  ${answered}; ${[...kept, ...withheld].join(', ')}`
  )
}

function amongSection({ among100 }: Details): string[] {
  if (!among100) return []
  const { recallAt1, mrr } = among100
  return [
    `Among the replies of 100 messages at a time, whatever the dictionary\n  ${percent(recallAt1)} first, mean 1 / rank ${percent(mrr)}`,
  ]
}

function mistakesSection({ mistakes }: Details): string {
  if (mistakes.length === 0) return 'Mistakes\n  none: every reply is right'
  const lines = mistakes.map(
    ({ message, right, given, score }) => `  ${message}\n    ${given}  ${percent(score)}   (not: ${right})`,
  )
  return `The surest mistakes\n${lines.join('\n')}`
}
