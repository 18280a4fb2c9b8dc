import { sigmoid } from '../tensor/index.js'
import { FrameStream, type StreamableFrames } from './frame-stream.js'

/**
 * A detector that reads frames as they come and says what `Detector.probabilities` says of the whole, with the same bits. Made by
 * `model.stream()`.
 */
export class DetectorStream extends FrameStream {
  constructor(model: StreamableFrames) {
    super(model, sigmoid)
  }
}
