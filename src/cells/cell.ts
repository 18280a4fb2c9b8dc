import type { Random } from '../random/random.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'

/** The parameters of one cell by name; PyTorch's names where PyTorch has the cell. */
export type Parameters = Readonly<Record<string, Tensor>>

/** What a cell carries from step to step; `h` [batch, hiddenSize] is also its output. */
export type State = Readonly<{ h: Tensor } & Record<string, Tensor>>

/** Activations of gates by name, each [batch, hiddenSize]. */
export type Activations = Readonly<Record<string, Tensor>>

/** What squashes the sum of a gate: `sigmoid` to 0 … 1, `tanh` to -1 … 1, `rectified` cuts off below 0, `unbounded` is nothing. */
export type Squashing = 'sigmoid' | 'tanh' | 'rectified' | 'unbounded'

/** How the parameters of a cell are made. */
export interface CellOptions {
  engine: Engine
  random: Random
  /** `true` (default): `bias_ih` and `bias_hh` as in PyTorch; `'single'`: `bias_ih` alone; `false`: none. */
  bias?: boolean | 'single'
  /**
   * `'pytorch'` (default): everything from U(-1/√H, 1/√H). `'orthogonal'`: recurrent weights orthogonal gate by gate, input weights by
   * Glorot's rule, biases 0, but 1 on a forget gate (Keras's defaults; Jozefowicz et al. 2015 for the forget gate).
   */
  initialization?: 'pytorch' | 'orthogonal'
  /** The width of h in a cell that projects it (`lstmProjection`); half the units by default. Other cells have no use for it. */
  projection?: number
}

/**
 * A recurrent cell: how its parameters are made and what one step computes. This is all that stacks, classifiers and streams need;
 * `sequence` only makes them faster.
 *
 * ```ts
 * const leaky: Cell = {
 *   name: 'leaky', gates: ['n'], stateNames: ['h'],
 *   init: (inputSize, hiddenSize, options) => recurrentParameters(1, inputSize, hiddenSize, options),
 *   zeroState: (parameters, batch) => zeroState(leaky, parameters, batch),
 *   step: ({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }) => {
 *     const n = tanh(add(linear(x, weight_ih, bias_ih), linear(h, weight_hh, bias_hh)))
 *     return { h: add(scale(h, 0.9), scale(n, 0.1)) }
 *   },
 * }
 * ```
 */
export interface Cell<S extends State = State> {
  readonly name: string
  /** The gates in the order in which their rows stand in the weights, for example `['i', 'f', 'g', 'o']`. */
  readonly gates: readonly string[]
  /** What squashes each gate, for the lens, which otherwise guesses it from the values: of a saturated gate that is not sure. */
  readonly squashing?: Readonly<Record<string, Squashing>>
  /** The names of the state's tensors, `h` first. */
  readonly stateNames: readonly string[]
  /** New parameters for `inputSize` inputs and `hiddenSize` units; they live until they are disposed of. */
  init(inputSize: number, hiddenSize: number, options: CellOptions): Parameters
  /** The state before the first step: zeros, in the shapes that the cell's states have. */
  zeroState(parameters: Parameters, batch: number): S
  /**
   * One step in tape operations, the specification of the cell: x [batch, inputSize] and the state before it give the state after it.
   *
   * `seen` [batch, hiddenSize] is h as the products with recurrent weights see it: `state.h`, unless recurrent dropout masks it. What
   * the result has beyond `stateNames`, under the names of gates, are their activations: shown by the lens, not carried on.
   */
  step(parameters: Parameters, x: Tensor, state: S, seen?: Tensor): S & Activations
  /** The fused version of `step`, checked against it. */
  readonly sequence?: SequenceOperation<S>
}

/** What a cell gives for a packed batch of sequences. */
export interface SequenceResult<S extends State = State> {
  /** h of every step [rows, hiddenSize], packed as the input was. */
  readonly output: Packed
  /** The state after the last step of every sequence [batch, hiddenSize], longest sequence first (the layout's sorted order). */
  readonly final: S
  /**
   * Activations by name when they were asked for or kept for the backward pass: `gates` [rows, gates·hiddenSize] in the order of the
   * cell's gates, `cells` [rows, hiddenSize] the c of every step. Read them before backpropagating, which writes the gradients of the
   * sums over `gates`.
   */
  readonly kept: Readonly<Record<string, Tensor>>
  /**
   * The gradients of the loss with respect to each tensor of the state at every step, [rows, size] by name: everything that the loss
   * owes to h_t, at step t and later. There when activations were asked for while recording; read them after backpropagating, inside
   * the same scope.
   */
  gradients?(): Readonly<Record<string, Tensor>>
}

/** All steps of a batch of sequences in one call of the kernels, and one step at a time for streams. */
export interface SequenceOperation<S extends State = State> {
  /**
   * Runs whole sequences; differentiable in the parameters, the input and the initial state.
   * `initial` is in the layout's sorted order, zeros when absent; `keep` asks for the activations even when nothing is recorded, and
   * for the gradients of the states when something is.
   */
  run(parameters: Parameters, x: Packed, initial?: S, keep?: boolean): SequenceResult<S>
  /** Prepared single steps for streaming; without them a stream runs `step`. */
  stepper?(parameters: Parameters, input: Phases): Stepper
}

/**
 * A tensor that exists twice because a step reads one and writes the other; a stream's steps alternate between phase 0 and phase 1.
 * An input that stays in place is the same tensor twice.
 */
export type Phases = readonly [Tensor, Tensor]

/** One recurrent layer of a stream: batch 1, one step at a time, nothing allocated per step by fused cells. */
export interface Stepper {
  /** h after a step of phase 0 and of phase 1. */
  readonly output: Phases
  /** Computes one step from `input[phase]`. */
  run(phase: number): void
  /** The state as it stands before a step of `phase`; writing to its tensors changes it. */
  state(phase: number): State
  /** Releases its memory, not the parameters'. */
  dispose(): void
}
