/** Recurrent cells: the contract, the cells, and how any of them runs over sequences and streams. */
import { nearest, UsageError } from '../errors.js'
import type { Cell } from './cell.js'
import { cifg } from './cifg.js'
import { elman, elmanRelu } from './elman.js'
import { gru } from './gru.js'
import { gruResetBefore } from './gru-reset-before.js'
import { irnn } from './irnn.js'
import { layerNormElman } from './layer-norm-elman.js'
import { layerNormGru } from './layer-norm-gru.js'
import { layerNormLstm } from './layer-norm-lstm.js'
import { lstm } from './lstm.js'
import { lstmProjection } from './lstm-projection.js'
import { minGru } from './min-gru.js'
import { minLstm } from './min-lstm.js'
import { peephole } from './peephole.js'
import { simplifiedGru } from './simplified-gru.js'

/** Every cell by its name; a new cell is its file, a line here and a fixture. */
export const cells: Readonly<Record<string, Cell>> = {
  elman,
  elmanRelu,
  irnn,
  layerNormElman,
  simplifiedGru,
  gru,
  gruResetBefore,
  lstm,
  cifg,
  lstmProjection,
  peephole,
  layerNormLstm,
  layerNormGru,
  minGru,
  minLstm,
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
  Squashing,
  State,
  Stepper,
} from './cell.js'
export { cifg } from './cifg.js'
export type { HiddenState } from './elman.js'
export { elman, elmanRelu } from './elman.js'
export { gru } from './gru.js'
export { gruResetBefore } from './gru-reset-before.js'
export { irnn } from './irnn.js'
export { layerNormElman } from './layer-norm-elman.js'
export { layerNormGru } from './layer-norm-gru.js'
export { layerNormLstm } from './layer-norm-lstm.js'
export { lstm } from './lstm.js'
export { lstmProjection } from './lstm-projection.js'
export type { LstmState } from './lstm-sequence.js'
export { minGru } from './min-gru.js'
export { minLstm } from './min-lstm.js'
export type { Observation, Observer } from './observe.js'
export { observing } from './observe.js'
export { recurrentParameters, zeroState } from './parameters.js'
export { peephole } from './peephole.js'
export type { Regularisation } from './regularisation.js'
export { checkRegularisation } from './regularisation.js'
export { simplifiedGru } from './simplified-gru.js'
export { createStepper } from './stepper.js'
export type { RunOptions } from './unroll.js'
export { runCell, unroll } from './unroll.js'
