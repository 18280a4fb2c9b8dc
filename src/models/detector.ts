import { ShapeError } from '../errors.js'
import type { Training } from '../layers/layer.js'
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js'
import type { Packed, Reals, Tensor } from '../tensor/index.js'
import { sigmoid, unpackSequences } from '../tensor/index.js'
import { DetectorStream } from './detector-stream.js'
import { FrameNetwork, type FrameNetworkOptions } from './frame-network.js'

/** How a detector is made; everything about the recurrent layers is as for a `Stack`. */
export interface DetectorOptions extends Omit<FrameNetworkOptions, 'outputs'> {
  /** How many things are looked for; 1 by default. */
  kinds?: number
}

/**
 * Many-to-many, aligned: frames → convolution and ReLU → recurrent stack → a probability per step and kind of thing: for a word in a stream
 * of sound, p_t = σ(w h_t + b) that it has just been said. Kinds do not shut each other out.
 *
 * ```ts
 * const model = new Detector({
 *   engine, random, inputSize: 40, front: { size: 32, width: 15, stride: 4, padding: 'valid' }, layers: [{ cell: 'gru', size: 48 }],
 * })
 * const loss = model.loss(frames, [labels])     // of each step 0 or 1
 * const [scores] = model.probabilities(frames)
 * ```
 */
export class Detector extends FrameNetwork {
  readonly kinds: number

  /** Throws a `UsageError` for whatever a `Stack` or a `Convolution1d` refuses. */
  constructor({ kinds = 1, ...options }: DetectorOptions) {
    super({ ...options, outputs: kinds })
    this.kinds = kinds
  }

  /**
   * The binary cross-entropy of targets from 0 to 1, [steps · kinds] for each sequence in the caller's order, the mean over all steps and
   * kinds. Throws a `ShapeError` for another number of targets.
   */
  loss(
    frames: Packed,
    targets: readonly ArrayLike<number>[],
    { training }: { training?: Training | undefined } = {},
  ): Tensor {
    const { data, layout } = this.forward(frames, training)
    const { kinds } = this
    for (const [place, sequence] of layout.order.entries())
      if (targets[sequence]?.length !== layout.lengths[place] * kinds)
        throw new ShapeError(
          `Detector: sequence ${sequence} has ${targets[sequence]?.length} targets; expected ${layout.lengths[place]} steps of ${kinds}`,
        )
    const wanted = data.engine.empty(data.shape)
    const values = wanted.data
    layout.forEachRow((row, place, step) => {
      const sequence = targets[layout.order[place]]
      for (let kind = 0; kind < kinds; kind++) values[row * kinds + kind] = sequence[step * kinds + kind]
    })
    return binaryCrossEntropy(data, wanted)
  }

  /** The probability of each kind at each step, [steps · kinds] for each sequence in the caller's order. */
  probabilities(frames: Packed): Reals[] {
    return this.engine.withoutRecording(() =>
      this.engine.scope(() => {
        const { data, layout } = this.forward(frames)
        return unpackSequences({ data: sigmoid(data), layout })
      }),
    )
  }

  /** A stream that takes frames as they come. Throws a `UsageError` for a bidirectional model. */
  stream(): DetectorStream {
    return new DetectorStream(this)
  }
}
