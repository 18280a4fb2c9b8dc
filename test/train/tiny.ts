import { openKernels } from '../../src/kernels/kernels.js'
import { nodePlatform } from '../../src/kernels/node.js'
import { squaredError } from '../../src/losses/index.js'
import { adam, type Optimizer, plateau, warmUp } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import { add, dropout, Engine, linear, mean, type Tensor, tanh } from '../../src/tensor/index.js'
import { averageLoss, type BatchSource, type FitOptions, type Trainable } from '../../src/train/index.js'

/** A few sequences of 4 steps with 3 features, and what their Elman network is to say: the tanh of a weighted sum. */
export interface TinyBatch {
  readonly steps: readonly (readonly number[])[][]
  readonly targets: readonly number[][]
}

const HIDDEN = 8

/** An engine for such a small model: on one thread. */
export async function openEngine(): Promise<Engine> {
  return new Engine(await openKernels(nodePlatform(), { threads: 1 }))
}

/** A small Elman network by tape operations, with dropout, so that training needs its random stream. */
export class TinyModel implements Trainable<TinyBatch> {
  readonly #parameters: Record<string, Tensor>

  constructor(
    readonly engine: Engine,
    seed = 1,
  ) {
    const random = new Random(seed).split('weights')
    const shapes = {
      weight_ih: [HIDDEN, 3],
      weight_hh: [HIDDEN, HIDDEN],
      bias: [HIDDEN],
      'head.weight': [1, HIDDEN],
    }
    const make = ([name, shape]: [string, number[]]): [string, Tensor] => {
      const parameter = engine.parameter(shape)
      const stream = random.split(name)
      parameter.set(Array.from(parameter.data, () => 0.3 * stream.normal()))
      return [name, parameter]
    }
    this.#parameters = Object.fromEntries(Object.entries(shapes).map(make))
  }

  parameters(): Record<string, Tensor> {
    return this.#parameters
  }

  loss(batch: TinyBatch, training?: { random: Random }): Tensor {
    const { weight_ih, weight_hh, bias, 'head.weight': head } = this.#parameters
    let h = this.begin(batch.targets.length) // [B, H]
    for (const x of batch.steps)
      h = tanh(add(linear(this.engine.tensor(x), weight_ih, bias), linear(h, weight_hh)))
    this.end(h)
    if (training) h = dropout(h, 0.2, training.random)
    return squaredError(linear(h, head), this.engine.tensor(batch.targets), { reduction: 'mean' })
  }

  /** The state before the first step and, for a model that carries it on, what becomes of the last one. */
  begin(batch: number): Tensor {
    return this.engine.zeros([batch, HIDDEN])
  }

  end(_: Tensor): void {}

  size(batch: TinyBatch): number {
    return batch.targets.length
  }

  /** All weights in one array, to compare. */
  weights(): number[] {
    return Object.values(this.#parameters).flatMap((parameter) => [...parameter.data])
  }
}

/** The same, every batch beginning with the mean state that the batch before it ended with. */
export class CarryingModel extends TinyModel {
  readonly #state = this.engine.persistent([1, HIDDEN])

  override begin(batch: number): Tensor {
    return add(super.begin(batch), this.engine.tensor(this.#state.data.slice(), [1, HIDDEN]))
  }

  override end(h: Tensor): void {
    this.#state.set(this.engine.withoutRecording(() => mean(h, 0)).data)
  }

  carried(): Record<string, Tensor> {
    return { state: this.#state }
  }
}

/** 70 examples in batches of 8, in another order in each epoch. */
export class TinyData implements BatchSource<TinyBatch> {
  readonly batchesPerEpoch = 9
  readonly #examples: { x: number[][]; y: number }[]

  constructor(seed = 1) {
    const random = new Random(seed).split('data')
    this.#examples = Array.from({ length: 70 }, () => {
      const x = Array.from({ length: 4 }, () => [random.normal(), random.normal(), random.normal()])
      return { x, y: Math.tanh(x.reduce((total, [a, b], t) => total + 0.3 * (t + 1) * (a - b), 0)) }
    })
  }

  *batches(_epoch: number, random: Random): Iterable<TinyBatch> {
    const order = [...random.permutation(this.#examples.length)]
    for (let i = 0; i < order.length; i += 8) {
      const chosen = order.slice(i, i + 8).map((k) => this.#examples[k])
      yield {
        steps: [0, 1, 2, 3].map((t) => chosen.map(({ x }) => x[t])),
        targets: chosen.map(({ y }) => [y]),
      }
    }
  }
}

type TinyTraining = FitOptions<TinyBatch> & { model: TinyModel; optimizer: Optimizer }

/** A complete training: dropout, warm-up, clipping, validation and keep-best. The model and optimizer are new each time. */
export function tinyTraining(
  engine: Engine,
  changes: Partial<FitOptions<TinyBatch>> = {},
  model = new TinyModel(engine),
): TinyTraining {
  const validation = new TinyData(2)
  return {
    data: new TinyData(),
    optimizer: adam(),
    learningRate: 0.02,
    schedule: warmUp(10),
    random: new Random(7),
    epochs: 4,
    clip: { norm: 0.5 },
    validate: async () => ({ loss: await averageLoss(model, validation, new Random(0)) }),
    settings: { learningRate: 0.02 },
    ...changes,
    model,
  } as TinyTraining
}

/** One with everything that reaches from batch to batch: accumulated gradients, a carried state, a rate that falls on plateaus. */
export function carryingTraining(engine: Engine, changes: Partial<FitOptions<TinyBatch>> = {}): TinyTraining {
  const schedule = warmUp(5, plateau({ factor: 0.7, patience: 0, threshold: 0.05 }))
  return tinyTraining(engine, { accumulate: 2, schedule, ...changes }, new CarryingModel(engine))
}
