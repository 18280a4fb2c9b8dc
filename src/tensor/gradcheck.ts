import { UsageError } from '../errors.js'
import type { Engine } from './engine.js'
import { multiply } from './operations/arithmetic.js'
import { sum } from './operations/reductions.js'
import { backpropagate } from './tape.js'
import type { Tensor } from './tensor.js'

/** Gradients smaller than this are compared by their difference alone: below it, central differences are only noise. */
const smallest = 1e-3

/**
 * Compares the gradients of `fn` with central differences, (f(x + ε) - f(x - ε)) / 2ε, element by element, and returns the
 * worst difference in relation to the largest gradient of the same input. A right backward function gives less than 1e-6.
 *
 * `fn` is called many times and must be a pure function of the inputs; what it returns may have any shape, its elements are
 * added up with fixed weights of different sizes. Inputs are persistent tensors; their values are restored.
 *
 * @throws UsageError on a single-precision engine, whose rounding would hide errors, or for a temporary input.
 *
 * ```ts
 * const engine = await createEngine({ real: 'float64' })
 * const x = engine.tensor([[0.1, -0.4]])
 * gradientCheck(engine, (x) => myActivation(x), [x]) // 3e-11
 * ```
 */
export function gradientCheck(
  engine64: Engine,
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): number {
  if (engine64.real !== 'float64')
    throw new UsageError(`gradientCheck: got an engine of ${engine64.real}; expected float64`)
  if (inputs.some((input) => input.block.scope))
    throw new UsageError('gradientCheck: got a temporary input; expected tensors made outside of any scope')
  const value = () => weightedSum(fn(...inputs))
  const measure = () => engine64.scope(() => engine64.withoutRecording(() => value().item()))
  const computed = gradientsOf(engine64, value, inputs)
  return Math.max(
    ...inputs.map((input, i) => {
      const measured = Float64Array.from(input.data, (_, j) => slope(input, j, epsilon, measure))
      return worstDifference(computed[i], measured)
    }),
  )
}

function gradientsOf(engine: Engine, value: () => Tensor, inputs: readonly Tensor[]): Float64Array[] {
  const before = inputs.map((input) => input.requiresGradient)
  for (const input of inputs) {
    input.requiresGradient = true
    input.clearGradient()
  }
  try {
    return engine.scope(() => {
      backpropagate(engine.record(value).value)
      return inputs.map((input) => Float64Array.from(input.gradient?.data ?? new Float64Array(input.size)))
    })
  } finally {
    for (const [i, input] of inputs.entries()) {
      input.requiresGradient = before[i]
      input.clearGradient()
    }
  }
}

// Weights that differ, so that errors of several elements do not cancel.
function weightedSum(result: Tensor): Tensor {
  const weights = Float64Array.from({ length: result.size }, (_, i) => 0.5 + ((i * 0.618034) % 1))
  return sum(multiply(result, result.engine.tensor(weights, result.shape)))
}

function slope(input: Tensor, j: number, epsilon: number, measure: () => number): number {
  const at = (value: number) => {
    input.data[j] = value
    input.version++
    return measure()
  }
  const original = input.data[j]
  const difference = at(original + epsilon) - at(original - epsilon)
  at(original)
  return difference / (2 * epsilon)
}

function worstDifference(computed: Float64Array, measured: Float64Array): number {
  let size = smallest
  let worst = 0
  for (const gradient of [...computed, ...measured]) size = Math.max(size, Math.abs(gradient))
  for (const [j, gradient] of computed.entries()) worst = Math.max(worst, Math.abs(gradient - measured[j]))
  return worst / size
}
