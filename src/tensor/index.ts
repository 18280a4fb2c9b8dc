/** Tensors on the kernels' heap, the tape that differentiates them, and the operations a cell is written in. */
export type { PreparedJob } from './engine.js'
export { Engine } from './engine.js'
export { gradientCheck } from './gradcheck.js'
export { Indices } from './indices.js'
export type { JobField, JobFields, JobName } from './job-record.js'
export { add, divide, multiply, subtract } from './operations/arithmetic.js'
export { concat } from './operations/concat.js'
export { dropout } from './operations/dropout.js'
export { embeddingBag, gatherRows } from './operations/gather.js'
export { layerNorm } from './operations/layer-norm.js'
export { linear, matmul } from './operations/matmul.js'
export { max, mean, sum } from './operations/reductions.js'
export { addRowProducts, addRowSums } from './operations/row-sums.js'
export { oneMinus, scale } from './operations/scale.js'
export { segmentMax, segmentMean, segmentSoftmax, segmentSum } from './operations/segments.js'
export { slice, split } from './operations/slice.js'
export { logSoftmax, softmax } from './operations/softmax.js'
export { sumSquares } from './operations/sum-squares.js'
export type { Top } from './operations/top.js'
export { top, topLogSoftmax } from './operations/top.js'
export { reshape, transpose } from './operations/transpose.js'
export {
  exp,
  log,
  logSigmoid,
  negate,
  reciprocal,
  relu,
  sigmoid,
  sqrt,
  square,
  tanh,
} from './operations/unary.js'
export type { Packed } from './packed.js'
export { PackedLayout, packSequences, unpackSequences } from './packed.js'
export type { NestedNumbers, Shape } from './shapes.js'
export { describe, matrixOf, sameShape, sizeOf } from './shapes.js'
export type { GradientTarget, Tape } from './tape.js'
export {
  addedTarget,
  addGradient,
  backpropagate,
  checkEngines,
  differentiate,
  gradientTarget,
  record,
  zeroGradients,
} from './tape.js'
export type { Reals } from './tensor.js'
export { Tensor } from './tensor.js'
export { elementCost, functionCost } from './work.js'
