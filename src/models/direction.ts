import type { Cell, CellOptions, Parameters, Regularisation } from '../cells/index.js'
import { cellNamed, checkRegularisation } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { LayerOptions } from '../layers/index.js'
import type { InitialState } from './initial-state.js'
import { initialParameters } from './initial-state.js'

/** One layer of a stack: a cell, by name or a user's own, its number of units, and noise in the place of the whole stack's. */
export interface StackLayer extends Regularisation {
  cell: string | Cell
  size: number
  /** As in `CellOptions`. */
  projection?: number
}

/** One direction of one layer. */
export interface Direction {
  readonly cell: Cell
  readonly size: number
  readonly parameters: Parameters
  /** The learned initial state, empty when it is not learned. */
  readonly learned: Parameters
  /** `l0`, `l0_reverse`, `l1` …: PyTorch's ending of the parameters' names. */
  readonly suffix: string
  readonly regularisation: Regularisation
  readonly reverse: boolean
}

/** How a direction is made. */
export interface DirectionOptions
  extends LayerOptions,
    Pick<CellOptions, 'bias' | 'initialization'>,
    Regularisation {
  /** `'zero'` by default. */
  initialState?: InitialState
}

/** Makes the parameters of one direction of the layer at `depth`; throws a `UsageError` for an unknown cell, a wrong size or rate. */
export function makeDirection(
  options: DirectionOptions,
  layer: StackLayer,
  depth: number,
  reverse: boolean,
  inputSize: number,
): Direction {
  const { engine, random, bias, initialization } = options
  const { cell: given, size, projection } = layer
  const cell = typeof given === 'string' ? cellNamed(given) : given
  const suffix = `l${depth}${reverse ? '_reverse' : ''}`
  const parameters = cell.init(inputSize, size, {
    engine,
    random: random.split(suffix),
    ...(bias !== undefined && { bias }),
    ...(initialization !== undefined && { initialization }),
    ...(projection !== undefined && { projection }),
  })
  checkProjection(cell, parameters, projection)
  const regularisation = regularisationOf(options, layer)
  checkRegularisation(cell, parameters, regularisation)
  const learned = options.initialState === 'learned' ? initialParameters(engine, cell, parameters) : {}
  return { cell, size, parameters, learned, suffix, regularisation, reverse }
}

// A cell that does not project would ignore it.
function checkProjection(cell: Cell, parameters: Parameters, projection: number | undefined): void {
  if (projection === undefined) return
  const { engine } = Object.values(parameters)[0]
  const found = engine.scope(() => cell.zeroState(parameters, 1).h.shape[1])
  if (found !== projection)
    throw new UsageError(
      `${cell.name}: projection is ${projection}, but this cell does not project its h of ${found} units; expected none, or a cell with a projection such as lstmProjection`,
    )
}

// A layer's own rates, and those of the whole stack where it has none.
function regularisationOf(stack: Regularisation, layer: Regularisation): Regularisation {
  const names = ['zoneout', 'weightDrop', 'inputDropout', 'recurrentDropout'] as const
  return Object.fromEntries(
    names.map((name) => [name, layer[name] ?? stack[name]]).filter(([, rate]) => rate !== undefined),
  )
}
