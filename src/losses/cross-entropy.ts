import { ShapeError, UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import {
  checkEngines,
  describe,
  elementCost,
  functionCost,
  gradientTarget,
  Indices,
  matrixOf,
  record,
} from '../tensor/index.js'
import type { ReductionOptions } from './reduction.js'
import { reduceLosses, reductionFactor } from './reduction.js'

/** What `crossEntropy` can be told. */
export interface CrossEntropyOptions extends ReductionOptions {
  /** A weight per row; a row of weight 0 does not count. */
  rowWeights?: ArrayLike<number>
  /** Moves this share of each target to all the classes evenly: q = (1 - s) q + s / N. At least 0, less than 1. */
  smoothing?: number
}

/**
 * Cross-entropy of a softmax, -Σ_n q_n log p_n with p = softmax(logits), computed from the logits [rows, N] in log space: no
 * probability underflows. Its gradient is p - q.
 *
 * `targets` are classes (one per row, -1 = the row does not count) or probabilities q [rows, N], which get no gradient.
 * The mean over rows none of which counts is 0.
 *
 * @throws ShapeError when logits and targets do not fit; UsageError for a class outside -1 to N - 1 or an option out of range.
 *
 * ```ts
 * crossEntropy(logits, engine.indices([2, 0]))                             // per token
 * crossEntropy(logits, targets, { reduction: 'sequence', sequences: 32 })  // per sequence
 * ```
 */
export function crossEntropy(
  logits: Tensor,
  targets: Indices | Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { rows, columns } = matrixOf(logits.shape)
  const { smoothing = 0 } = options
  if (!(smoothing >= 0 && smoothing < 1))
    throw new UsageError(`crossEntropy: got smoothing ${smoothing}; expected at least 0 and less than 1`)
  checkTargets(logits, targets, rows, columns)
  const weights = weightsOf(rows, targets, options)

  const { engine } = logits
  checkEngines(engine, [targets])
  const losses = engine.empty([rows])
  const slopes = engine.recording && logits.requiresGradient ? engine.empty(logits.shape) : undefined
  const rowWeights = engine.tensor(weights)
  const isClasses = targets instanceof Indices
  const from = {
    logits: logits.place,
    targets: isClasses ? targets.place : 0,
    targetProbabilities: isClasses ? 0 : targets.place,
    rowWeights: rowWeights.place,
  }
  const to = { losses: losses.place, gradient: slopes?.place ?? 0 }
  engine.run('crossEntropy', { rows, columns, ...from, smoothing, ...to }, logits.size * functionCost)
  record(engine, [losses], [logits], () => {
    const target = gradientTarget(logits)
    if (!target || !losses.gradient || !slopes) return
    const a = { a: slopes.place, aRowStride: columns, aColumnStride: 1 }
    const b = { b: losses.gradient.place, bRowStride: 1, bColumnStride: 0 }
    const out = { target: target.gradient.place, accumulate: target.accumulate ? 1 : 0 }
    engine.run('binary', { kind: 2, rows, columns, ...a, ...b, ...out }, logits.size * elementCost)
  })
  return reduceLosses(losses, options)
}

function checkTargets(logits: Tensor, targets: Indices | Tensor, rows: number, columns: number): void {
  if (!(targets instanceof Indices)) {
    if (targets.size !== logits.size || targets.shape.at(-1) !== columns)
      throw new ShapeError(
        `crossEntropy: logits ${describe(logits.shape)} and target probabilities ${describe(targets.shape)} do not fit; expected equal shapes`,
      )
    return
  }
  if (targets.length !== rows)
    throw new ShapeError(
      `crossEntropy: logits ${describe(logits.shape)} and ${targets.length} targets do not fit; expected ${rows} targets, one per row`,
    )
  const { data } = targets
  for (let i = 0; i < rows; i++)
    if (data[i] < -1 || data[i] >= columns)
      throw new UsageError(
        `crossEntropy: target ${data[i]} at position ${i} is outside the classes; expected 0 to ${columns - 1}, or -1 for a row that does not count`,
      )
}

// The weight of each row with the reduction in it: the kernel then gives losses and gradients that need only be added.
function weightsOf(rows: number, targets: Indices | Tensor, options: CrossEntropyOptions): Float64Array {
  const { rowWeights } = options
  if (rowWeights && rowWeights.length !== rows)
    throw new ShapeError(
      `crossEntropy: got ${rowWeights.length} rowWeights for ${rows} rows; expected one per row`,
    )
  const classes = targets instanceof Indices ? targets.data : undefined
  const weights = new Float64Array(rows)
  let total = 0
  for (let i = 0; i < rows; i++) {
    const weight = rowWeights?.[i] ?? 1
    if (!(weight >= 0 && weight < Infinity))
      throw new UsageError(
        `crossEntropy: got the row weight ${weight} at position ${i}; expected a number of at least 0`,
      )
    weights[i] = classes && classes[i] < 0 ? 0 : weight
    total += weights[i]
  }
  const factor = reductionFactor('crossEntropy', options, total)
  return weights.map((weight) => weight * factor)
}
