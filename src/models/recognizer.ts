import { Convolution1d } from '../layers/convolution-1d.js'
import { Dropout } from '../layers/dropout.js'
import type { LayerOptions, Training } from '../layers/layer.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { CtcOptions } from '../losses/ctc.js'
import { ctc } from '../losses/ctc.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { logSoftmax, relu, unpackSequences } from '../tensor/index.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import { RecognizerStream } from './recognizer-stream.js'
import { Stack, type StackOptions } from './stack.js'

/** The convolution in front of the recurrent layers: it looks at neighbouring frames and hands on fewer steps. */
export interface FrontOptions {
  /** How many filters. */
  size: number
  /** Frames that a filter sees. */
  width: number
  /** Frames from one step to the next; 1 by default. */
  stride?: number
}

/** How a recogniser is made; everything about the recurrent layers is as for a `Stack`. */
export interface RecognizerOptions extends Omit<StackOptions, 'name'> {
  /** Classes of a step, the blank included. */
  classes: number
  /** None by default: the recurrent layers read the frames themselves. */
  front?: FrontOptions
  /** The class that says nothing; 0 by default. */
  blank?: number
}

/**
 * Many-to-many without places: frames → convolution and ReLU → recurrent stack → linear head → CTC. For speech, and for lines of writing
 * read column by column.
 *
 * Parameters carry the names of a PyTorch module with the parts `front`, `rnn` and `head`.
 *
 * ```ts
 * const model = new Recognizer({
 *   engine, random, inputSize: 40, front: { size: 64, width: 5, stride: 2 },
 *   layers: [{ cell: 'gru', size: 128 }], bidirectional: true, classes: 29,
 * })
 * const loss = model.loss(frames, [[8, 5, 12, 12, 15]])
 * ```
 */
export class Recognizer implements Model {
  readonly engine: Engine
  readonly front: Convolution1d | undefined
  readonly rnn: Stack
  readonly head: Linear
  readonly blank: number
  readonly #dropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` or a `Convolution1d` refuses. */
  constructor(options: RecognizerOptions) {
    const { engine, random, inputSize, classes, front, blank = 0, dropout = 0, ...stack } = options
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.blank = blank
    this.front =
      front &&
      new Convolution1d(inputSize, front.size, front.width, { ...part('front'), stride: front.stride ?? 1 })
    this.rnn = new Stack({ ...stack, ...part('rnn'), inputSize: front?.size ?? inputSize, dropout })
    this.head = new Linear(this.rnn.outputSize, classes, part('head'))
    this.#dropout = new Dropout(dropout)
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('front', this.front?.parameters() ?? {}),
      ...prefixed('rnn', this.rnn.parameters()),
      ...prefixed('head', this.head.parameters()),
    }
  }

  /** The steps that come out of so many frames. */
  steps(frames: number): number {
    return this.front ? this.front.steps(frames) : frames
  }

  /** Logits packed [rows, classes], of fewer steps than `frames` has where the front has a stride. Throws a `ShapeError` for another number of features. */
  forward(frames: Packed, training?: Training): Packed {
    const { output } = this.rnn.forward(this.#seen(frames), { training: named(training, 'rnn') })
    const hidden = this.#dropout.forward(output.data, named(training, 'head'))
    return { data: this.head.forward(hidden), layout: output.layout }
  }

  /** The CTC loss of the labels of each sequence, in the caller's order. Throws what `ctc` throws. */
  loss(
    frames: Packed,
    targets: readonly ArrayLike<number>[],
    { training, ...options }: Omit<CtcOptions, 'blank'> & { training?: Training | undefined } = {},
  ): Tensor {
    return ctc(this.forward(frames, training), targets, { ...options, blank: this.blank })
  }

  /** log P of each class at each step, a matrix per sequence in the caller's order: what `bestPath` and `CtcSearch` read. */
  logProbs(
    frames: Packed,
  ): { readonly shape: readonly [number, number]; readonly data: ArrayLike<number> }[] {
    return this.engine.withoutRecording(() =>
      this.engine.scope(() => {
        const { data, layout } = this.forward(frames)
        const classes = data.shape[1]
        return unpackSequences({ data: logSoftmax(data), layout }).map((values) => ({
          shape: [values.length / classes, classes] as const,
          data: values,
        }))
      }),
    )
  }

  /**
   * A stream that takes frames as they come. Throws a `UsageError` for a bidirectional model, whose reverse direction begins at a last frame
   * that has not come yet.
   */
  stream(): RecognizerStream {
    return new RecognizerStream(this)
  }

  #seen(frames: Packed): Packed {
    if (!this.front) return frames
    const { data, layout } = this.front.forward(frames)
    return { data: relu(data), layout }
  }
}
