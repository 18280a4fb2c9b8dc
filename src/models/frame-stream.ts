import type { Matrix } from '../decoding/stepper.js'
import { ShapeError, UsageError } from '../errors.js'
import type { Convolution1d } from '../layers/convolution-1d.js'
import { type WindowSnapshot, WindowStream } from '../layers/convolution-1d-stream.js'
import type { Linear } from '../layers/linear.js'
import type { Tensor } from '../tensor/index.js'
import { linear, relu } from '../tensor/index.js'
import { type StackSnapshot, StackStream, type StreamableStack } from './stream.js'

/** What a stream needs to know of a network over frames. */
export interface StreamableFrames {
  readonly front: Convolution1d | undefined
  readonly rnn: StreamableStack
  readonly head: Linear
}

/** The state of a stream of frames in plain numbers. */
export interface FrameSnapshot {
  readonly windows: WindowSnapshot | undefined
  readonly stack: StackSnapshot
}

/**
 * A network that reads frames as they come, with the bits that it gives for the whole: `said` is what is made of the head's logits at
 * each step. With a front, a step is said when the last frame of its window has come.
 */
export class FrameStream {
  readonly #model: StreamableFrames
  readonly #said: (logits: Tensor) => Tensor
  readonly #stack: StackStream
  readonly #windows: WindowStream | undefined
  /** The front's weights in the order of its windows, once for all of them. */
  readonly #weights: Tensor | undefined
  readonly #outputs: number
  #ended = false

  /** Throws a `UsageError` for a bidirectional model. */
  constructor(model: StreamableFrames, said: (logits: Tensor) => Tensor) {
    this.#model = model
    this.#said = said
    this.#stack = new StackStream(model.rnn)
    this.#windows = model.front && new WindowStream(model.front, model.front.weight.shape[1])
    this.#weights = model.front?.windowWeights()
    this.#outputs = model.head.weight.shape[0]
  }

  /** Steps that were said since the beginning. */
  get steps(): number {
    return this.#stack.steps
  }

  /** Takes frames, one after the other, and gives [steps, outputs] of the steps that they complete. Throws a `ShapeError` for a part of a frame, a `UsageError` after the end. */
  push(frames: ArrayLike<number>): Matrix {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
    if (this.#windows) return this.#read(this.#windows.push(frames))
    const { inputSize } = this.#model.rnn
    if (frames.length % inputSize !== 0)
      throw new ShapeError(`stream: got ${frames.length} numbers; expected whole frames of ${inputSize}`)
    return this.#steps(Float64Array.from(frames))
  }

  /** Ends the stream: the steps whose windows reach over the end. */
  end(): Matrix {
    const last = this.#read(this.#windows?.end() ?? [])
    this.dispose()
    return last
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): FrameStream {
    const copy = new FrameStream(this.#model, this.#said)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state. */
  snapshot(): FrameSnapshot {
    return { windows: this.#windows?.snapshot(), stack: this.#stack.snapshot() }
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another kind of model. */
  restore({ windows, stack }: FrameSnapshot): void {
    this.#stack.restore(stack)
    if (windows) this.#windows?.restore(windows)
  }

  /** Releases the stream's memory; the model stays. */
  dispose(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stack.dispose()
    this.#weights?.dispose()
  }

  #read(windows: readonly number[]): Matrix {
    const { front } = this.#model
    const weights = this.#weights
    if (!front || !weights || windows.length === 0) return this.#steps(new Float64Array(0))
    const { engine } = front.weight
    const width = front.width * front.weight.shape[1]
    const seen = engine.withoutRecording(() =>
      engine.scope(() => {
        const x = engine.tensor(windows, [windows.length / width, width])
        return relu(linear(x, weights, front.bias)).data.slice()
      }),
    )
    return this.#steps(seen)
  }

  #steps(inputs: Float32Array | Float64Array): Matrix {
    const { rnn, head } = this.#model
    const { engine } = head.weight
    const steps = inputs.length / rnn.inputSize
    const data = new Float64Array(steps * this.#outputs)
    const said = () => this.#said(head.forward(this.#stack.output)).data.slice()
    for (let step = 0; step < steps; step++) {
      this.#stack.push(inputs.subarray(step * rnn.inputSize, (step + 1) * rnn.inputSize))
      data.set(
        engine.withoutRecording(() => engine.scope(said)),
        step * this.#outputs,
      )
    }
    return { shape: [steps, this.#outputs], data }
  }
}
