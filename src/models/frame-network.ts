import { Convolution1d, type Convolution1dOptions } from '../layers/convolution-1d.js'
import { Dropout } from '../layers/dropout.js'
import type { LayerOptions, Training } from '../layers/layer.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { relu } from '../tensor/index.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import { Stack, type StackOptions } from './stack.js'

/** The convolution in front of the recurrent layers: it looks at neighbouring frames and hands on fewer steps. */
export interface FrontOptions extends Pick<Convolution1dOptions, 'padding'> {
  /** How many filters. */
  size: number
  /** Frames that a filter sees. */
  width: number
  /** Frames from one step to the next; 1 by default. */
  stride?: number
}

/** How a network over frames is made; everything about the recurrent layers is as for a `Stack`. */
export interface FrameNetworkOptions extends Omit<StackOptions, 'name'> {
  /** Numbers that come out of a step. */
  outputs: number
  /** None by default: the recurrent layers read the frames themselves. */
  front?: FrontOptions
}

/**
 * Frames → convolution and ReLU → recurrent stack → linear head: what recognisers and detectors have in common.
 *
 * Parameters carry the names of a PyTorch module with the parts `front`, `rnn` and `head`.
 */
export class FrameNetwork implements Model {
  readonly engine: Engine
  readonly front: Convolution1d | undefined
  readonly rnn: Stack
  readonly head: Linear
  readonly #dropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` or a `Convolution1d` refuses. */
  constructor(options: FrameNetworkOptions) {
    const { engine, random, inputSize, outputs, front, dropout = 0, ...stack } = options
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    if (front) {
      const { size, width, stride = 1, padding = 'same' } = front
      this.front = new Convolution1d(inputSize, size, width, { ...part('front'), stride, padding })
    }
    this.rnn = new Stack({ ...stack, ...part('rnn'), inputSize: front?.size ?? inputSize, dropout })
    this.head = new Linear(this.rnn.outputSize, outputs, part('head'))
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

  /** Logits packed [rows, outputs], of fewer steps than `frames` has where the front has a stride. Throws a `ShapeError` for another number of features. */
  forward(frames: Packed, training?: Training): Packed {
    const { output } = this.rnn.forward(this.#seen(frames), { training: named(training, 'rnn') })
    const hidden = this.#dropout.forward(output.data, named(training, 'head'))
    return { data: this.head.forward(hidden), layout: output.layout }
  }

  #seen(frames: Packed): Packed {
    if (!this.front) return frames
    const { data, layout } = this.front.forward(frames)
    return { data: relu(data), layout }
  }
}
