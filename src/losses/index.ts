/** Losses: what training makes small. */
export { binaryCrossEntropy } from './binary-cross-entropy.js'
export type { CrossEntropyOptions } from './cross-entropy.js'
export { crossEntropy } from './cross-entropy.js'
export type { CtcOptions } from './ctc.js'
export { ctc, ctcSteps } from './ctc.js'
export type { Reduction, ReductionOptions } from './reduction.js'
export { type SampledSoftmax, sampledSoftmax } from './sampled-softmax.js'
export { squaredError } from './squared-error.js'
