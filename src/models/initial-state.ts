import type { Cell, Parameters, State } from '../cells/index.js'
import type { Training } from '../layers/index.js'
import { normalValues } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { add } from '../tensor/index.js'

/**
 * Where a stack's first step starts from: zeros; parameters that are learned with the rest; or, in training only, random numbers
 * around zero, which make the model forget where it started (Zimmermann, Tietz and Grothmann 2012).
 */
export type InitialState = 'zero' | 'learned' | 'random'

/** The deviation of random initial states. */
const deviation = 0.1

/** Parameters of a learned initial state, one vector [size] per tensor of the state, zeros at first. */
export function initialParameters(
  engine: Engine,
  cell: Cell,
  parameters: Parameters,
): Record<string, Tensor> {
  const sizes = engine.scope(() => {
    const zero = cell.zeroState(parameters, 1)
    return cell.stateNames.map((name) => [name, zero[name].size] as const)
  })
  return Object.fromEntries(sizes.map(([name, size]) => [`initial_${name}`, engine.parameter([size])]))
}

/** The state of a whole batch before the first step; undefined stands for the cell's own, zeros. */
export function initialState(
  kind: InitialState,
  cell: Cell,
  parameters: Parameters,
  learned: Parameters,
  batch: number,
  training: Training | undefined,
): State | undefined {
  if (kind === 'zero' || (kind === 'random' && !training)) return undefined
  const zero = cell.zeroState(parameters, batch)
  const start = (name: string): Tensor => {
    const { engine, shape, size } = zero[name]
    if (kind === 'learned' || !training) return add(zero[name], learned[`initial_${name}`])
    return engine.tensor(normalValues(size, deviation, training.random.split(name)), shape)
  }
  return Object.fromEntries(cell.stateNames.map((name) => [name, start(name)])) as State
}
