import type { Matrix } from '../decoding/stepper.js'
import { ShapeError } from '../errors.js'
import type { Convolution1d } from '../layers/convolution-1d.js'
import { WindowStream } from '../layers/convolution-1d-stream.js'
import type { Linear } from '../layers/linear.js'
import type { Tensor } from '../tensor/index.js'
import { linear, logSoftmax, relu } from '../tensor/index.js'
import { StackStream, type StreamableStack } from './stream.js'

/** What a stream needs to know of a recogniser. */
export interface StreamableRecognizer {
  readonly front: Convolution1d | undefined
  readonly rnn: StreamableStack
  readonly head: Linear
}

/**
 * A recogniser that reads frames as they come and says what `Recognizer.logProbs` says of the whole, with the same bits: what a `CtcSearch`
 * may be pushed. With a front, a step is said when the last frame of its window has come. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * const search = new CtcSearch({ delay: 50 })
 * search.push(stream.push(frames))
 * search.push(stream.end()).best()
 * ```
 */
export class RecognizerStream {
  readonly #model: StreamableRecognizer
  readonly #stack: StackStream
  readonly #windows: WindowStream | undefined
  /** The front's weights in the order of its windows, once for all of them. */
  readonly #weights: Tensor | undefined
  readonly #classes: number

  constructor(model: StreamableRecognizer) {
    this.#model = model
    this.#stack = new StackStream(model.rnn)
    this.#windows = model.front && new WindowStream(model.front, model.front.weight.shape[1])
    this.#weights = model.front?.windowWeights()
    this.#classes = model.head.weight.shape[0]
  }

  /** Takes frames, one after the other, and gives log P [steps, classes] of the steps that they complete. Throws a `ShapeError` for a part of a frame. */
  push(frames: ArrayLike<number>): Matrix {
    if (this.#windows) return this.#read(this.#windows.push(frames))
    const { inputSize } = this.#model.rnn
    if (frames.length % inputSize !== 0)
      throw new ShapeError(
        `RecognizerStream: got ${frames.length} numbers; expected whole frames of ${inputSize}`,
      )
    return this.#logProbs(frames)
  }

  /** Ends the stream: the steps whose windows reach over the end. */
  end(): Matrix {
    const last = this.#read(this.#windows?.end() ?? [])
    this.#stack.dispose()
    this.#weights?.dispose()
    return last
  }

  #read(windows: readonly number[]): Matrix {
    const { front } = this.#model
    const weights = this.#weights
    if (!front || !weights || windows.length === 0) return this.#logProbs([])
    const { engine } = front.weight
    const seen = engine.withoutRecording(() =>
      engine.scope(() => {
        const width = front.width * front.weight.shape[1]
        return relu(
          linear(engine.tensor(windows, [windows.length / width, width]), weights, front.bias),
        ).data.slice()
      }),
    )
    return this.#logProbs(seen)
  }

  #logProbs(inputs: ArrayLike<number>): Matrix {
    const { rnn, head } = this.#model
    const { engine } = head.weight
    const steps = inputs.length / rnn.inputSize
    const data = new Float64Array(steps * this.#classes)
    for (let step = 0; step < steps; step++) {
      const x = Array.from({ length: rnn.inputSize }, (_, i) => inputs[step * rnn.inputSize + i])
      this.#stack.push(x)
      const said = () => logSoftmax(head.forward(this.#stack.output)).data.slice()
      data.set(
        engine.withoutRecording(() => engine.scope(said)),
        step * this.#classes,
      )
    }
    return { shape: [steps, this.#classes], data }
  }
}
