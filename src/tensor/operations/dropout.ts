import { UsageError } from '../../errors.js'
import type { Random } from '../../random/random.js'
import type { Engine } from '../engine.js'
import { gradientTarget, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { functionCost } from '../work.js'

/**
 * Sets each element to zero with probability `rate` and divides the others by 1 - rate, so that the mean stays. The mask is a
 * pure function of the stream's key and counter; the counter moves on by one. For training only.
 * Throws a `UsageError` unless 0 <= rate < 1.
 */
export function dropout(x: Tensor, rate: number, random: Random): Tensor {
  if (!(rate >= 0 && rate < 1))
    throw new UsageError(`dropout: got rate ${rate}; expected at least 0 and less than 1`)
  if (rate === 0) return x
  const { engine } = x
  const mask = { count: x.size, rate, key0: random.key0, key1: random.key1, counter: random.counter >>> 0 }
  random.counter++
  const y = engine.empty(x.shape)
  applyMask(engine, mask, x, y, false)
  record(engine, [y], [x], () => {
    const target = gradientTarget(x)
    if (target && y.gradient) applyMask(engine, mask, y.gradient, target.gradient, target.accumulate)
  })
  return y
}

interface Mask {
  count: number
  rate: number
  key0: number
  key1: number
  counter: number
}

function applyMask(engine: Engine, mask: Mask, from: Tensor, to: Tensor, accumulate: boolean): void {
  const fields = { ...mask, source: from.place, target: to.place, accumulate: accumulate ? 1 : 0 }
  engine.run('dropout', fields, mask.count * functionCost)
}
