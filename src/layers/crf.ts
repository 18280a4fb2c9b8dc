import { ShapeError, UsageError } from '../errors.js'
import { uniformValues } from '../random/initialization.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import {
  addedTarget,
  checkEngines,
  describe,
  functionCost,
  Indices,
  record,
  scale,
  sum,
} from '../tensor/index.js'
import type { LayerOptions } from './layer.js'

/** The scores of a linear chain as plain numbers: `transition` [tags · tags] row by row, from the row's tag to the column's. */
export interface ChainScores {
  readonly start: ArrayLike<number>
  readonly transition: ArrayLike<number>
  readonly end: ArrayLike<number>
}

/** How the losses of the sequences become one number; see `Crf.loss`. */
export type CrfReduction = 'mean' | 'sequence' | 'sum' | 'none'

/** Two rows of tags must fit into a thread's work area. */
const mostTags = 12_000

/**
 * A linear-chain conditional random field over tags: scores of whole tag sequences, where a softmax would decide each step by
 * itself. For emissions e (one score per step and tag) and tags y_1 … y_T
 *
 * score(y) = start_{y_1} + Σ_t e_t[y_t] + Σ_{t>1} transition[y_{t-1}, y_t] + end_{y_T},  P(y) = e^score(y) / Z
 *
 * where Z sums over all tag sequences, exactly, in O(T · tags²) and in log space. Parameter names are those of pytorch-crf; they
 * start from U(-0.1, 0.1) as there. The best sequence is found by `viterbi` of `unrolled/decoding`. Source: Lafferty, McCallum
 * and Pereira (2001).
 *
 * ```ts
 * const crf = new Crf(9, { engine, random: random.split('crf') })
 * const loss = crf.loss(emissions, tags)                    // emissions: Packed [rows, 9]
 * const [best] = viterbi(emissions, { scores: crf.scores() })
 * ```
 */
export class Crf {
  /** [tags] */
  readonly start: Tensor
  /** [tags, tags], from row to column. */
  readonly transition: Tensor
  /** [tags] */
  readonly end: Tensor

  /** Throws a `UsageError` unless there are 1 to 12,000 tags. */
  constructor(
    readonly tags: number,
    { engine, random }: LayerOptions,
  ) {
    if (!Number.isInteger(tags) || tags < 1 || tags > mostTags)
      throw new UsageError(`Crf: got ${tags} tags; expected a whole number from 1 to ${mostTags}`)
    this.start = engine.parameter([tags])
    this.transition = engine.parameter([tags, tags])
    this.end = engine.parameter([tags])
    for (const [name, parameter] of Object.entries(this.parameters()))
      parameter.set(uniformValues(parameter.size, 0.1, random.split(name)))
  }

  /** `start_transitions`, `transitions` and `end_transitions`. */
  parameters(): Record<string, Tensor> {
    return { start_transitions: this.start, transitions: this.transition, end_transitions: this.end }
  }

  /** The parameters as plain numbers, for `viterbi`. */
  scores(): ChainScores {
    return {
      start: this.start.data.slice(),
      transition: this.transition.data.slice(),
      end: this.end.data.slice(),
    }
  }

  /**
   * -log P(y) of the tags of each sequence. `emissions` are packed [rows, tags]; `targets` hold a tag for each row, as
   * `layout.arrange(sequences)` gives them. Reductions: `'mean'` (default) per step, `'sequence'` per sequence, `'sum'`,
   * `'none'`: one loss per sequence, in the layout's sorted order.
   *
   * @throws ShapeError when emissions, targets and the number of tags do not fit; UsageError for a tag outside 0 to tags - 1.
   */
  loss(emissions: Packed, targets: Indices | ArrayLike<number>, reduction: CrfReduction = 'mean'): Tensor {
    const { data, layout } = emissions
    const { engine } = data
    const given = targets instanceof Indices ? targets : engine.indices(targets)
    this.#checkTargets(emissions, given)
    const { losses } = this.#forward(emissions, given)
    switch (reduction) {
      case 'mean':
        return scale(sum(losses), 1 / layout.rows)
      case 'sequence':
        return scale(sum(losses), 1 / layout.batch)
      case 'sum':
        return sum(losses)
      case 'none':
        return losses
      default:
        throw new UsageError(
          `Crf: got reduction ${JSON.stringify(reduction)}; expected 'mean', 'sequence', 'sum' or 'none'`,
        )
    }
  }

  /** log Z of each sequence, in the layout's sorted order. Not differentiable. Throws a `ShapeError` like `loss`. */
  logPartition(emissions: Packed): Tensor {
    return emissions.data.engine.withoutRecording(() => this.#forward(emissions).partitions)
  }

  /**
   * P(y_t = j) over all tag sequences for every step t and tag j, packed [rows, tags]: how sure the model is of each tag. Not
   * differentiable. Throws a `ShapeError` like `loss`.
   */
  marginals(emissions: Packed): Packed {
    const { data, layout } = emissions
    const { engine } = data
    return engine.withoutRecording(() => {
      const marginals = engine.zeros(data.shape)
      this.#backward(emissions, this.#forward(emissions), { emissionGradient: marginals })
      return { data: marginals, layout }
    })
  }

  #forward(emissions: Packed, targets?: Indices): Forward {
    const { data, layout } = emissions
    if (data.shape.length !== 2 || data.shape[0] !== layout.rows || data.shape[1] !== this.tags)
      throw new ShapeError(
        `Crf: got emissions ${describe(data.shape)}; expected [${layout.rows}, ${this.tags}], the layout's rows by the tags`,
      )
    const { engine } = data
    checkEngines(engine, [this.start])
    const width = paddedTags(engine, this.tags)
    const forward: Forward = {
      targets,
      batchSizes: engine.indices(layout.batchSizes),
      alphas: engine.empty([layout.rows, width]),
      partitions: engine.empty([layout.batch]),
      losses: engine.empty([layout.batch]),
    }
    const { alphas, partitions, losses } = forward
    const work = engine.empty([2 * this.tags, width])
    const fields = {
      ...this.#common(emissions, forward),
      work: work.place,
      start: this.start.place,
      alphas: alphas.place,
      partitions: partitions.place,
      losses: losses.place,
    }
    engine.run('crfForward', fields, data.size * this.tags * functionCost)
    record(engine, [losses], [data, this.start, this.transition, this.end], () =>
      this.#backward(emissions, forward, {
        gradient: losses.gradient,
        emissionGradient: addedTarget(data),
        startGradient: addedTarget(this.start),
        transitionGradient: addedTarget(this.transition),
        endGradient: addedTarget(this.end),
      }),
    )
    return forward
  }

  #backward(emissions: Packed, forward: Forward, gradients: Gradients): void {
    const { data, layout } = emissions
    const { engine } = data
    const width = paddedTags(engine, this.tags)
    const betas = engine.empty([layout.rows, width])
    const work = engine.empty([5 * this.tags, width])
    const fields = {
      ...this.#common(emissions, forward),
      work: work.place,
      alphas: forward.alphas.place,
      partitions: forward.partitions.place,
      betas: betas.place,
      gradient: gradients.gradient?.place ?? 0,
      emissionGradient: gradients.emissionGradient?.place ?? 0,
      startGradient: gradients.startGradient?.place ?? 0,
      transitionGradient: gradients.transitionGradient?.place ?? 0,
      endGradient: gradients.endGradient?.place ?? 0,
    }
    engine.run('crfBackward', fields, 2 * data.size * this.tags * functionCost)
  }

  #common({ data, layout }: Packed, { targets, batchSizes }: Forward) {
    return {
      steps: layout.steps,
      tags: this.tags,
      batchSizes: batchSizes.place,
      emissions: data.place,
      transition: this.transition.place,
      end: this.end.place,
      targets: targets?.place ?? 0,
    }
  }

  #checkTargets({ layout }: Packed, targets: Indices): void {
    if (targets.length !== layout.rows)
      throw new ShapeError(`Crf: got ${targets.length} targets for ${layout.rows} rows; expected one per row`)
    const { data } = targets
    for (let i = 0; i < data.length; i++)
      if (data[i] < 0 || data[i] >= this.tags)
        throw new UsageError(
          `Crf: got target ${data[i]} at row ${i}; expected a whole number from 0 to ${this.tags - 1}`,
        )
  }
}

// Work areas have rows of whole vectors.
function paddedTags({ kernels }: Engine, tags: number): number {
  return Math.ceil(tags / kernels.lanes) * kernels.lanes
}

/** What the forward pass leaves behind. `alphas` [rows, tags in whole vectors], `partitions` (log Z) and `losses` [batch]. */
interface Forward {
  readonly targets: Indices | undefined
  readonly batchSizes: Indices
  readonly alphas: Tensor
  readonly partitions: Tensor
  readonly losses: Tensor
}

/** The gradient of the losses, and where those of the inputs are added. */
interface Gradients {
  readonly gradient?: Tensor | undefined
  readonly emissionGradient?: Tensor | undefined
  readonly startGradient?: Tensor | undefined
  readonly transitionGradient?: Tensor | undefined
  readonly endGradient?: Tensor | undefined
}
