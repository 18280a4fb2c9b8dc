import { sortedBatches } from '../data/batches.js'
import { type Frame, framesOf, goldOf, type VideoRow } from '../data/frames.js'
import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { type Prediction, softmax } from './prediction.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'
import type { NearestMean } from './video-baselines.js'
import { evaluateVideos } from './video-evaluation.js'
import type { ScaledFrames, VideoForm } from './video-form.js'
import type { FrameScale } from './video-scale.js'
import type { VideoSettings } from './video-settings.js'
import { VideoStream } from './video-stream.js'

/** The parts of a video model. */
export interface VideoModelParts {
  readonly form: VideoForm
  readonly labels: readonly string[]
  readonly scale: FrameScale
  readonly settings: Decided<VideoSettings>
  /** Simple rules that it is compared with. */
  readonly baselines: { readonly majority: string; readonly nearest: NearestMean }
}

/** Frames in a row with one label. */
export interface LabelRun {
  readonly label: string
  /** The first frame, counted from 0, and the one behind the last. */
  readonly start: number
  readonly end: number
}

/** Videos computed at once; it changes nothing but the speed. */
const BATCH = 64
/** The frames under the pictures of an inspection, at most. */
const LONGEST_INSPECTED = 1000

/**
 * A trained model of the task `video`: frames in, the label of the whole or of each frame out.
 *
 * ```ts
 * model.predict(frames)[0]   // { label: 'left', score: 0.98 }
 * model.tag(frames)          // the same for each frame, of models that learned labels of frames
 * ```
 */
export class VideoModel implements TaskModel<VideoRow, readonly Frame[]> {
  readonly task = 'video'
  readonly form: VideoForm
  /** Every label, sorted. */
  readonly labels: readonly string[]
  readonly scale: FrameScale
  readonly settings: Decided<VideoSettings>
  readonly baselines: VideoModelParts['baselines']

  constructor(parts: VideoModelParts) {
    this.form = parts.form
    this.labels = parts.labels
    this.scale = parts.scale
    this.settings = parts.settings
    this.baselines = parts.baselines
  }

  get engine(): Engine {
    return this.form.network.engine
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.form.network.parameters()
  }

  /** The labels of a video, the most probable first. Throws a `UsageError` for a model that labels each frame. */
  predict(frames: readonly Frame[]): Prediction[] {
    if (this.form.kind === 'labels')
      throw new UsageError('predict: this model has labels for frames; its answer is tag(frames)')
    return this.ranked(this.probabilities([frames])[0][0])
  }

  /** The label of each frame and how sure it is. Throws a `UsageError` for a model that labels whole videos. */
  tag(frames: readonly Frame[]): Prediction[] {
    if (this.form.kind === 'label')
      throw new UsageError('tag: this model has labels for whole videos; its answer is predict(frames)')
    return this.probabilities([frames])[0].map((scores) => this.ranked(scores)[0])
  }

  /**
   * The probability of each label, in the order of `labels`, for each video: one list for the whole, or one for each frame that is read.
   * Throws a `DataError` for what are no frames, a `ShapeError` for another number of features.
   */
  probabilities(videos: readonly (readonly Frame[])[]): Float64Array[][] {
    const read = videos.map((frames, place) => this.read(framesOf(frames, `video ${place + 1}`)))
    const results = new Array<Float64Array[]>(videos.length)
    const lengths = read.map(({ length }) => length)
    for (const batch of sortedBatches(lengths, BATCH)) {
      const rows = Array.from(batch)
      this.engine.withoutRecording(() =>
        this.engine.scope(() => {
          const logits = this.form.logits(rows.map((row) => read[row]))
          for (const [place, row] of rows.entries()) results[row] = logits[place].map(softmax)
        }),
      )
    }
    return results
  }

  /** Frames as the network reads them: the last ones, where only those are read, and scaled. */
  read(frames: readonly Frame[]): ScaledFrames {
    return readPart(frames, this.settings).map((frame) => this.scale.apply(frame))
  }

  /** The right labels of a row, as far as its frames are read. */
  gold(row: VideoRow): readonly string[] {
    const gold = goldOf(row)
    return this.form.kind === 'label' ? gold : readPart(gold, this.settings)
  }

  /** Labels with their scores, the best first; equal scores in the order of `labels`. */
  ranked(scores: Float64Array): Prediction[] {
    return this.labels
      .map((label, index) => ({ label, score: scores[index] }))
      .sort((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1))
  }

  /** Accuracy and macro-F1 beside simple rules. */
  evaluate(rows: readonly VideoRow[]): Evaluation {
    return evaluateVideos(this, rows)
  }

  /** The best label of a video with those behind it, or the labels of the frames that are read, also in runs, numbered as in the whole video. */
  answer(frames: readonly Frame[]): JsonObject {
    if (this.form.kind === 'label') {
      const [best, ...others] = this.predict(frames)
        .slice(0, 5)
        .map(({ label, score }) => ({ label, score }))
      return { frames: frames.length, ...best, others }
    }
    const labels = this.tag(frames).map(({ label }) => label)
    const left = frames.length - labels.length
    return {
      frames: frames.length,
      labels,
      runs: runsOf(labels).map(({ label, start, end }) => ({ label, start: left + start, end: left + end })),
    }
  }

  /** What happens inside while it reads a video. */
  inspect(frames: readonly Frame[], { title = 'a video', ...options }: InspectionOptions = {}): Inspection {
    const all = this.read(framesOf(frames, 'inspect'))
    const left = frames.length - all.length
    const read = all.slice(0, LONGEST_INSPECTED)
    const steps = read.map((_, place) => String(left + place + 1))
    const run = (copies: number) => this.form.run(Array<ScaledFrames>(copies).fill(read))
    return inspectSequence(this.form.network, run, { ...options, title, steps })
  }

  /**
   * Reads frames as they come; after each it says what `predict` would say of the video so far, or the label of the frame. Throws a
   * `UsageError` for a bidirectional model, and for one that reads the last frames only.
   */
  stream(): VideoStream {
    if (this.settings.frames.last !== null)
      throw new UsageError(
        `stream: the model reads only the last ${this.settings.frames.last} frames of a video, and nobody knows yet which those are; give whole videos to predict()`,
      )
    return new VideoStream(this, this.form.stream())
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { labels, settings, scale, baselines, form } = this
    const reals = (data: Float32Array) => ({ dtype: 'F32', shape: [data.length], data }) as const
    const config = { task: this.task, kind: form.kind, labels, settings, majority: baselines.majority }
    return {
      tensors: {
        ...storeWeights(this.parameters()),
        [`${SCALE}mean`]: reals(scale.mean),
        [`${SCALE}deviation`]: reals(scale.deviation),
        ...Object.fromEntries(baselines.nearest.means.map((mean, k) => [`${NEAREST}${k}`, reals(mean)])),
      },
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
  }
}

/** What stands before the names of stored tensors that are no weights. */
export const SCALE = 'scale.'
export const NEAREST = 'nearest.'

/** What is read of a list with an item for each frame: the last ones, where only those are read. */
export function readPart<T>(
  items: readonly T[],
  { frames: { last } }: Pick<Decided<VideoSettings>, 'frames'>,
) {
  return last === null ? items : items.slice(-last)
}

/** Neighbours of one label as one. */
function runsOf(labels: readonly string[]): LabelRun[] {
  const runs: LabelRun[] = []
  for (const [place, label] of labels.entries()) {
    const last = runs.at(-1)
    if (last?.label === label) runs[runs.length - 1] = { ...last, end: place + 1 }
    else runs.push({ label, start: place, end: place + 1 })
  }
  return runs
}
