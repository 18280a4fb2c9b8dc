import { ShapeError, UsageError } from '../../errors.js'
import type { Indices } from '../indices.js'
import { describe } from '../shapes.js'
import { addedTarget, checkEngines, record } from '../tape.js'
import type { Tensor } from '../tensor.js'
import { elementCost } from '../work.js'

/**
 * Rows of `x` [V, ...] by index: [indices.length, ...]; index -1 gives a row of zeros. The embedding look-up, and any
 * reordering of rows. Throws a `ShapeError` for a scalar, a `UsageError` for an index outside -1 to V - 1.
 *
 * ```ts
 * gatherRows(engine.tensor([[1, 2], [3, 4]]), engine.indices([1, 1, -1])).toArray() // [[3, 4], [3, 4], [0, 0]]
 * ```
 */
export function gatherRows(x: Tensor, indices: Indices): Tensor {
  const columns = checkRows('gatherRows', x, indices, -1)
  const { engine } = x
  checkEngines(engine, [indices])
  const count = indices.length
  const y = engine.empty([count, ...x.shape.slice(1)])
  const fields = { count, columns, indices: indices.place }
  engine.run('gatherRows', { ...fields, source: x.place, target: y.place }, y.size * elementCost)
  record(engine, [y], [x], () => {
    const gradient = y.gradient && addedTarget(x)
    if (!gradient) return
    const scatter = {
      count,
      columns,
      indices: indices.place,
      source: y.gradient.place,
      target: gradient.place,
    }
    engine.run('scatterAddRows', scatter, y.size * elementCost)
  })
  return y
}

/**
 * Weighted sums of rows of `table` [V, N], one per bag: y_b = Σ_j weights_j table[indices_j] for j from offsets_b up to, not
 * including, offsets_{b+1}; [bags, N]. `offsets` begins with 0, ends with the number of indices and never falls; an empty
 * bag gives zeros. `weights` (all 1 when left out) get no gradient. Throws a `ShapeError` or `UsageError` otherwise.
 *
 * ```ts
 * embeddingBag(table, engine.indices([0, 2, 3]), engine.indices([4, 7, 1])) // rows 4 + 7, and row 1
 * ```
 */
export function embeddingBag(table: Tensor, offsets: Indices, indices: Indices, weights?: Tensor): Tensor {
  const columns = checkRows('embeddingBag', table, indices, 0)
  checkBags(offsets, indices, weights)
  const { engine } = table
  checkEngines(engine, [offsets, indices, weights])
  const bags = offsets.length - 1
  const y = engine.empty([bags, ...table.shape.slice(1)])
  const bag = () => ({
    bags,
    columns,
    offsets: offsets.place,
    indices: indices.place,
    weights: weights?.place ?? 0,
  })
  const work = indices.length * columns * elementCost
  engine.run('bagRows', { ...bag(), source: table.place, target: y.place }, work)
  record(engine, [y], [table], () => {
    const gradient = y.gradient && addedTarget(table)
    if (!gradient) return
    engine.run('bagRowsBackward', { ...bag(), gradient: y.gradient.place, target: gradient.place }, work)
  })
  return y
}

// Checks the indices and returns the elements of a row.
function checkRows(operation: string, x: Tensor, indices: Indices, least: number): number {
  if (x.shape.length === 0) throw new ShapeError(`${operation}: got a scalar; expected rows, [V, ...]`)
  const [rows] = x.shape
  const { data } = indices
  for (let i = 0; i < data.length; i++)
    if (data[i] < least || data[i] >= rows)
      throw new UsageError(
        `${operation}: index ${data[i]} at position ${i} is outside ${describe(x.shape)}; expected ${least} to ${rows - 1}`,
      )
  return x.size / rows
}

function checkBags(offsets: Indices, indices: Indices, weights: Tensor | undefined): void {
  const { data } = offsets
  const ordered = data.every((offset, b) => b === 0 || offset >= data[b - 1])
  if (data.length < 2 || data[0] !== 0 || data[data.length - 1] !== indices.length || !ordered)
    throw new UsageError(
      `embeddingBag: got offsets ${Array.from(data.subarray(0, 8)).join(', ')}${data.length > 8 ? ', …' : ''} for ${indices.length} indices; expected one more than the bags, from 0 to ${indices.length}, never falling`,
    )
  if (weights && weights.size !== indices.length)
    throw new ShapeError(
      `embeddingBag: got weights ${describe(weights.shape)} for ${indices.length} indices; expected [${indices.length}]`,
    )
}
