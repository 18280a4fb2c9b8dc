import { ShapeError, UsageError } from '../errors.js'
import { glorotBound, orthogonalValues, uniformValues } from '../random/initialization.js'
import type { Tensor } from '../tensor/index.js'
import { describe } from '../tensor/index.js'
import type { Cell, CellOptions, Parameters, State } from './cell.js'

/**
 * The usual parameters of a cell with `gates` gates: `weight_ih` [gates·H, I], `weight_hh` [gates·H, H], `bias_ih` and `bias_hh` [gates·H].
 *
 * `openGate` is the gate, counted from 0, whose bias starts at 1 under orthogonal initialisation (the forget gate of an LSTM);
 * `outputSize` the width of h where it is not that of the gates: `weight_hh` [gates·H, outputSize].
 * Throws a `UsageError` for sizes that are not positive whole numbers.
 */
export function recurrentParameters(
  gates: number,
  inputSize: number,
  hiddenSize: number,
  options: CellOptions,
  openGate?: number,
  outputSize = hiddenSize,
): Parameters {
  const bias = options.bias ?? true
  const shapes: Record<string, number[]> = {
    weight_ih: [gates * hiddenSize, inputSize],
    weight_hh: [gates * hiddenSize, outputSize],
    ...(bias && { bias_ih: [gates * hiddenSize] }),
    ...(bias === true && { bias_hh: [gates * hiddenSize] }),
  }
  return initialized(shapes, gates, inputSize, hiddenSize, options, openGate)
}

/**
 * The parameters of a cell whose gates do not see h: `weight_ih` [gates·H, I] and, unless `bias` is `false`, `bias_ih` [gates·H].
 * `openGate` and the errors are those of `recurrentParameters`.
 */
export function inputParameters(
  gates: number,
  inputSize: number,
  hiddenSize: number,
  options: CellOptions,
  openGate?: number,
): Parameters {
  const shapes: Record<string, number[]> = {
    weight_ih: [gates * hiddenSize, inputSize],
    ...((options.bias ?? true) && { bias_ih: [gates * hiddenSize] }),
  }
  return initialized(shapes, gates, inputSize, hiddenSize, options, openGate)
}

function initialized(
  shapes: Readonly<Record<string, number[]>>,
  gates: number,
  inputSize: number,
  hiddenSize: number,
  { engine, random, initialization = 'pytorch' }: CellOptions,
  openGate: number | undefined,
): Parameters {
  checkSize('inputSize', inputSize)
  checkSize('hiddenSize', hiddenSize)
  const parameters: Record<string, Tensor> = {}
  for (const [name, shape] of Object.entries(shapes)) {
    const stream = random.split(name)
    const parameter = engine.parameter(shape)
    if (initialization === 'pytorch')
      parameter.set(uniformValues(parameter.size, 1 / Math.sqrt(hiddenSize), stream))
    else if (name === 'weight_ih')
      parameter.set(uniformValues(parameter.size, glorotBound(inputSize, gates * hiddenSize), stream))
    else if (name === 'weight_hh') parameter.set(orthogonalGates(gates, hiddenSize, shape[1], stream))
    else if (name === 'bias_ih' && openGate !== undefined)
      parameter.set(onesOnGate(gates, hiddenSize, openGate))
    parameters[name] = parameter
  }
  return parameters
}

/** The gains of layer normalisation for the products with x and with h, [size] ones each. */
export function normalisationGains(
  size: number,
  options: Pick<CellOptions, 'engine'>,
): Record<'gain_ih' | 'gain_hh', Tensor> {
  return { gain_ih: normalisationGain(size, options), gain_hh: normalisationGain(size, options) }
}

/** One gain of layer normalisation, [size] ones. */
export function normalisationGain(size: number, { engine }: Pick<CellOptions, 'engine'>): Tensor {
  const gain = engine.parameter([size])
  gain.set(new Float64Array(size).fill(1))
  return gain
}

/** The state of zeros, [batch, hiddenSize] for every state name, of a cell with the usual parameters. */
export function zeroState<S extends State>(cell: Cell<S>, parameters: Parameters, batch: number): S {
  const { engine, shape } = parameters.weight_hh
  return Object.fromEntries(cell.stateNames.map((name) => [name, engine.zeros([batch, shape[1]])])) as S
}

/** Throws a `ShapeError` unless `x` [rows, features] has the cell's input size. */
export function checkInput(cell: string, parameters: Parameters, x: Tensor): void {
  const inputSize = parameters.weight_ih.shape[1]
  if (x.shape.length !== 2 || x.shape[1] !== inputSize)
    throw new ShapeError(
      `${cell}: x has the shape ${describe(x.shape)}, expected [rows, ${inputSize}] (inputSize ${inputSize})`,
    )
}

/** Throws a `ShapeError` unless every tensor of the state is [batch, size], with the size that the cell gives it. */
export function checkState(
  cell: string,
  state: State,
  batch: number,
  sizeOf: (name: string) => number,
): void {
  for (const [name, { shape }] of Object.entries(state))
    if (shape.length !== 2 || shape[0] !== batch || shape[1] !== sizeOf(name))
      throw new ShapeError(
        `${cell}: initial ${name} has the shape ${describe(shape)}, expected [${batch}, ${sizeOf(name)}]`,
      )
}

function checkSize(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`${name}: expected a positive whole number, found ${value}`)
}

function orthogonalGates(
  gates: number,
  rows: number,
  columns: number,
  random: CellOptions['random'],
): Float64Array {
  const values = new Float64Array(gates * rows * columns)
  for (let gate = 0; gate < gates; gate++)
    values.set(orthogonalValues(rows, columns, random.split(gate)), gate * rows * columns)
  return values
}

function onesOnGate(gates: number, hiddenSize: number, gate: number): Float64Array {
  return new Float64Array(gates * hiddenSize).fill(1, gate * hiddenSize, (gate + 1) * hiddenSize)
}
