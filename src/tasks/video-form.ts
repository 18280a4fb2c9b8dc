import type { VideoRow } from '../data/frames.js'
import { Features } from '../layers/features.js'
import type { Training } from '../layers/layer.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { SequenceClassifier } from '../models/classifier.js'
import type { Model } from '../models/model.js'
import { SequenceTagger } from '../models/tagger.js'
import type { Random } from '../random/index.js'
import type { Reals } from '../tensor/index.js'
import { type Engine, type Tensor, unpackSequences } from '../tensor/index.js'
import type { Decided } from './settings.js'
import type { VideoSettings } from './video-settings.js'

/** A video as a network reads it. */
export type ScaledFrames = readonly Float32Array[]

/** A video that is read frame by frame. */
export interface VideoFormStream {
  readonly steps: number
  push(frame: Float32Array): void
  /** The logits of what the form says now: of the video so far, or of the last frame. */
  logits(): Reals
  fork(): VideoFormStream
  snapshot(): unknown
  restore(snapshot: never): void
  dispose(): void
}

/** What a network says of a video: one label, or one for each frame. */
export interface VideoForm {
  /** How it is stored. */
  readonly kind: 'label' | 'labels'
  readonly network: Model
  /** The mean loss of what is to be said; `targets` are the numbers of the labels. */
  loss(
    videos: readonly ScaledFrames[],
    targets: readonly (readonly number[])[],
    smoothing: number,
    training?: Training,
  ): Tensor
  /** The logits of each video: a list for the whole, or one for each frame. */
  logits(videos: readonly ScaledFrames[]): Reals[][]
  /** Runs the network, for looking inside. */
  run(videos: readonly ScaledFrames[]): unknown
  stream(): VideoFormStream
}

/** The form for rows like this one, with weights drawn from `random`. */
export function videoForm(
  kind: VideoForm['kind'],
  engine: Engine,
  { features, labels }: { readonly features: number; readonly labels: number },
  { model }: Pick<Decided<VideoSettings>, 'model'>,
  random: Random,
): VideoForm {
  const { cell, hiddenSize, layers, bidirectional, pooling } = model
  const options = {
    ...{ engine, random, bidirectional },
    embedding: new Features(features, engine),
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
    inputDropout: model.variationalDropout,
    recurrentDropout: model.recurrentDropout,
    weightDrop: model.weightDrop,
    zoneout: model.zoneout,
    dropout: { input: model.inputDropout, layers: model.layerDropout, head: model.headDropout },
  }
  return kind === 'label'
    ? new WholeForm(new SequenceClassifier<ArrayLike<number>>({ ...options, pooling, classes: labels }))
    : new FrameForm(new SequenceTagger<ArrayLike<number>>({ ...options, tags: labels }))
}

/** Which form rows ask for. */
export const kindOf = (row: VideoRow): VideoForm['kind'] => ('label' in row ? 'label' : 'labels')

/** Many-to-one: a label for the whole. */
class WholeForm implements VideoForm {
  readonly kind = 'label'

  constructor(readonly network: SequenceClassifier<ArrayLike<number>>) {}

  loss(
    videos: readonly ScaledFrames[],
    targets: readonly (readonly number[])[],
    smoothing: number,
    training?: Training,
  ): Tensor {
    const right = this.network.engine.indices(targets.flat())
    return crossEntropy(this.network.forward(videos, training), right, { smoothing })
  }

  logits(videos: readonly ScaledFrames[]): Reals[][] {
    const { data, shape } = this.network.forward(videos)
    return videos.map((_, row) => [data.slice(row * shape[1], (row + 1) * shape[1])])
  }

  run(videos: readonly ScaledFrames[]): unknown {
    return this.network.forward(videos)
  }

  stream(): VideoFormStream {
    return this.network.stream()
  }
}

/** Many-to-many: a label for each frame. */
class FrameForm implements VideoForm {
  readonly kind = 'labels'

  constructor(readonly network: SequenceTagger<ArrayLike<number>>) {}

  loss(
    videos: readonly ScaledFrames[],
    targets: readonly (readonly number[])[],
    smoothing: number,
    training?: Training,
  ): Tensor {
    const { data, layout } = this.network.forward(videos, training).emissions
    return crossEntropy(data, data.engine.indices(layout.arrange(targets)), { smoothing })
  }

  logits(videos: readonly ScaledFrames[]): Reals[][] {
    const { emissions } = this.network.forward(videos)
    const labels = emissions.data.shape[1]
    return unpackSequences(emissions).map((values) =>
      Array.from({ length: values.length / labels }, (_, frame) =>
        values.slice(frame * labels, (frame + 1) * labels),
      ),
    )
  }

  run(videos: readonly ScaledFrames[]): unknown {
    return this.network.run(this.network.embed(videos))
  }

  stream(): VideoFormStream {
    return new FrameFormStream(this.network.stream())
  }
}

/** What a tagger says of the last frame. */
class FrameFormStream implements VideoFormStream {
  readonly #stream: ReturnType<SequenceTagger<ArrayLike<number>>['stream']>

  constructor(stream: ReturnType<SequenceTagger<ArrayLike<number>>['stream']>) {
    this.#stream = stream
  }

  get steps(): number {
    return this.#stream.steps
  }

  push(frame: Float32Array): void {
    this.#stream.push(frame)
  }

  logits(): Reals {
    return this.#stream.judge(({ emissions: { data } }) => data.data.slice(-data.shape[1]))
  }

  fork(): VideoFormStream {
    return new FrameFormStream(this.#stream.fork())
  }

  snapshot(): unknown {
    return this.#stream.snapshot()
  }

  restore(snapshot: never): void {
    this.#stream.restore(snapshot)
  }

  dispose(): void {
    this.#stream.dispose()
  }
}
