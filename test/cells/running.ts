import type { Cell, Parameters, SequenceResult, State } from '../../src/cells/index.js'
import { runCell, unroll } from '../../src/cells/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Packed, PackedLayout, Tensor } from '../../src/tensor/index.js'
import { add, gatherRows, multiply, packSequences, sum } from '../../src/tensor/index.js'
import { numbers } from '../tensor/values.js'

/** The two ways to run a cell over sequences. */
export const ways = { step: unroll, fused: runCell } as const
export type Way = keyof typeof ways

/** New parameters of a cell, equal on every engine. */
export function initCell(
  cell: Cell,
  engine: Engine,
  inputSize: number,
  hiddenSize: number,
  bias: boolean | 'single' = true,
): Parameters {
  return cell.init(inputSize, hiddenSize, { engine, random: new Random('cell'), bias })
}

/** The width of h. */
export function outputSizeOf(cell: Cell, parameters: Parameters): number {
  const { engine } = Object.values(parameters)[0]
  return engine.scope(() => cell.zeroState(parameters, 1).h.size)
}

/** Sequences of seeded numbers, a flat list for each length; equal lengths at equal places give equal numbers. */
export function sequencesOf(lengths: readonly number[], features: number): number[][] {
  return lengths.map((length, i) => numbers([length, features], `sequence ${i}`))
}

/** The same, packed. */
export function packedSequences(engine: Engine, lengths: readonly number[], features: number): Packed {
  return packSequences(engine, sequencesOf(lengths, features), features)
}

/** A random state in the shapes that the cell gives it, exact in single precision. */
export function stateOf(cell: Cell, parameters: Parameters, batch: number): State {
  const zero = cell.zeroState(parameters, batch)
  const make = (name: string) => {
    const { engine, shape } = zero[name]
    return engine.tensor(numbers([...shape], name), shape)
  }
  return Object.fromEntries(cell.stateNames.map((name) => [name, make(name)])) as State
}

/** A state's rows in another order. */
export function reordered(state: State, order: PackedLayout['order']): State {
  const entries = Object.entries(state).map(([name, rows]) => [
    name,
    gatherRows(rows, rows.engine.indices(order)),
  ])
  return Object.fromEntries(entries) as State
}

/** The sum of everything a run gives, each part weighted: a scalar that depends on all of it. */
export function weightedSum(
  result: Pick<SequenceResult, 'output' | 'final'>,
  weights: { output: Tensor; final: Readonly<Record<string, Tensor>> },
): Tensor {
  return Object.entries(weights.final).reduce(
    (total, [name, weight]) => add(total, sum(multiply(result.final[name], weight))),
    sum(multiply(result.output.data, weights.output)),
  )
}
