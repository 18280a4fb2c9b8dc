import type { State } from '../cells/index.js'
import { ShapeError, UsageError } from '../errors.js'
import type { Training } from '../layers/index.js'
import type { Random } from '../random/index.js'
import type { Packed, PackedLayout, Tensor } from '../tensor/index.js'
import { concat, matrixOf, slice } from '../tensor/index.js'
import type { Stack } from './stack.js'
import { reorder } from './stack.js'
import { continuing, cutInTime } from './time-segments.js'

/** A sequence model that reads what comes before and predicts what comes next, as `sampledForward` runs it. */
export interface SampledRun<T> {
  readonly stack: Stack
  readonly layout: PackedLayout
  /** What the teacher would have the model read, one per row of the layout. */
  readonly inputs: ArrayLike<T>
  /** Inputs to vectors [inputs, stack.inputSize]: an embedding's `forward`. They begin at `firstStep`, for noise of their own at every step. */
  embed(inputs: T[], firstStep: number): Tensor
  /** The model's own choice of the next input for each row of the top layer's h [rows, outputSize]: nothing in it is differentiated. */
  next(hidden: Tensor): ArrayLike<T>
  /** The probability, at every step but the first, that the model reads its own choice instead of the teacher's input. */
  readonly rate: number
  /** Decides where. */
  readonly random: Random
  /** A state for each direction, in the caller's order of sequences; the stack's own when left out. */
  readonly initial?: readonly State[] | undefined
  /** Present in training: the stack's dropout is on. */
  readonly training?: Training | undefined
}

/** What came out of a run with scheduled sampling. */
export interface SampledOutput<T> {
  /** The top layer's h of every step, as from `Stack.forward`. */
  readonly output: Packed
  /** The last states, in the caller's order. */
  readonly final: readonly State[]
  /** What the model did read, one per row. */
  readonly inputs: readonly T[]
}

/**
 * Runs a stack over a batch that it reads partly from the teacher and partly from its own predictions: scheduled sampling. A model that
 * has only ever seen right inputs does not know how to go on after its first mistake; this shows it.
 *
 * With rate 0 this is teacher forcing, the bits of `stack.forward`; with rate 1 the model runs freely from the first input. No gradient
 * goes through the choices. Steps between two choices are computed at once.
 *
 * @throws UsageError for a rate outside 0 to 1 or a bidirectional stack, ShapeError for another number of inputs or choices than rows.
 *
 * Source: Bengio, Vinyals, Jaitly and Shazeer (2015), "Scheduled sampling for sequence prediction with recurrent neural networks".
 *
 * ```ts
 * const rate = inverseSigmoidSampling(1000)
 * const loss = ({ layout, inputs, targets }: Batch, training?: TrainingStep) => {
 *   const { output } = sampledForward({
 *     stack, layout, inputs, embed: (tokens) => embedding.forward(tokens), next: (h) => likeliest(head.forward(h)),
 *     rate: training ? rate(training.step) : 0, random: (training?.random ?? new Random(0)).split('sampling'),
 *   })
 *   return crossEntropy(head.forward(output.data), targets)
 * }
 * ```
 */
export function sampledForward<T>(run: SampledRun<T>): SampledOutput<T> {
  checkRun(run)
  const { stack, layout, embed, training } = run
  const coins = tossed(run)
  const inputs: T[] = Array.from(run.inputs)
  const steps = Array.from({ length: layout.steps }, (_, step) => step)
  const begins = steps.filter((step) => step === 0 || rowsAt(layout, step).some((row) => coins[row]))
  const outputs: Tensor[] = []
  const ended: State[][] = []
  let states = run.initial?.map((state) => reorder(state, layout.order))
  for (const segment of cutInTime(layout, begins)) {
    const { batch } = segment.layout
    const before = outputs.at(-1)
    if (before)
      readOwn(
        run,
        inputs,
        coins,
        segment.firstRow,
        lastRows(before, layout.batchSizes[segment.begin - 1], batch),
      )
    states &&= continuing(states, batch)
    const { output, final } = stack.forward(
      { data: embed(inputs.slice(segment.firstRow, segment.endRow), segment.begin), layout: segment.layout },
      { ...(states && { initial: states }), training, firstStep: segment.begin },
    )
    outputs.push(output.data)
    const going = layout.batchSizes[segment.end] ?? 0
    if (going < batch)
      ended.unshift(final.map((state) => mapState(state, (tensor) => slice(tensor, 0, going, batch))))
    states = [...final]
  }
  const data = outputs.length > 1 ? concat(outputs, 0) : outputs[0]
  return { output: { data, layout }, final: joined(ended, layout), inputs }
}

/** The column of the largest element of each row [rows, N]: the likeliest token of each row of logits. */
export function likeliest(logits: Tensor): Int32Array {
  const { rows, columns } = matrixOf(logits.shape)
  const { data } = logits
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = row * columns
    for (let i = best + 1; i < (row + 1) * columns; i++) if (data[i] > data[best]) best = i
    return best - row * columns
  })
}

// One toss for each row behind the first step, whatever the rate.
function tossed<T>({ layout, rate, random }: SampledRun<T>): boolean[] {
  const tosses = random.split('tosses')
  return Array.from({ length: layout.rows }, (_, row) => row >= layout.batch && tosses.uniform() < rate)
}

function rowsAt(layout: PackedLayout, step: number): number[] {
  return Array.from({ length: layout.batchSizes[step] }, (_, position) => layout.rowOf(position, step))
}

// The rows of the step before, of the sequences that go on.
function lastRows(output: Tensor, width: number, going: number): Tensor {
  const begin = output.shape[0] - width
  return slice(output, 0, begin, begin + going)
}

function readOwn<T>(
  { stack, next }: SampledRun<T>,
  inputs: T[],
  coins: readonly boolean[],
  firstRow: number,
  hidden: Tensor,
): void {
  const own = stack.engine.withoutRecording(() => next(hidden))
  if (own.length !== hidden.shape[0])
    throw new ShapeError(
      `sampledForward: next gave ${own.length} choices for ${hidden.shape[0]} rows; expected one per row`,
    )
  for (let position = 0; position < own.length; position++)
    if (coins[firstRow + position]) inputs[firstRow + position] = own[position]
}

// The shortest sequences end first and stand last.
function joined(ended: readonly State[][], layout: PackedLayout): State[] {
  const [first, ...rest] = ended
  return first.map((state, direction) => {
    const whole = mapState(state, (tensor, name) =>
      rest.length > 0 ? concat([tensor, ...rest.map((states) => states[direction][name])], 0) : tensor,
    )
    return reorder(whole, layout.inverseOrder())
  })
}

function mapState(state: State, map: (tensor: Tensor, name: string) => Tensor): State {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, map(tensor, name)])) as State
}

/** Throws a `UsageError` unless the rate of own choices is a probability. */
export function checkSamplingRate(rate: number): void {
  if (!(rate >= 0 && rate <= 1)) throw new UsageError(`scheduled sampling: got rate ${rate}; expected 0 to 1`)
}

function checkRun<T>({ stack, layout, inputs, rate }: SampledRun<T>): void {
  checkSamplingRate(rate)
  if (stack.bidirectional)
    throw new UsageError(
      'sampledForward: a bidirectional stack reads the future, so it cannot read its own predictions',
    )
  if (inputs.length !== layout.rows)
    throw new ShapeError(
      `sampledForward: got ${inputs.length} inputs; expected ${layout.rows}, one per row of the layout`,
    )
}
