import { elementCost, sumSquares } from '../tensor/index.js'
import type { Parameters } from './optimizer.js'
import { checkNumber } from './options.js'

/** How gradients are clipped: to a global norm, or each element to -value … value. */
export type ClipLimit = { readonly norm: number } | { readonly value: number }

/**
 * The norm of all gradients together, sqrt(Σ g²), and the factor min(1, maximum / norm) that brings it down to `maximum`. The
 * gradients are left as they are: hand `scale` to the optimizer as `gradientScale`. A norm that is not finite is returned as
 * it is. Clipping treats exploding gradients; it does nothing for vanishing ones.
 *
 * ```ts
 * const { norm, scale } = clipByGlobalNorm(parameters, 5)
 * optimizer.step(parameters, { learningRate, gradientScale: scale })
 * ```
 */
export function clipByGlobalNorm(parameters: Parameters, maximum: number): { norm: number; scale: number } {
  checkNumber('clipByGlobalNorm', 'maximum', maximum, 0)
  let squares = 0
  for (const { gradient } of Object.values(parameters)) if (gradient) squares += sumSquares(gradient)
  const norm = Math.sqrt(squares)
  return { norm, scale: norm > maximum ? maximum / norm : 1 }
}

/** Brings every element of every gradient into -limit to limit, in place. NaN stays. */
export function clipByValue(parameters: Parameters, limit: number): void {
  checkNumber('clipByValue', 'limit', limit, 0)
  for (const { gradient } of Object.values(parameters)) {
    if (!gradient) continue
    const fields = { count: gradient.size, target: gradient.place, low: -limit, high: limit }
    gradient.engine.run('clamp', fields, gradient.size * elementCost)
    gradient.version++
  }
}
