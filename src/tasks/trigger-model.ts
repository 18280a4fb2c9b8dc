import type { Sound } from '../codecs/wav.js'
import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import { chooseThreshold, type DetPoint } from '../metrics/detections.js'
import type { Detector } from '../models/detector.js'
import type { Engine, Reals, Tensor } from '../tensor/index.js'
import { packSequences } from '../tensor/index.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'
import { evaluateTrigger } from './trigger-evaluation.js'
import type { TriggerFrames } from './trigger-frames.js'
import { checkSound, type TriggerRow } from './trigger-rows.js'
import type { TriggerSettings } from './trigger-settings.js'
import { type HeardWord, TriggerStream } from './trigger-stream.js'

/** Settings in which only the threshold may still be `auto`. */
export type DecidedTrigger = Omit<Decided<TriggerSettings>, 'detect'> & Pick<TriggerSettings, 'detect'>

/** The parts of a detector of a word. */
export interface TriggerParts {
  readonly network: Detector
  /** With the scale of the training data. */
  readonly frames: TriggerFrames
  readonly settings: DecidedTrigger
  /** The trade-off on the validation scenes, from which the threshold is chosen; empty without any. */
  readonly curve: readonly DetPoint[]
  /** From here on sound is loud: of the rule without a network, chosen in the same way. */
  readonly loudnessThreshold: number
}

/** Samples that a recording is read by, piece by piece. */
const PIECE = 16_000
/** Recordings of more frames are computed as a stream. */
const LONG = 4000
/** Seconds that are inspected at most. */
const INSPECTED = 10
/** Where nothing was validated. */
const EVEN = 0.5

/**
 * A trained model of the task `trigger`: sound in, out comes when the word was said.
 *
 * ```ts
 * const model = await load<'trigger'>('models/activate')
 * model.predict(await readSound(fs.readFileSync('scene.wav'), 'scene.wav'))   // [{ time: 3.42, score: 0.98 }]
 * const stream = model.stream({ sampleRate: 44_100 })
 * ```
 */
export class TriggerModel implements TaskModel<TriggerRow, Sound> {
  readonly task = 'trigger'
  readonly network: Detector
  readonly frames: TriggerFrames
  readonly settings: DecidedTrigger
  readonly curve: readonly DetPoint[]
  readonly loudnessThreshold: number
  /** Scores from here on are detections. */
  readonly threshold: number

  constructor(parts: TriggerParts) {
    this.network = parts.network
    this.frames = parts.frames
    this.settings = parts.settings
    this.curve = parts.curve
    this.loudnessThreshold = parts.loudnessThreshold
    const { threshold, falseAccepts } = parts.settings.detect
    const chosen = () =>
      parts.curve.length > 0 ? chooseThreshold(parts.curve, falseAccepts).threshold : EVEN
    this.threshold = threshold === 'auto' ? chosen() : threshold
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /** When the word is said in a recording, of any rate and length. Throws a `DataError` for something that is no sound. */
  predict(sound: Sound): HeardWord[] {
    return this.#heard(sound).detections
  }

  /** The probability of each step of recordings that are given as features, as they are. Each is at least one step long. */
  probabilities(raw: readonly Float32Array[]): Reals[] {
    const scaled = raw.map((frames) => this.frames.scaled(frames))
    const { size } = this.frames
    const short = scaled.filter(({ length }) => length <= LONG * size)
    const together = this.engine.scope(() =>
      short.length === 0 ? [] : this.network.probabilities(packSequences(this.engine, short, size)),
    )
    const found = together.values()
    return scaled.map((frames) =>
      frames.length <= LONG * size ? (found.next().value as Reals) : this.#streamed(frames),
    )
  }

  /** How often the word is missed and how often something else is taken for it, with baselines beside it. */
  evaluate(rows: readonly TriggerRow[]): Evaluation {
    return evaluateTrigger(this, rows)
  }

  /** The detections, the highest score and the threshold. */
  answer(sound: Sound): JsonObject {
    const { detections, highest, seconds } = this.#heard(sound)
    return {
      seconds,
      detections: detections.map(({ time, score }) => ({ time, score })),
      highest,
      threshold: this.threshold,
    }
  }

  /**
   * What happens inside while it hears the first 10 seconds of a recording. Throws a `UsageError` for one that is shorter than two steps.
   */
  inspect(sound: Sound, { title = 'the recording', ...options }: InspectionOptions = {}): Inspection {
    checkSound(sound, 'inspect')
    const { frames } = this
    const samples = frames.samplesOf(sound).subarray(0, INSPECTED * frames.sampleRate)
    const count = frames.steps(samples.length)
    if (count < 2)
      throw new UsageError(
        `inspect: got ${(samples.length / frames.sampleRate).toFixed(2)} seconds; expected at least ${frames.timeOf(1).toFixed(2)}`,
      )
    const heard = frames.scaled(frames.raw(samples))
    const run = (copies: number) =>
      this.network.forward(packSequences(this.engine, Array(copies).fill(heard), frames.size))
    const steps = Array.from({ length: count }, (_, step) => frames.timeOf(step).toFixed(2))
    return inspectSequence(this.network, run, { ...options, title, steps })
  }

  /**
   * Hears sound as it comes, of any sample rate, with the bits that `predict` gives for the whole once it has ended. `onScore` is called with the score of each
   * step. Throws a `UsageError` for a rate that is no whole number.
   */
  stream({
    sampleRate = this.frames.sampleRate,
    onScore,
  }: {
    readonly sampleRate?: number
    readonly onScore?: (score: number) => void
  } = {}): TriggerStream {
    return new TriggerStream(this, sampleRate, onScore)
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, curve, loudnessThreshold, frames } = this
    const config = { task: this.task, settings, scale: frames.scale, curve, baselines: { loudnessThreshold } }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
    this.frames.dispose()
  }

  /** The same for a long recording, in little memory. */
  #streamed(frames: Float32Array): Reals {
    const stream = this.network.stream()
    const { size } = this.frames
    const found: number[] = []
    for (let at = 0; at < frames.length; at += LONG * size)
      for (const score of stream.push(frames.subarray(at, at + LONG * size)).data as Float64Array)
        found.push(score)
    stream.dispose()
    return Float64Array.from(found)
  }

  #heard(sound: Sound) {
    checkSound(sound, 'predict')
    const samples = this.frames.samplesOf(sound)
    let highest = 0
    const stream = this.stream({ onScore: (score) => (highest = Math.max(highest, score)) })
    const detections: HeardWord[] = []
    for (let at = 0; at < samples.length; at += PIECE)
      detections.push(...stream.push(samples.subarray(at, at + PIECE)))
    stream.dispose()
    return { detections, highest, seconds: samples.length / this.frames.sampleRate }
  }
}
