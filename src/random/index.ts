export { glorotBound, normalValues, orthogonalValues, uniformValues } from './initialization.js'
export { philox } from './philox.js'
export { Random } from './random.js'
