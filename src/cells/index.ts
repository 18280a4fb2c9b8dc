/** Recurrent cells: the contract, the cells, and how any of them runs over sequences and streams. */
import { nearest, UsageError } from '../errors.js'
import type { Cell } from './cell.js'
import { elman, elmanRelu } from './elman.js'
import { gru } from './gru.js'
import { lstm } from './lstm.js'

/** Every cell by its name; a new cell is its file, a line here and a fixture. */
export const cells: Readonly<Record<string, Cell>> = {
  elman,
  elmanRelu,
  gru,
  lstm,
}

/** The cell of a name. Throws a `UsageError` that lists the names when there is none. */
export function cellNamed(name: string): Cell {
  if (Object.hasOwn(cells, name)) return cells[name]
  const names = Object.keys(cells)
  const guess = nearest(name, names)
  throw new UsageError(
    `unknown cell "${name}"; expected one of ${names.join(', ')}${guess ? `. Did you mean "${guess}"?` : ''}`,
  )
}

export type {
  Activations,
  Cell,
  CellOptions,
  Parameters,
  Phases,
  SequenceOperation,
  SequenceResult,
  State,
  Stepper,
} from './cell.js'
export type { HiddenState } from './elman.js'
export { elman, elmanRelu } from './elman.js'
export { gru } from './gru.js'
export type { LstmState } from './lstm.js'
export { lstm } from './lstm.js'
export type { Observation } from './observe.js'
export { observing } from './observe.js'
export { recurrentParameters, zeroState } from './parameters.js'
export { createStepper } from './stepper.js'
export type { RunOptions } from './unroll.js'
export { runCell, unroll } from './unroll.js'
