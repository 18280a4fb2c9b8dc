import type { Training } from '../layers/layer.js'
import type { CtcOptions } from '../losses/ctc.js'
import { ctc } from '../losses/ctc.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { logSoftmax, unpackSequences } from '../tensor/index.js'
import { FrameNetwork, type FrameNetworkOptions } from './frame-network.js'
import { RecognizerStream } from './recognizer-stream.js'

/** How a recogniser is made; everything about the recurrent layers is as for a `Stack`. */
export interface RecognizerOptions extends Omit<FrameNetworkOptions, 'outputs'> {
  /** Classes of a step, the blank included. */
  classes: number
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
export class Recognizer extends FrameNetwork {
  readonly blank: number

  /** Throws a `UsageError` for whatever a `Stack` or a `Convolution1d` refuses. */
  constructor({ classes, blank = 0, ...options }: RecognizerOptions) {
    super({ ...options, outputs: classes })
    this.blank = blank
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
}
