export { philox } from './philox.js'
export { Random } from './random.js'
