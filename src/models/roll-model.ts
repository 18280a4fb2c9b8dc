import { Dropout } from '../layers/dropout.js'
import type { LayerOptions, Training } from '../layers/layer.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import { RollStream } from './roll-stream.js'
import type { StackOptions, StackOutput } from './stack.js'
import { Stack } from './stack.js'

/** Rates of dropout in training. */
export interface RollDropout {
  /** On the vectors that are read. */
  input?: number
  /** Between recurrent layers. */
  layers?: number
  /** On the top layer's h, before the head. */
  head?: number
}

/** How a roll model is made; everything about the recurrent layers is as for a `Stack`. */
export interface RollModelOptions extends Omit<StackOptions, 'inputSize' | 'dropout' | 'bidirectional'> {
  /** How many things may be on or off in a step: 88 for the keys of a piano. */
  keys: number
  /** One rate for all places, or a rate for each; 0 by default. */
  dropout?: number | RollDropout
}

/**
 * Reads steps in each of which some of `keys` things are on, and says of each by itself how likely it is on in the next step: vectors of
 * zeros and ones → recurrent stack → linear head → a logit per key. For piano rolls.
 *
 * Parameters carry the names of a PyTorch module with the parts `rnn` and `head`. Source: Boulanger-Lewandowski, Bengio and Vincent (2012),
 * "Modeling temporal dependencies in high-dimensional sequences", for the data and the loss; Chung et al. (2014) for gated cells on them.
 *
 * ```ts
 * const model = new RollModel({ engine, random, keys: 88, layers: [{ cell: 'gru', size: 46 }] })
 * const logits = model.forward(packSequences(engine, rolls, 88)) // packed [rows, 88]
 * ```
 */
export class RollModel implements Model {
  readonly engine: Engine
  readonly keys: number
  readonly rnn: Stack
  readonly head: Linear
  readonly #inputDropout: Dropout
  readonly #headDropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` refuses. */
  constructor(options: RollModelOptions) {
    const { engine, random, keys, dropout = 0, ...stack } = options
    const rates = typeof dropout === 'number' ? { input: dropout, layers: dropout, head: dropout } : dropout
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.keys = keys
    this.rnn = new Stack({ ...stack, ...part('rnn'), inputSize: keys, dropout: rates.layers ?? 0 })
    this.head = new Linear(this.rnn.outputSize, keys, part('head'))
    this.#inputDropout = new Dropout(rates.input ?? 0)
    this.#headDropout = new Dropout(rates.head ?? 0)
  }

  parameters(): Record<string, Tensor> {
    return { ...prefixed('rnn', this.rnn.parameters()), ...prefixed('head', this.head.parameters()) }
  }

  /** Logits packed [rows, keys] of what is on in the step after each. Throws a `ShapeError` for another number of keys. */
  forward(steps: Packed, training?: Training): Packed {
    const { output } = this.read(steps, training)
    const hidden = this.#headDropout.forward(output.data, named(training, 'head'))
    return { data: this.head.forward(hidden), layout: output.layout }
  }

  /** The first part of `forward`: what the recurrent layers say at each step. */
  read({ data, layout }: Packed, training?: Training): StackOutput {
    const seen = { data: this.#inputDropout.forward(data, named(training, 'input')), layout }
    return this.rnn.forward(seen, { training: named(training, 'rnn') })
  }

  /** A stream that takes one step at a time. */
  stream(): RollStream {
    return new RollStream(this)
  }
}
