// Why a plain network forgets and an LSTM does not, seen while they learn to add two marked numbers of a hundred.
// Node 22.18 and later run this file as it is: node examples/lens-adding.ts
import { fileURLToPath } from 'node:url'
import { createEngine } from 'unrolled'
import type { Inspection, Reading } from 'unrolled/inspect'
import { inspect, inspectSequence, liveLens } from 'unrolled/inspect'
import { Features } from 'unrolled/layers'
import { squaredError } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { adam } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Engine, Tensor } from 'unrolled/tensor'
import { fit as train } from 'unrolled/train'

/** How a cell learns to add. */
export interface AddingOptions {
  readonly cell: string
  readonly engine: Engine
  readonly length?: number
  readonly size?: number
  readonly steps?: number
  readonly seed?: number
  readonly log?: (line: string) => void
}

/** What the lens saw meanwhile. */
export interface AddingStory {
  readonly cell: string
  /** Readings from the first step to the last, each with the loss of its step. */
  readonly readings: readonly (Reading & { readonly loss: number })[]
  /** A look at unseen sequences after the last step: the gradients of the loss. */
  readonly inspection: Inspection
  /** A look at one of them: what the last state depends on. The marked numbers are written at their steps. */
  readonly sequence: Inspection
  /** The squared error on unseen sequences; 1/6 for a network that always answers 1. */
  readonly error: number
}

type Step = readonly [value: number, marked: number]

/** Numbers from U(0, 1) with a second input that is 1 at one place of the first half and one of the second, and their sum. */
function problem(length: number, random: Random): { readonly steps: readonly Step[]; readonly sum: number } {
  const half = length / 2
  const marked = [random.integer(half), half + random.integer(half)]
  const steps = Array.from({ length }, (_, k): Step => [random.uniform(), marked.includes(k) ? 1 : 0])
  return { steps, sum: steps[marked[0]][0] + steps[marked[1]][0] }
}

/**
 * Chrono initialisation (Tallec and Ollivier 2018): forget gates begin with memories of 1 to `longest` steps, b_f = ln U(1, longest - 1),
 * and input gates with b_i = -b_f.
 */
function rememberFor(longest: number, { rnn }: SequenceClassifier<Step>, size: number, random: Random): void {
  const { bias_ih } = rnn.directions[0].parameters
  const values = new Float64Array(bias_ih.size)
  for (let unit = 0; unit < size; unit++) {
    values[size + unit] = Math.log(1 + (longest - 2) * random.uniform())
    values[unit] = -values[size + unit]
  }
  bias_ih.set(values)
}

/** Trains one cell under the live lens. */
export async function watchAdding({
  cell,
  engine,
  length = 100,
  size = 64,
  steps = 1500,
  seed = 1,
  log = () => {},
}: AddingOptions): Promise<AddingStory> {
  const random = new Random(seed)
  const network = new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Features(2, engine),
    layers: [{ cell, size }],
    initialization: 'orthogonal',
    classes: 1,
  })
  if (cell === 'lstm') rememberFor(length, network, size, random.split('gates'))
  type Batch = readonly ReturnType<typeof problem>[]
  const batchOf = (count: number, draws: Random): Batch =>
    Array.from({ length: count }, () => problem(length, draws))
  const model = {
    engine,
    parameters: () => network.parameters(),
    loss: (batch: Batch): Tensor => {
      const sums = batch.map(({ sum }) => sum)
      const targets = engine.tensor(sums, [batch.length, 1])
      return squaredError(network.forward(batch.map((one) => one.steps)), targets)
    },
  }

  const readings: Reading[] = []
  const losses: number[] = []
  await train({
    model: liveLens(model, { every: 50, span: length, see: (reading) => readings.push(reading) }),
    data: {
      batchesPerEpoch: steps,
      *batches(_, draws) {
        for (let step = 0; step < steps; step++) yield batchOf(32, draws.split(step))
      },
    },
    ...{ optimizer: adam(), learningRate: 0.003, clip: { norm: 1 }, random: random.split('fit'), epochs: 1 },
    on: (event) => {
      if (event.type !== 'batch') return
      losses.push(event.loss)
      const reading = readings.at(-1)
      if (reading?.step === event.step && (event.step - 1) % 250 === 0)
        log(`${cell} step ${event.step}: loss ${event.loss.toFixed(4)}. ${reading.verdict.finding}`)
    },
  })
  const unseen = batchOf(200, random.split('unseen'))
  const inspection = inspect(network, () => model.loss(unseen), {
    title: `${cell}, adding problem`,
    span: length,
  })
  const [{ steps: one }] = unseen
  const sequence = inspectSequence(network, (copies) => network.forward(Array(copies).fill(one)), {
    title: cell,
    steps: one.map(([value, marked]) => (marked ? `marked: ${value.toFixed(2)}` : '')),
  })
  const error = engine.scope(() => model.loss(unseen).item())
  log(
    `${cell}: squared error ${error.toFixed(4)}. ${inspection.verdict.finding} ${inspection.verdict.advice}`,
  )
  const seen = readings.map((reading) => ({ ...reading, loss: losses[reading.step - 1] }))
  return { cell, readings: seen, inspection, sequence, error }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const engine = await createEngine()
  for (const cell of ['elman', 'gru', 'lstm'])
    await watchAdding({ cell, engine, log: (line) => console.log(line) })
  await engine.dispose()
}
