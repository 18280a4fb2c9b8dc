/** Optimizers, clipping and learning-rate schedules. */
export type { AdamOptions } from './adam.js'
export { adam, adamw } from './adam.js'
export { clipByGlobalNorm, clipByValue } from './clipping.js'
export type { Optimizer, Parameters, StepOptions } from './optimizer.js'
export type { Schedule } from './schedules.js'
export { constant, cosine, linearDecay, stepDecay, warmUp } from './schedules.js'
export type { SgdOptions } from './sgd.js'
export { sgd } from './sgd.js'
