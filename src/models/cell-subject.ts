import type { Cell, CellOptions, Parameters, SequenceResult, State } from '../cells/index.js'
import { Random } from '../random/index.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { add, gatherRows, multiply, packSequences, sum } from '../tensor/index.js'
import { Stack } from './stack.js'

/** A cell and where it is checked. */
export interface CellSubject {
  readonly cell: Cell
  /** Of double precision, for the gradients. */
  readonly exact: Engine
  /** For everything else. */
  readonly engine: Engine
  readonly inputSize: number
  readonly hiddenSize: number
  readonly cellOptions: Pick<CellOptions, 'bias' | 'initialization' | 'projection'>
}

/** Runs with new parameters of the cell, which are released afterwards. */
export function withParameters<T>(
  { cell, inputSize, hiddenSize, cellOptions }: CellSubject,
  engine: Engine,
  seed: string,
  use: (parameters: Parameters) => T,
): T {
  const parameters = cell.init(inputSize, hiddenSize, { ...cellOptions, engine, random: new Random(seed) })
  try {
    return use(parameters)
  } finally {
    for (const parameter of Object.values(parameters)) parameter.dispose()
  }
}

/** The same, inside a scope of the engine. */
export function scoped(subject: CellSubject, use: (parameters: Parameters) => string): string {
  const { engine } = subject
  return withParameters(subject, engine, 'check', (parameters) => engine.scope(() => use(parameters)))
}

/** Runs with a stack of one layer of the cell, whose parameters are released afterwards. */
export function withStack(
  subject: CellSubject,
  initialState: 'zero' | 'learned',
  use: (stack: Stack) => string,
  seed = 'stack',
): string {
  const { cell, engine, inputSize, hiddenSize: size, cellOptions } = subject
  const { projection, ...others } = cellOptions
  const layer = { cell, size, ...(projection !== undefined && { projection }) }
  const random = new Random(seed)
  const stack = new Stack({ ...others, engine, random, inputSize, initialState, layers: [layer] })
  try {
    return use(stack)
  } finally {
    for (const parameter of Object.values(stack.parameters())) parameter.dispose()
  }
}

/** h of the top layer at every step of one sequence. */
export function outputOf(stack: Stack, sequence: readonly number[]) {
  const { engine, inputSize } = stack
  return engine.scope(() =>
    stack.forward(packSequences(engine, [sequence], inputSize)).output.data.data.slice(),
  )
}

/** A scalar that depends on all that a run gives. */
export function weighted(cell: Cell, { output, final }: SequenceResult): Tensor {
  return [output.data, ...cell.stateNames.map((name) => final[name])]
    .map((part, k) => sum(multiply(part, randomTensor(part.engine, part.shape, `weights ${k}`))))
    .reduce((a, b) => add(a, b))
}

/** All that a run gives, as plain numbers. */
export function numbersOf(cell: Cell, { output, final }: SequenceResult): Record<string, ArrayLike<number>> {
  const finals = cell.stateNames.map((name) => [`final ${name}`, final[name].data.slice()])
  return { output: output.data.data.slice(), ...Object.fromEntries(finals) }
}

/** Normal numbers that follow from a name, exact in single precision. */
export function numbers(count: number, name: string): number[] {
  const random = new Random('check').split(name)
  return Array.from({ length: count }, () => Math.fround(random.normal()))
}

/** The same as a tensor. */
export function randomTensor(engine: Engine, shape: readonly number[], name: string): Tensor {
  return engine.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      name,
    ),
    shape,
  )
}

/** Sequences of such numbers; equal lengths at equal places give equal numbers. */
export function packed(engine: Engine, lengths: readonly number[], features: number): Packed {
  const sequences = lengths.map((length, i) => numbers(length * features, `sequence ${i}`))
  return packSequences(engine, sequences, features)
}

/** A state made name by name. */
export function mapStates(cell: Cell, map: (name: string, k: number) => Tensor): State {
  return Object.fromEntries(cell.stateNames.map((name, k) => [name, map(name, k)])) as State
}

/** A random state in the shapes that the cell gives it. */
export function randomState(cell: Cell, parameters: Parameters, batch: number): State {
  const zero = cell.zeroState(parameters, batch)
  return mapStates(cell, (name) => randomTensor(zero[name].engine, zero[name].shape, name))
}

/** A state's rows in another order. */
export function rowsOf(cell: Cell, state: State, order: Int32Array): State {
  return mapStates(cell, (name) => gatherRows(state[name], state[name].engine.indices(order)))
}
