import { ShapeError } from '../../errors.js'
import type { Packed } from '../packed.js'
import { describe } from '../shapes.js'
import { addedTarget, gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost, functionCost } from '../work.js'
import { multiply } from './arithmetic.js'

/**
 * The softmax of one score per step, [rows, 1], over the steps of each sequence: the weights of attention pooling.
 * Throws a `ShapeError` when a row has more than one element.
 */
export function segmentSoftmax(scores: Packed): Packed {
  const { data, layout } = scores
  if (data.size !== layout.rows)
    throw new ShapeError(`segmentSoftmax: got scores ${describe(data.shape)}; expected [${layout.rows}, 1]`)
  const { engine } = data
  const result = engine.empty(data.shape)
  const batchSizes = engine.indices(layout.batchSizes)
  const segments = () => ({ steps: layout.steps, batchSizes: batchSizes.place })
  engine.run(
    'segmentSoftmax',
    { ...segments(), source: data.place, target: result.place },
    data.size * functionCost,
  )
  record(engine, [result], [data], () => {
    const target = gradientTarget(data)
    if (!target || !result.gradient) return
    const from = { result: result.place, gradient: result.gradient.place }
    const to = { target: target.gradient.place, accumulate: target.accumulate ? 1 : 0 }
    engine.run('segmentSoftmaxBackward', { ...segments(), ...from, ...to }, data.size * elementCost)
  })
  return { data: result, layout }
}

/**
 * Σ_t w_t x_t over the steps of each sequence: [batch, features] in the layout's sorted order. `weights`, one per step
 * ([rows, 1]), are 1 when left out. Throws a `ShapeError` when they do not fit.
 */
export function segmentSum(x: Packed, weights?: Packed): Tensor {
  const { data, layout } = x
  const columns = featuresOf('segmentSum', x)
  if (weights && weights.data.size !== layout.rows)
    throw new ShapeError(
      `segmentSum: x ${describe(data.shape)} and weights ${describe(weights.data.shape)} do not fit; expected weights [${layout.rows}, 1]`,
    )
  const { engine } = data
  const y = engine.empty([layout.batch, columns])
  const batchSizes = engine.indices(layout.batchSizes)
  const common = () => ({ steps: layout.steps, columns, batchSizes: batchSizes.place, source: data.place })
  const weightPlace = () => weights?.data.place ?? 0
  engine.run('segmentSum', { ...common(), weights: weightPlace(), target: y.place }, data.size * elementCost)
  record(engine, [y], [data, weights?.data], () => {
    if (!y.gradient) return
    const toData = gradientTarget(data)
    const toWeights = gradientTarget(weights?.data)
    const fields = {
      sourceGradient: toData?.gradient.place ?? 0,
      sourceAccumulate: toData?.accumulate ? 1 : 0,
      weightGradient: toWeights?.gradient.place ?? 0,
      weightAccumulate: toWeights?.accumulate ? 1 : 0,
    }
    const from = { weights: weightPlace(), gradient: y.gradient.place }
    engine.run('segmentSumBackward', { ...common(), ...from, ...fields }, data.size * elementCost)
  })
  return y
}

/** The mean over the steps of each sequence: [batch, features] in the layout's sorted order. */
export function segmentMean(x: Packed): Tensor {
  const { engine } = x.data
  const shares = engine.tensor(
    Float64Array.from(x.layout.lengths, (length) => 1 / length),
    [x.layout.batch, 1],
  )
  return multiply(segmentSum(x), shares)
}

/**
 * The largest value of each feature over the steps of each sequence: [batch, features] in the layout's sorted order.
 * The gradient goes to the first of equal ones; a NaN is the maximum.
 */
export function segmentMax(x: Packed): Tensor {
  const { data, layout } = x
  const columns = featuresOf('segmentMax', x)
  const { engine } = data
  const y = engine.empty([layout.batch, columns])
  const batchSizes = engine.indices(layout.batchSizes)
  const arg = engine.indices(new Int32Array(y.size))
  const segments = { steps: layout.steps, columns, batchSizes: batchSizes.place }
  engine.run(
    'segmentMax',
    { ...segments, source: data.place, target: y.place, arg: arg.place },
    data.size * elementCost,
  )
  record(engine, [y], [data], () => {
    const gradient = y.gradient && addedTarget(data)
    if (!gradient) return
    const from = { arg: arg.place, gradient: y.gradient.place }
    engine.run(
      'segmentMaxBackward',
      { rows: layout.batch, columns, ...from, target: gradient.place },
      y.size * elementCost,
    )
  })
  return y
}

function featuresOf(operation: string, x: Packed): number {
  if (x.data.shape[0] !== x.layout.rows)
    throw new ShapeError(
      `${operation}: got ${describe(x.data.shape)} for a layout of ${x.layout.rows} rows; expected [${x.layout.rows}, features]`,
    )
  return x.data.size / x.layout.rows
}
