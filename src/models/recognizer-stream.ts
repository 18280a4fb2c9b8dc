import { logSoftmax } from '../tensor/index.js'
import { FrameStream, type StreamableFrames } from './frame-stream.js'

/**
 * A recogniser that reads frames as they come and says what `Recognizer.logProbs` says of the whole, with the same bits: log P [steps,
 * classes], what a `CtcSearch` may be pushed. Made by `model.stream()`.
 *
 * ```ts
 * const stream = model.stream()
 * const search = new CtcSearch({ delay: 50 })
 * search.push(stream.push(frames))
 * search.push(stream.end()).best()
 * ```
 */
export class RecognizerStream extends FrameStream {
  constructor(model: StreamableFrames) {
    super(model, logSoftmax)
  }
}
