import type { Tensor } from '../tensor/index.js'
import { checkEngines, elementCost, functionCost, gradientTarget, record, scale } from '../tensor/index.js'
import type { ReductionOptions } from './reduction.js'
import { checkSameSize, reduceLosses, reductionFactor } from './reduction.js'

/**
 * Binary cross-entropy, -y log p - (1 - y) log(1 - p) with p = σ(logit), element by element: a target y of 1 with p = 0.8 costs
 * 0.223, a target of 0 with the same p costs 1.609. Computed from the logits as max(x, 0) - x y + log(1 + e^-|x|), which
 * neither overflows nor rounds to log 0. The gradient is p - y.
 *
 * `targets` have the shape of the logits and lie in 0 to 1; they get no gradient. Throws a `ShapeError` when the shapes differ.
 *
 * ```ts
 * binaryCrossEntropy(engine.tensor([Math.log(4)]), engine.tensor([1])).item() // 0.223144
 * ```
 */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor, options: ReductionOptions = {}): Tensor {
  checkSameSize('binaryCrossEntropy', 'logits', logits, targets)
  const factor = reductionFactor('binaryCrossEntropy', options, logits.size)
  const { engine, size: count } = logits
  checkEngines(engine, [targets])
  const losses = engine.empty(logits.shape)
  const slopes = engine.recording && logits.requiresGradient ? engine.empty(logits.shape) : undefined
  const fields = { count, logits: logits.place, targets: targets.place, losses: losses.place }
  engine.run('binaryCrossEntropy', { ...fields, gradient: slopes?.place ?? 0 }, count * functionCost)
  record(engine, [losses], [logits], () => {
    const target = gradientTarget(logits)
    if (!target || !losses.gradient || !slopes) return
    const a = { a: slopes.place, aRowStride: count, aColumnStride: 1 }
    const b = { b: losses.gradient.place, bRowStride: count, bColumnStride: 1 }
    const out = { target: target.gradient.place, accumulate: target.accumulate ? 1 : 0 }
    engine.run('binary', { kind: 2, rows: 1, columns: count, ...a, ...b, ...out }, count * elementCost)
  })
  const reduced = reduceLosses(losses, options)
  return factor === 1 ? reduced : scale(reduced, factor)
}
