import { ShapeError } from '../errors.js'
import type { Engine } from './engine.js'
import type { Reals, Tensor } from './tensor.js'

/**
 * How sequences of different lengths lie in one matrix without padding: sorted by length, longest first, then step by step:
 * all the rows of step 0, then those of step 1, and so on. `batchSizes[t]` sequences are still running at step t.
 *
 * ```ts
 * const layout = PackedLayout.of([2, 3])
 * layout.order      // 1, 0: the longer one comes first
 * layout.batchSizes // 2, 2, 1
 * layout.rows       // 5
 * ```
 */
export class PackedLayout {
  readonly batch: number
  readonly steps: number
  readonly rows: number
  /** The caller's index of the sequence at each sorted position. */
  readonly order: Int32Array
  /** The lengths at the sorted positions: never rising. */
  readonly lengths: Int32Array
  readonly batchSizes: Int32Array
  readonly #firstRows: Int32Array

  private constructor(lengths: Int32Array) {
    this.batch = lengths.length
    this.order = Int32Array.from(lengths.keys()).sort((a, b) => lengths[b] - lengths[a] || a - b)
    this.lengths = this.order.map((index) => lengths[index])
    this.steps = this.lengths[0]
    this.batchSizes = new Int32Array(this.steps)
    this.#firstRows = new Int32Array(this.steps)
    let row = 0
    for (let step = 0, running = this.batch; step < this.steps; step++) {
      while (this.lengths[running - 1] <= step) running--
      this.batchSizes[step] = running
      this.#firstRows[step] = row
      row += running
    }
    this.rows = row
  }

  /** The layout of sequences of the given lengths, in the caller's order. Throws a `ShapeError` unless each has at least one step. */
  static of(lengths: ArrayLike<number>): PackedLayout {
    if (lengths.length === 0) throw new ShapeError('PackedLayout: got no sequences; expected at least one')
    for (let i = 0; i < lengths.length; i++)
      if (!Number.isInteger(lengths[i]) || lengths[i] < 1)
        throw new ShapeError(
          `PackedLayout: sequence ${i} has length ${lengths[i]}; expected a whole number of at least 1`,
        )
    return new PackedLayout(Int32Array.from(lengths))
  }

  /** The row of a step of the sequence at a sorted position. */
  rowOf(position: number, step: number): number {
    return this.#firstRows[step] + position
  }

  /** For `gatherRows`: the row order in which every sequence runs backwards; applying it twice changes nothing. */
  reversed(): Int32Array {
    const rows = new Int32Array(this.rows)
    this.forEachRow((row, position, step) => {
      rows[row] = this.rowOf(position, this.lengths[position] - 1 - step)
    })
    return rows
  }

  /** The row of each sequence's last step, in sorted order. */
  lastRows(): Int32Array {
    return this.lengths.map((length, position) => this.rowOf(position, length - 1))
  }

  /** The sorted position of each of the caller's sequences: `gatherRows` with it brings [batch, ...] back to the caller's order. */
  inverseOrder(): Int32Array {
    const positions = new Int32Array(this.batch)
    for (const [position, index] of this.order.entries()) positions[index] = position
    return positions
  }

  /** Visits every row with the sorted position and the step it belongs to, in memory order. */
  forEachRow(visit: (row: number, position: number, step: number) => void): void {
    let row = 0
    for (const [step, running] of this.batchSizes.entries())
      for (let position = 0; position < running; position++) visit(row++, position, step)
  }

  /** One whole number per step of each sequence (tokens, classes), in the caller's order, brought into the order of the rows. */
  arrange(sequences: readonly ArrayLike<number>[]): Int32Array {
    const rows = new Int32Array(this.rows)
    this.forEachRow((row, position, step) => {
      rows[row] = sequences[this.order[position]][step]
    })
    return rows
  }
}

/** Sequences in one tensor [rows, features], whose rows lie as `layout` says. */
export interface Packed {
  data: Tensor
  layout: PackedLayout
}

/**
 * Packs sequences, each a flat list of `features` numbers per step, in the caller's order. Throws a `ShapeError` when a list is
 * empty or no multiple of `features`.
 *
 * ```ts
 * const x = packSequences(engine, [[1, 2, 3, 4], [5, 6]], 2) // two steps and one step of two features
 * ```
 */
export function packSequences(
  engine: Engine,
  sequences: readonly ArrayLike<number>[],
  features: number,
): Packed {
  const layout = PackedLayout.of(sequences.map((sequence) => sequence.length / features))
  const data = engine.empty([layout.rows, features])
  const values = data.data
  layout.forEachRow((row, position, step) => {
    const sequence = sequences[layout.order[position]]
    for (let j = 0; j < features; j++) values[row * features + j] = sequence[step * features + j]
  })
  return { data, layout }
}

/** The sequences in a packed tensor, each as a flat list, in the caller's order. */
export function unpackSequences(packed: Packed): Reals[] {
  const { data, layout } = packed
  const features = data.size / layout.rows
  const values = data.data
  const View = values instanceof Float64Array ? Float64Array : Float32Array
  const sequences: Reals[] = new Array(layout.batch)
  for (const [position, index] of layout.order.entries())
    sequences[index] = new View(layout.lengths[position] * features)
  layout.forEachRow((row, position, step) => {
    sequences[layout.order[position]].set(
      values.subarray(row * features, (row + 1) * features),
      step * features,
    )
  })
  return sequences
}
