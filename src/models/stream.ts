import type { State, Stepper } from '../cells/index.js'
import { createStepper } from '../cells/index.js'
import { ShapeError, UsageError } from '../errors.js'
import type { Engine, Reals, Tensor } from '../tensor/index.js'
import type { Direction } from './direction.js'

/** The state of a stream in plain numbers: for each layer its tensors by name, and how many steps were taken. */
export interface StackSnapshot {
  readonly steps: number
  readonly layers: readonly Readonly<Record<string, Reals>>[]
}

/** What a stream needs to know of a stack. */
export interface StreamableStack {
  readonly engine: Engine
  readonly inputSize: number
  readonly bidirectional: boolean
  readonly directions: readonly Direction[]
}

/**
 * A unidirectional stack that reads one step at a time. The results are the bits that `Stack.forward` computes from the whole sequence;
 * a step takes no memory. Made by `stack.stream()`, and used until `end()` or `dispose()`.
 *
 * ```ts
 * const stream = stack.stream()
 * for (const x of samples) show(stream.push(x))
 * const copy = stream.fork()          // goes its own way from here
 * const state = stream.snapshot()     // plain numbers, for stream.restore(state)
 * ```
 */
export class StackStream {
  readonly #stack: StreamableStack
  readonly #input: Tensor
  readonly #ownsInput: boolean
  readonly #steppers: readonly Stepper[]
  #steps = 0
  #ended = false

  /** `input` [1, inputSize] is where `advance` reads x, for models that compute it in place; by default the stream has its own. */
  constructor(stack: StreamableStack, input?: Tensor) {
    checkStreamable(stack)
    this.#stack = stack
    this.#ownsInput = input === undefined
    this.#input = input ?? stack.engine.persistent([1, stack.inputSize])
    let below = [this.#input, this.#input] as Stepper['output']
    this.#steppers = stack.directions.map(({ cell, parameters, regularisation }) => {
      const stepper = createStepper(cell, parameters, below, regularisation)
      below = stepper.output
      return stepper
    })
    this.#start()
  }

  /** Steps taken since the beginning. */
  get steps(): number {
    return this.#steps
  }

  /** h of the top layer after the last step [1, outputSize]; the step after the next one overwrites it. */
  get output(): Tensor {
    return this.outputs[(this.#steps + 1) & 1]
  }

  /** The two places between which `output` alternates: that of steps 0, 2, 4 … and that of steps 1, 3, 5 … */
  get outputs(): Stepper['output'] {
    return this.#steppers[this.#steppers.length - 1].output
  }

  /**
   * Takes one step and returns h of the top layer, a view that later steps overwrite. Throws a `ShapeError` when `x` does not have
   * `inputSize` numbers, a `UsageError` after the end.
   */
  push(x: ArrayLike<number>): Reals {
    if (x.length !== this.#stack.inputSize)
      throw new ShapeError(`stream: x has ${x.length} numbers; expected ${this.#stack.inputSize} (inputSize)`)
    this.#checkOpen()
    this.#input.data.set(x)
    this.advance()
    return this.output.data
  }

  /** Takes one step from what lies in the input tensor. */
  advance(): void {
    this.#checkOpen()
    const phase = this.#steps & 1
    for (let layer = 0; layer < this.#steppers.length; layer++) this.#steppers[layer].run(phase)
    this.#steps++
  }

  /** Ends the stream and returns a copy of the last output. Throws a `UsageError` when there was no step. */
  end(): Reals {
    this.#checkOpen()
    this.checkStarted()
    const last = this.output.data.slice()
    this.dispose()
    return last
  }

  /** A second stream in the same state; from here on they are independent. It reads from `input` if given. */
  fork(input?: Tensor): StackStream {
    const copy = new StackStream(this.#stack, input)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state. */
  snapshot(): StackSnapshot {
    this.#checkOpen()
    return { steps: this.#steps, layers: this.#states().map(copyState) }
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another kind of stack. */
  restore({ steps, layers }: StackSnapshot): void {
    this.#checkOpen()
    const fits = this.#states().every((state, layer) => sameSizes(state, layers[layer]))
    if (layers.length !== this.#steppers.length || !fits)
      throw new UsageError('stream: the snapshot is of another model: its layers or their sizes differ')
    this.#steps = steps
    for (const [layer, state] of this.#states().entries())
      for (const [name, tensor] of Object.entries(state)) tensor.set(layers[layer][name])
  }

  /** Throws a `UsageError` before the first step. */
  checkStarted(): void {
    if (this.#steps === 0) throw new UsageError('stream: there was no step yet; expected at least one push')
  }

  /** Releases the stream's memory; the model stays. */
  dispose(): void {
    if (this.#ended) return
    this.#ended = true
    for (const stepper of this.#steppers) stepper.dispose()
    if (this.#ownsInput) this.#input.dispose()
  }

  #states(): State[] {
    return this.#steppers.map((stepper) => stepper.state(this.#steps & 1))
  }

  // A learned initial state is copied from its parameters; others begin at the cell's own.
  #start(): void {
    for (const [layer, state] of this.#states().entries()) {
      const { learned } = this.#stack.directions[layer]
      for (const [name, tensor] of Object.entries(state))
        if (learned[`initial_${name}`]) tensor.set(learned[`initial_${name}`].data)
    }
  }

  #checkOpen(): void {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
  }
}

/** Throws a `UsageError` that says why for a stack that needs whole sequences. */
export function checkStreamable({ bidirectional }: StreamableStack): void {
  if (bidirectional)
    throw new UsageError(
      'stream: a bidirectional model cannot stream: its reverse direction begins at the last step, which has not come yet. Give whole sequences to forward(), or train with bidirectional: false',
    )
}

function copyState(state: State): Record<string, Reals> {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, tensor.data.slice()]))
}

function sameSizes(state: State, values: Readonly<Record<string, Reals>> | undefined): boolean {
  return Object.entries(state).every(([name, { size }]) => values?.[name]?.length === size)
}
