import type { SequenceResult, State } from '../cells/index.js'
import { runCell } from '../cells/index.js'
import { ShapeError, UsageError } from '../errors.js'
import { Dropout } from '../layers/dropout.js'
import type { Training } from '../layers/index.js'
import type { Engine, Packed, PackedLayout, Tensor } from '../tensor/index.js'
import { concat, describe, gatherRows } from '../tensor/index.js'
import type { Direction, DirectionOptions, StackLayer } from './direction.js'
import { makeDirection } from './direction.js'
import type { InitialState } from './initial-state.js'
import { initialState } from './initial-state.js'
import { StackStream } from './stream.js'

/** How a stack is made. */
export interface StackOptions extends DirectionOptions {
  inputSize: number
  /** What stands before the names of its layers when they are observed, for models of several stacks. */
  name?: string
  /** From the input upwards; every layer has its own cell and width. */
  layers: readonly StackLayer[]
  /** Whether each layer also has a second set of weights that reads the sequences from their ends; false by default. */
  bidirectional?: boolean
  /** The rate of dropout between layers, in training; 0 by default. */
  dropout?: number
}

/** What a stack computes from a batch of sequences. */
export interface StackOutput {
  /** The top layer's h for every step [rows, outputSize]; both directions side by side. */
  readonly output: Packed
  /**
   * The state after the last step of each direction of each layer, in the order of `directions`; [batch, size] in the caller's order of
   * sequences, so that it can be given to the next call as its initial state. A reverse direction ends at the first step.
   */
  readonly final: readonly State[]
  /** What each direction computed, rows in its own order of time. */
  readonly directions: readonly SequenceResult[]
}

/** What may be given to `Stack.forward`. */
export interface StackCall {
  /** A state for each direction of each layer, in the order of `directions` and the caller's order of sequences. */
  initial?: readonly State[]
  /** Present in training: dropout, the regularisation of the layers and random initial states are on. */
  training?: Training | undefined
  /**
   * The step at which x begins, for segments of time (0 by default). Segments that are given the same `training` see one and the same
   * weight drop, zoneout and variational dropout, as if they were whole; dropout between layers is drawn for each segment.
   */
  firstStep?: number
  /** Whether the activations of all steps are kept (`directions[k].kept`), for looking inside. */
  keep?: boolean
}

/**
 * Recurrent layers one above the other: any depth, a cell and a width per layer, in one direction or both.
 *
 * Parameters carry PyTorch's names (`weight_ih_l0`, `weight_hh_l0_reverse`, `bias_ih_l1` …) and load one to one from the `state_dict`
 * of `nn.RNN`, `nn.LSTM` and `nn.GRU`; learned initial states are `initial_h_l0` and so on.
 *
 * ```ts
 * const stack = new Stack({ engine, random, inputSize: 64, layers: [{ cell: 'lstm', size: 128 }, { cell: 'gru', size: 64 }] })
 * const { output, final } = stack.forward(packSequences(engine, sequences, 64))
 * ```
 */
export class Stack {
  readonly engine: Engine
  readonly name: string
  readonly inputSize: number
  /** Features of the output: the top layer's width, twice when bidirectional. */
  readonly outputSize: number
  readonly bidirectional: boolean
  readonly initialState: InitialState
  /** Layer by layer, forward before reverse. */
  readonly directions: readonly Direction[]
  readonly #dropout: Dropout

  /**
   * Throws a `UsageError` without layers, for an unknown cell, a size that is no positive whole number or a rate outside [0, 1), and
   * for masks on recurrent weights that a cell does not have.
   */
  constructor(options: StackOptions) {
    const { engine, inputSize, layers, bidirectional = false, initialState = 'zero' } = options
    if (layers.length === 0) throw new UsageError('Stack: got no layers; expected at least one')
    this.engine = engine
    this.name = options.name ?? ''
    this.inputSize = inputSize
    this.bidirectional = bidirectional
    this.initialState = initialState
    this.#dropout = new Dropout(options.dropout ?? 0)
    const sides = bidirectional ? [false, true] : [false]
    let width = inputSize
    this.directions = layers.flatMap((layer, depth) => {
      const made = sides.map((reverse) => makeDirection(options, layer, depth, reverse, width))
      width = made.reduce((sum, direction) => sum + outputSizeOf(engine, direction), 0)
      return made
    })
    this.outputSize = width
  }

  /** Every parameter by PyTorch's name. */
  parameters(): Record<string, Tensor> {
    const named: Record<string, Tensor> = {}
    for (const { parameters, learned, suffix } of this.directions)
      for (const [name, parameter] of Object.entries({ ...parameters, ...learned }))
        named[`${name}_${suffix}`] = parameter
    return named
  }

  /** Runs a packed batch. Throws a `ShapeError` when the features or the initial states do not fit. */
  forward(x: Packed, { initial, training, keep = false, firstStep = 0 }: StackCall = {}): StackOutput {
    this.#check(x, initial)
    const { layout } = x
    const sides = this.bidirectional ? 2 : 1
    const results: SequenceResult[] = []
    let input = x
    for (let first = 0; first < this.directions.length; first += sides) {
      if (first > 0) input = this.#betweenLayers(input, first / sides, training, firstStep)
      const outputs = this.directions.slice(first, first + sides).map((direction, side) => {
        const given = initial && reorder(initial[first + side], layout.order)
        const result = this.#runDirection(direction, input, given, { training, keep, firstStep })
        results.push(result)
        return direction.reverse ? backwards(result.output).data : result.output.data
      })
      input = { data: outputs.length > 1 ? concat(outputs, 1) : outputs[0], layout }
    }
    const callersOrder = layout.inverseOrder()
    const final = results.map((result) => reorder(result.final, callersOrder))
    return { output: input, final, directions: results }
  }

  /** h of the top layer after the last step [batch, outputSize], in the caller's order; that of a reverse direction after the first. */
  lastOutput({ final }: Pick<StackOutput, 'final'>): Tensor {
    const top = final.slice(this.bidirectional ? -2 : -1).map(({ h }) => h)
    return top.length > 1 ? concat(top, 1) : top[0]
  }

  /**
   * A stream that takes one step at a time and gives the same bits as `forward` would. Throws a `UsageError` for a bidirectional
   * stack, whose reverse direction begins at a last step that has not come yet.
   */
  stream(): StackStream {
    return new StackStream(this)
  }

  #check({ data, layout }: Packed, initial: readonly State[] | undefined): void {
    if (data.shape.length !== 2 || data.shape[0] !== layout.rows || data.shape[1] !== this.inputSize)
      throw new ShapeError(
        `Stack: x has the shape ${describe(data.shape)}; expected [${layout.rows}, ${this.inputSize}], as the layout and inputSize say`,
      )
    if (initial && initial.length !== this.directions.length)
      throw new ShapeError(
        `Stack: got ${initial.length} initial states; expected ${this.directions.length}, one for each direction of each layer`,
      )
  }

  #betweenLayers(
    { data, layout }: Packed,
    depth: number,
    training: Training | undefined,
    firstStep: number,
  ): Packed {
    const random = training?.random.split('dropout').split(depth)
    const drawn = firstStep === 0 ? random : random?.split(firstStep)
    return { data: this.#dropout.forward(data, drawn && { random: drawn }), layout }
  }

  #runDirection(
    { cell, parameters, learned, suffix, regularisation, reverse }: Direction,
    x: Packed,
    given: State | undefined,
    { training, keep, firstStep }: Required<Omit<StackCall, 'initial'>>,
  ): SequenceResult {
    const { batch } = x.layout
    const noise = (kind: string) => training && { random: training.random.split(kind).split(suffix) }
    const start = given ?? initialState(this.initialState, cell, parameters, learned, batch, noise('initial'))
    const name = this.name ? `${this.name}.${suffix}` : suffix
    return runCell(cell, parameters, reverse ? backwards(x) : x, start, {
      ...{ keep, name, regularisation, training: noise('regularisation'), firstStep },
    })
  }
}

// The width of h: a cell's number of units, or less when it projects.
function outputSizeOf(engine: Engine, { cell, parameters }: Direction): number {
  return engine.scope(() => cell.zeroState(parameters, 1).h.shape[1])
}

// The same sequences, each from its end to its beginning.
function backwards({ data, layout }: Packed): Packed {
  return { data: gatherRows(data, data.engine.indices(layout.reversed())), layout }
}

/** The rows of a state in another order of sequences. Throws a `ShapeError` for another number of rows. */
export function reorder(state: State, order: PackedLayout['order']): State {
  if (order.every((row, position) => row === position)) return state
  const entries = Object.entries(state).map(([name, tensor]) => {
    if (tensor.shape[0] !== order.length)
      throw new ShapeError(
        `Stack: initial ${name} has the shape ${describe(tensor.shape)}; expected ${order.length} rows, one per sequence`,
      )
    return [name, gatherRows(tensor, tensor.engine.indices(order))]
  })
  return Object.fromEntries(entries) as State
}
