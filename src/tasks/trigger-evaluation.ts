import { Firing } from '../decoding/firing.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import {
  type DetectedScene,
  type DetectionErrors,
  type DetPoint,
  detectionErrors,
  type SpokenWord,
} from '../metrics/detections.js'
import { Random } from '../random/index.js'
import type { Evaluation } from './task.js'
import type { TriggerModel } from './trigger-model.js'
import type { TriggerRow } from './trigger-rows.js'
import { type Recording, SceneSource, stepLabels } from './trigger-scenes.js'

/** What a detector and a rule without a network say of a recording, step by step. */
export interface ScoredScene {
  readonly seconds: number
  readonly words: readonly SpokenWord[]
  /** The network's probabilities. */
  readonly scores: Float64Array
  readonly loudness: Float64Array
  /** What the network should say. */
  readonly labels: Float32Array
}

/** What an evaluation needs of a model. */
export type EvaluatedTrigger = Pick<
  TriggerModel,
  'frames' | 'settings' | 'threshold' | 'loudnessThreshold' | 'probabilities'
>

/** Scenes that are scored together; it changes nothing but the speed. */
const TOGETHER = 16
/** Thresholds of a curve: so many steps from the lowest to the highest score. */
const POINTS = 160

/** How often the word is missed, and how often it is heard where nobody said it, on the scenes among the rows and on those made of clips. */
export function evaluateTrigger(model: EvaluatedTrigger, rows: readonly TriggerRow[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one row, got none')
  const scenes = scoredScenes(model, heardOf(model, recordingsOf(model, rows)))
  if (scenes.length === 0)
    throw new UsageError('evaluate: expected clips of the word or recorded scenes, got neither')
  if (scenes.every(({ labels }) => labels.length === 0))
    throw new UsageError(
      `evaluate: expected recorded scenes of at least ${model.frames.timeOf(0).toFixed(2)} seconds, got none so long`,
    )
  const errors = errorsAt(model, scenes, networkScore, model.threshold)
  const loud = errorsAt(model, scenes, loudness, model.loudnessThreshold)
  const { latencies } = errors
  const sorted = [...latencies].sort((a, b) => a - b)
  return {
    rows: rows.length,
    scores: {
      ...(errors.words > 0 && { falseRejects: errors.falseRejects }),
      falseAcceptsPerHour: errors.falseAcceptsPerHour,
      ...(sorted.length > 0 && {
        latency: latencies.reduce((sum, x) => sum + x, 0) / latencies.length,
        latency95: sorted[Math.ceil(0.95 * sorted.length) - 1],
      }),
    },
    baselines: errors.words > 0 ? { never: 1, loudness: loud.falseRejects } : { never: 0 },
    details: {
      scenes: scenes.length,
      ...countsOf(errors),
      threshold: model.threshold,
      loudness: countsOf(loud),
      stepAccuracy: stepAccuracies(model, scenes),
      ...(errors.words > 0 && {
        curve: plainCurve(detCurve(model, scenes, networkScore)),
        loudnessCurve: plainCurve(detCurve(model, scenes, loudness)),
      }),
    },
  }
}

const countsOf = ({
  words,
  missed,
  falseAccepts,
  hours,
  falseAcceptsPerHour,
}: DetectionErrors): JsonObject => ({
  ...{ words, missed, falseAccepts, hours, falseAcceptsPerHour },
})
const plainCurve = (curve: readonly DetPoint[]) => curve.map((point) => ({ ...point }))

/** The recorded scenes among the rows, and as many as the settings say made of the clips, always the same for the same rows. */
export function* recordingsOf(
  { frames, settings }: Pick<EvaluatedTrigger, 'frames' | 'settings'>,
  rows: readonly TriggerRow[],
  count = settings.evaluation.scenes,
): Generator<Recording> {
  const source = new SceneSource(rows, frames, settings.scene)
  yield* source.recorded
  const random = new Random('trigger').split('evaluation')
  if (source.makes) for (let scene = 0; scene < count; scene++) yield source.made(random.split(scene))
}

/** A recording as features, and what the network should say of it. */
export type HeardScene = Pick<ScoredScene, 'seconds' | 'words' | 'labels'> & { readonly raw: Float32Array }

/** The features of recordings; none of those that are shorter than a step. */
export function* heardOf(
  { frames, settings }: Pick<EvaluatedTrigger, 'frames' | 'settings'>,
  recordings: Iterable<Recording>,
): Generator<HeardScene> {
  for (const recording of recordings) {
    const { samples, words } = recording
    const labels = stepLabels(recording, frames, settings.scene.label)
    const raw = labels.length > 0 ? frames.raw(samples) : new Float32Array(0)
    yield { seconds: samples.length / frames.sampleRate, words, labels, raw }
  }
}

/** What the model says of recordings, a few at a time: nothing of those without a step, whose words are missed. */
export function scoredScenes(
  model: Pick<EvaluatedTrigger, 'frames' | 'probabilities'>,
  scenes: Iterable<HeardScene>,
): ScoredScene[] {
  const scored: ScoredScene[] = []
  let waiting: HeardScene[] = []
  const work = () => {
    for (const [place, values] of model.probabilities(waiting.map(({ raw }) => raw)).entries()) {
      const { raw, ...scene } = waiting[place]
      scored.push({ ...scene, scores: Float64Array.from(values), loudness: model.frames.loudness(raw) })
    }
    waiting = []
  }
  for (const { raw, ...scene } of scenes) {
    if (raw.length === 0)
      scored.push({ ...scene, scores: new Float64Array(0), loudness: new Float64Array(0) })
    else waiting.push({ ...scene, raw })
    if (waiting.length === TOGETHER) work()
  }
  if (waiting.length > 0) work()
  return scored
}

/** A score of steps, and the numbers that are tried as its thresholds: evenly spaced once `stretch` has been applied to them. */
export interface StepScore {
  of(scene: ScoredScene): Float64Array
  stretch(score: number): number
  shrink(stretched: number): number
}

/** The network's probabilities, tried evenly in ln(p / (1 - p)): near 0 and 1 small differences matter. */
export const networkScore: StepScore = {
  of: ({ scores }) => scores,
  stretch: (p) => Math.max(-17, Math.min(17, Math.log(p) - Math.log1p(-p))),
  shrink: (x) => 1 / (1 + Math.exp(-x)),
}

/** A rule without a network: the word is what is loud. */
export const loudness: StepScore = {
  of: ({ loudness }) => loudness,
  stretch: (x) => x,
  shrink: (x) => x,
}

/** The trade-off of a score: false rejects and false accepts at thresholds from the lowest to the highest score. */
export function detCurve(
  model: Pick<EvaluatedTrigger, 'frames' | 'settings'>,
  scenes: readonly ScoredScene[],
  score: StepScore,
): DetPoint[] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const scene of scenes)
    for (const value of score.of(scene)) {
      lowest = Math.min(lowest, value)
      highest = Math.max(highest, value)
    }
  const [from, to] = [score.stretch(lowest), score.stretch(highest)]
  return Array.from({ length: POINTS }, (_, point) => {
    const threshold = score.shrink(from + ((to - from) * point) / (POINTS - 1))
    const { falseRejects, falseAcceptsPerHour } = errorsAt(model, scenes, score, threshold)
    return { threshold, falseRejects, falseAcceptsPerHour }
  })
}

/** The errors of a score on scenes at a threshold. */
function errorsAt(
  { frames, settings }: Pick<EvaluatedTrigger, 'frames' | 'settings'>,
  scenes: readonly ScoredScene[],
  score: StepScore,
  threshold: number,
): DetectionErrors {
  const refractory = frames.stepsIn(settings.detect.refractory)
  const detected = scenes.map((scene): DetectedScene => {
    const firing = new Firing({ threshold, refractory })
    const detections: number[] = []
    for (const [step, value] of score.of(scene).entries())
      if (firing.push(value)) detections.push(frames.timeOf(step))
    return { seconds: scene.seconds, words: scene.words, detections }
  })
  return detectionErrors(detected, { tolerance: settings.evaluation.tolerance })
}

/** The share of steps that are right at the threshold, and where the network always says no: hardly less, which is why it is no score. */
function stepAccuracies({ threshold }: EvaluatedTrigger, scenes: readonly ScoredScene[]): JsonObject {
  let [steps, right, zeros] = [0, 0, 0]
  for (const { scores, labels } of scenes)
    for (let step = 0; step < labels.length; step++) {
      steps++
      if (scores[step] >= threshold === (labels[step] === 1)) right++
      if (labels[step] === 0) zeros++
    }
  return { model: right / steps, never: zeros / steps }
}
