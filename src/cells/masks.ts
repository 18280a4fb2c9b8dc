import type { Random } from '../random/random.js'
import type { Engine, PackedLayout, Shape, Tensor } from '../tensor/index.js'
import { dropout, elementCost, gatherRows, slice } from '../tensor/index.js'

/** A mask for multiplication: 0 with probability `rate`, elsewhere 1 / (1 - rate), so that means stay. A pure function of `random`. */
export function dropoutMask(engine: Engine, shape: Shape, rate: number, random: Random): Tensor {
  return dropout(engine.full(shape, 1), rate, random.split('mask'))
}

/** A choice: 0 with probability `rate`, elsewhere 1, exactly. A pure function of `random`. */
export function choiceMask(engine: Engine, shape: Shape, rate: number, random: Random): Tensor {
  const mask = dropoutMask(engine, shape, rate, random)
  const { size: count, place: target } = mask
  engine.run('clamp', { count, target, low: 0, high: 1 }, count * elementCost)
  return mask
}

/** The rows of the sequences that are still running: the first ones, as the longest stand first. */
export function firstRows(mask: Tensor, count: number): Tensor {
  return count === mask.shape[0] ? mask : slice(mask, 0, 0, count)
}

/** A mask [batch, features] repeated for every step of its sequence: [rows, features]. */
export function forEveryStep(mask: Tensor, layout: PackedLayout): Tensor {
  const positions = new Int32Array(layout.rows)
  layout.forEachRow((row, position) => {
    positions[row] = position
  })
  return gatherRows(mask, mask.engine.indices(positions))
}
