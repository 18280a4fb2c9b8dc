import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { drawDet } from '../inspect/pictures/det.js'
import type { DetPoint } from '../metrics/detections.js'
import type { Evaluation } from './task.js'
import { percent, table } from './text-table.js'

/** What a detector's evaluation holds besides the scores. */
interface Counts {
  readonly words: number
  readonly missed: number
  readonly falseAccepts: number
  readonly hours: number
  readonly falseAcceptsPerHour: number
}

/** The tables of a detector's evaluation. */
export interface TriggerDetails extends Counts {
  readonly scenes: number
  readonly threshold: number
  readonly loudness: Counts
  readonly stepAccuracy: { readonly model: number; readonly never: number }
  readonly curve?: readonly DetPoint[]
  readonly loudnessCurve?: readonly DetPoint[]
}

/** False accepts per hour for which the curve is written out. */
const SHOWN = [0, 0.5, 1, 5, 20, 100]

/** An evaluation as text: errors beside those of simple rules, how late detections come, and the trade-off. */
export function triggerReport({ scores, baselines, details }: Evaluation): string {
  const found = details as unknown as TriggerDetails
  const { scenes, hours, words, missed, falseAccepts, threshold, loudness, stepAccuracy } = found
  const share = (value: number | undefined) => (value === undefined ? '-' : percent(value))
  const beside = table([
    ['', 'missed', 'false an hour'],
    ['this model', share(scores.falseRejects), rate(scores.falseAcceptsPerHour)],
    ['what is loud', share(baselines.loudness), rate(loudness.falseAcceptsPerHour)],
    ['never', words > 0 ? percent(baselines.never) : '-', rate(0)],
  ])
  const latency =
    scores.latency === undefined
      ? ''
      : `  heard ${seconds(scores.latency)} after the end of the word, 95 % within ${seconds(scores.latency95)}\n`
  return [
    `${scenes.toLocaleString('en')} scenes, ${(60 * hours).toFixed(1)} minutes, ${words.toLocaleString('en')} words; threshold ${threshold.toFixed(3)}\n${beside}\n${latency}  ${missed} missed, ${falseAccepts} false`,
    ...curveSection(found),
    `Steps that are right: ${percent(stepAccuracy.model)}; by always saying no: ${percent(stepAccuracy.never)}. That is no score for a detector`,
  ].join('\n\n')
}

function curveSection({ curve }: TriggerDetails): string[] {
  if (!curve) return []
  const rows = SHOWN.map((limit) => {
    const allowed = curve.filter(({ falseAcceptsPerHour }) => falseAcceptsPerHour <= limit)
    const best = Math.min(...allowed.map(({ falseRejects }) => falseRejects))
    return [String(limit), allowed.length > 0 ? percent(best) : '-']
  })
  return [
    `The trade-off at other thresholds\n${table([['at most so many false an hour', 'missed'], ...rows])}`,
  ]
}

const rate = (value: number) => value.toFixed(2)
const seconds = (value: number) => `${Math.round(1000 * value)} ms`

/** The trade-off between errors as a picture. Throws a `UsageError` where no word was said. */
export function drawTrigger({ scores, baselines, details }: Evaluation): string {
  const { curve, loudnessCurve, loudness } = details as unknown as TriggerDetails
  if (!curve || !loudnessCurve)
    throw new UsageError('draw: expected scenes in which the word is said, got none: nothing can be missed')
  const { falseRejects, falseAcceptsPerHour } = scores
  const loud = { falseRejects: baselines.loudness, falseAcceptsPerHour: loudness.falseAcceptsPerHour }
  return drawDet([
    { title: 'this model', curve, chosen: { falseRejects, falseAcceptsPerHour } },
    { title: 'what is loud', curve: loudnessCurve, chosen: loud },
  ])
}

/** One line about a recording: when the word was heard. */
export function triggerLine(answer: JsonObject): string {
  const { detections, highest, threshold } = answer as unknown as {
    detections: readonly { time: number; score: number }[]
    highest: number
    threshold: number
  }
  if (detections.length === 0)
    return `not heard  (highest score ${highest.toFixed(3)}, threshold ${threshold.toFixed(3)})`
  return detections.map(({ time, score }) => `${time.toFixed(2)} s  ${percent(score)}`).join('   ')
}
