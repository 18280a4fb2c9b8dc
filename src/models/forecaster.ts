import { UsageError } from '../errors.js'
import { Dropout } from '../layers/dropout.js'
import type { LayerOptions, Training } from '../layers/index.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { add, concat } from '../tensor/index.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import type { StackOptions } from './stack.js'
import { Stack } from './stack.js'

/** How a forecaster is made; everything about the recurrent layers is as for a `Stack`. */
export interface ForecasterOptions extends Omit<StackOptions, 'dropout'> {
  /** How many steps ahead it says something about at once. */
  horizon: number
  /** For each number that it says about a step (location, scale …) whether the linear path adds to it. */
  linearTo: readonly boolean[]
  /** How many of the last values the linear path reads; 0: there is no such path. */
  recent: number
  /** How many numbers the head is told of what is known in advance of the steps ahead. */
  ahead: number
  /** Dropout between layers and before the head; 0 by default. */
  dropout?: { layers?: number; head?: number }
}

/** What a forecaster reads. */
export interface ForecasterInput {
  /** The window of the past, step by step. */
  readonly past: Packed
  /** The last values [batch, recent], the newest last, for the linear path. */
  readonly recent?: Tensor | undefined
  /** What is known in advance [batch, ahead]. */
  readonly ahead?: Tensor | undefined
}

/**
 * Window → recurrent stack → last state → linear head: for each of `horizon` steps ahead the numbers of a forecast, such as location and
 * scale. Beside it a linear path leads from the last values straight to the locations, as in an autoregression, so that the recurrent layers
 * are left with what a straight line cannot say (Lai et al. 2018, "LSTNet").
 *
 * The head begins at zero: an untrained forecaster says what its linear path says.
 *
 * ```ts
 * const model = new Forecaster({ engine, random, inputSize: 5, layers: [{ cell: 'lstm', size: 32 }], horizon: 24, linearTo: [true, false], recent: 24, ahead: 0 })
 * const outputs = model.forward({ past, recent }) // [batch, 2 · 24]: all locations, then all scales
 * ```
 */
export class Forecaster implements Model {
  readonly engine: Engine
  readonly rnn: Stack
  readonly head: Linear
  readonly linear: Linear | undefined
  readonly horizon: number
  readonly ahead: number
  readonly #linearTo: readonly boolean[]
  readonly #dropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` refuses. */
  constructor(options: ForecasterOptions) {
    const { engine, random, horizon, linearTo, recent, ahead, dropout = {}, ...stack } = options
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.horizon = horizon
    this.ahead = ahead
    this.rnn = new Stack({ ...stack, ...part('rnn'), dropout: dropout.layers ?? 0 })
    this.head = new Linear(this.rnn.outputSize + ahead, horizon * linearTo.length, part('head'))
    for (const parameter of Object.values(this.head.parameters())) parameter.data.fill(0)
    this.linear = recent > 0 ? new Linear(recent, horizon, part('linear')) : undefined
    this.#linearTo = linearTo
    this.#dropout = new Dropout(dropout.head ?? 0)
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('rnn', this.rnn.parameters()),
      ...prefixed('head', this.head.parameters()),
      ...(this.linear && prefixed('linear', this.linear.parameters())),
    }
  }

  /** The numbers about all steps ahead [batch, numbers · horizon], number by number: all locations first, then all scales. */
  forward({ past, recent, ahead }: ForecasterInput, training?: Training): Tensor {
    const states = this.rnn.forward(past, { training: named(training, 'rnn') })
    const last = this.#dropout.forward(this.rnn.lastOutput(states), named(training, 'head'))
    if ((ahead === undefined) !== (this.ahead === 0))
      throw new UsageError(`Forecaster: expected ${this.ahead} numbers about the steps ahead`)
    const said = this.head.forward(ahead ? concat([last, ahead], 1) : last)
    if (!this.linear) return said
    if (!recent) throw new UsageError('Forecaster: expected the last values, which its linear path reads')
    const straight = this.linear.forward(recent)
    const nothing = this.engine.zeros(straight.shape)
    return add(
      said,
      concat(
        this.#linearTo.map((adds) => (adds ? straight : nothing)),
        1,
      ),
    )
  }
}
