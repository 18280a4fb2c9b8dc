import { grouped } from '../data/group.js'
import type { JsonObject } from '../formats/index.js'
import { accuracyMetric } from '../metrics/accuracy.js'
import { calibration } from '../metrics/calibration.js'
import { rankingScores, rankOf } from '../metrics/ranking.js'
import { rejectionAt } from '../metrics/rejection.js'
import { checkPairs, largest } from './prediction.js'
import type { Replier } from './replier.js'
import { keyOf } from './reply-distinct.js'
import { AMONG, lessonsOf, ranksAmong } from './reply-lessons.js'
import type { Evaluation, RowAnswers } from './task.js'
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
 * sure. A row whose reply is not in the dictionary counts as missed; there is no `accuracyAnswered` where no reply is sure enough.
 * `Evaluation.details` holds the tables. Throws a `UsageError` without rows and for a row without a message or a reply.
 */
export function evaluateReplier(model: Evaluated, rows: readonly PairRow[]): Evaluation {
  checkPairs(rows, 'evaluate')
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
      ...(rejection.coverage > 0 && { accuracyAnswered: 1 - rejection.error }),
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

/** The best reply to each message beside the right one, as the words that they read as. */
export function replierAnswers(
  model: Pick<Replier, 'predict' | 'reader'>,
  rows: readonly PairRow[],
): RowAnswers {
  const key = (reply: string) => keyOf(model.reader, reply)
  const best = model.predict(
    rows.map(({ source }) => source),
    { top: 1 },
  )
  const { counts, ...accuracy } = accuracyMetric
  const { lowerCase, digits } = model.reader.words.options
  return {
    score: 'recallAt1',
    metric: { ...accuracy, counts: (right, reply) => counts(key(right as string), key(reply as string)) },
    rules: { 'text.lowerCase': lowerCase, 'text.digits': digits },
    right: rows.map(({ target }) => target),
    answers: best.map(([{ reply }]) => reply),
  }
}

/** How well the right reply is found among those of a hundred rows: a score that can be compared across dictionaries. */
function amongReplies({ network, reader }: Evaluated, rows: readonly PairRow[]) {
  return rankingScores(ranksAmong(network, lessonsOf(reader, rows)))
}

/** How sure the best reply to each message is, and whether it is the right one. */
export function answersOf(
  probabilities: readonly Float64Array[],
  places: readonly number[],
): { confidences: number[]; right: boolean[] } {
  const best = probabilities.map((scores) => scores.indexOf(largest(scores)))
  return {
    confidences: best.map((place, row) => probabilities[row][place]),
    right: best.map((place, row) => place === places[row]),
  }
}

/** The replies of the messages that are most alike, and the most frequent replies whatever the message. */
function baselineScores({ nearest, reader }: Evaluated, rows: readonly PairRow[]) {
  // of labels that read alike the first one found is right
  const places = grouped([...nearest.labels.keys()], (place) => keyOf(reader, nearest.labels[place]))
  const right = rows.map(({ target }) => places.get(keyOf(reader, target)) ?? [-1])
  const ranks = rows.map(({ source }, row) => {
    const scores = nearest.scores(reader.words.of(source))
    return Math.min(...right[row].map((place) => rankOf(scores, place)))
  })
  const mostFrequent = right.map(([first]) => (first < 0 ? Number.POSITIVE_INFINITY : first + 1))
  return { nearest: rankingScores(ranks), mostFrequent: rankingScores(mostFrequent) }
}

function mistakesOf(
  { replies }: Evaluated,
  rows: readonly PairRow[],
  probabilities: readonly Float64Array[],
  right: readonly boolean[],
): JsonObject[] {
  const wrong = rows.flatMap(({ source, target }, row) => {
    if (right[row]) return []
    const score = largest(probabilities[row])
    return [{ message: source, right: target, given: replies[probabilities[row].indexOf(score)], score }]
  })
  return wrong.sort((a, b) => b.score - a.score).slice(0, SHOWN)
}
