import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { calibration } from '../metrics/calibration.js'
import { rankingScores, rankOf } from '../metrics/ranking.js'
import { rejectionAt } from '../metrics/rejection.js'
import type { Replier } from './replier.js'
import { keyOf } from './reply-distinct.js'
import { AMONG, lessonsOf, rankAmong } from './reply-lessons.js'
import type { Evaluation } from './task.js'
import type { PairRow } from './translate-rows.js'

/** What an evaluation needs of a replier. */
export type Evaluated = Pick<
  Replier,
  'probabilities' | 'replies' | 'placeOf' | 'threshold' | 'nearest' | 'reader' | 'network'
>

/** The wrong replies that are shown. */
const SHOWN = 10

/**
 * Scores a replier on messages with their replies: recall among the dictionary, and what is left of the mistakes when a reply has to be
 * sure. A row whose reply is not in the dictionary counts as missed. `Evaluation.details` holds the tables. Throws a `UsageError` without rows.
 */
export function evaluateReplier(model: Evaluated, rows: readonly PairRow[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one row, got none')
  const places = rows.map(({ target }) => model.placeOf(target))
  const probabilities = model.probabilities(rows.map(({ source }) => source))
  const ranks = probabilities.map((scores, row) => rankOf(scores, places[row]))
  const { right, confidences } = answersOf(probabilities, places)
  const rejection = rejectionAt(model.threshold, confidences, right)
  const { expectedError } = calibration(confidences, right)
  const baselines = baselineScores(model, rows)
  return {
    rows: rows.length,
    scores: {
      ...rankingScores(ranks),
      answered: rejection.coverage,
      accuracyAnswered: 1 - rejection.error,
      calibrationError: expectedError,
    },
    baselines: { nearest: baselines.nearest.recallAt1, mostFrequent: baselines.mostFrequent.recallAt1 },
    details: {
      replies: model.replies.length,
      inDictionary: places.filter((place) => place >= 0).length / rows.length,
      rejection: { ...rejection },
      baselines: { nearest: { ...baselines.nearest }, mostFrequent: { ...baselines.mostFrequent } },
      ...(rows.length >= AMONG && { among100: { ...amongReplies(model, rows) } }),
      mistakes: mistakesOf(model, rows, probabilities, right),
    },
  }
}

/** How well the right reply is found among those of a hundred rows: a score that can be compared across dictionaries. */
function amongReplies({ network, reader }: Evaluated, rows: readonly PairRow[]) {
  return rankingScores(rankAmong(network, lessonsOf(reader, rows)).ranks)
}

/** How sure the best reply to each message is, and whether it is the right one. */
export function answersOf(
  probabilities: readonly Float64Array[],
  places: readonly number[],
): { confidences: number[]; right: boolean[] } {
  const best = probabilities.map((scores) => scores.indexOf(Math.max(...scores)))
  return {
    confidences: best.map((place, row) => probabilities[row][place]),
    right: best.map((place, row) => place === places[row]),
  }
}

/** The replies of the messages that are most alike, and the most frequent replies whatever the message. */
function baselineScores({ nearest, reader }: Evaluated, rows: readonly PairRow[]) {
  const scored = (rank: (words: readonly string[]) => readonly string[]) =>
    rankingScores(
      rows.map(({ source, target }) => {
        const right = keyOf(reader, target)
        const place = rank(reader.words.of(source)).findIndex((reply) => keyOf(reader, reply) === right)
        return place < 0 ? Number.POSITIVE_INFINITY : place + 1
      }),
    )
  return { nearest: scored((words) => nearest.rank(words)), mostFrequent: scored(() => nearest.labels) }
}

function mistakesOf(
  { replies }: Evaluated,
  rows: readonly PairRow[],
  probabilities: readonly Float64Array[],
  right: readonly boolean[],
): JsonObject[] {
  const wrong = rows.flatMap(({ source, target }, row) => {
    if (right[row]) return []
    const score = Math.max(...probabilities[row])
    return [{ message: source, right: target, given: replies[probabilities[row].indexOf(score)], score }]
  })
  return wrong.sort((a, b) => b.score - a.score).slice(0, SHOWN)
}
