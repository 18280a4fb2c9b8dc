import { Dropout } from '../layers/dropout.js'
import type { LayerOptions, TokenLayer, Training } from '../layers/index.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { ClassifierStream } from './classifier-stream.js'
import { embedSequences } from './embed-sequences.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import type { Pooling, PoolingName } from './pooling.js'
import { poolingNamed } from './pooling.js'
import type { StackOptions, StackOutput } from './stack.js'
import { Stack } from './stack.js'

/** Rates of dropout in training. */
export interface ClassifierDropout {
  /** On the embedded tokens. */
  input?: number
  /** Between recurrent layers. */
  layers?: number
  /** On the pooled vector, before the head. */
  head?: number
}

/** How a classifier is made; everything about the recurrent layers is as for a `Stack`. */
export interface ClassifierOptions<T> extends Omit<StackOptions, 'inputSize' | 'dropout'> {
  /** What turns tokens into vectors: an `Embedding`, `EmbeddingBag`, `OneHot` or `Features`. */
  embedding: TokenLayer<T>
  /** How many numbers come out for each sequence. */
  classes: number
  /** `'last'` by default. */
  pooling?: PoolingName
  /** One rate for all places, or a rate for each; 0 by default. */
  dropout?: number | ClassifierDropout
}

/**
 * Many-to-one: tokens → embedding → recurrent stack → pooling → linear head → one logit per class.
 *
 * Parameters carry the names of a PyTorch module with the parts `embedding`, `rnn`, `attention` and `head`: `embedding.weight`,
 * `rnn.weight_ih_l0`, `attention.projection.weight`, `head.bias` …
 *
 * ```ts
 * const model = new SequenceClassifier({
 *   engine, random, embedding: new Embedding(500, 32, { engine, random: random.split('embedding') }),
 *   layers: [{ cell: 'lstm', size: 64 }], bidirectional: true, pooling: 'attention', classes: 25, dropout: 0.3,
 * })
 * const logits = model.forward([[4, 17, 2], [9]]) // [2, 25]
 * ```
 */
export class SequenceClassifier<T> implements Model {
  readonly engine: Engine
  readonly embedding: TokenLayer<T>
  readonly rnn: Stack
  readonly pooling: Pooling
  readonly head: Linear
  readonly #inputDropout: Dropout
  readonly #headDropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` refuses and for an unknown pooling. */
  constructor(options: ClassifierOptions<T>) {
    const { engine, random, embedding, classes, pooling = 'last', dropout = 0, ...stack } = options
    const rates = typeof dropout === 'number' ? { input: dropout, layers: dropout, head: dropout } : dropout
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.embedding = embedding
    this.rnn = new Stack({ ...stack, ...part('rnn'), inputSize: embedding.size, dropout: rates.layers ?? 0 })
    this.pooling = poolingNamed(pooling, this.rnn.outputSize, part('attention'))
    this.head = new Linear(this.rnn.outputSize, classes, part('head'))
    this.#inputDropout = new Dropout(rates.input ?? 0)
    this.#headDropout = new Dropout(rates.head ?? 0)
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('embedding', this.embedding.parameters()),
      ...prefixed('rnn', this.rnn.parameters()),
      ...prefixed('attention', this.pooling.parameters()),
      ...prefixed('head', this.head.parameters()),
    }
  }

  /**
   * Logits [batch, classes] in the order of the sequences. Throws a `ShapeError` that names a sequence without tokens, a `UsageError`
   * for a token that the embedding does not have.
   */
  forward(sequences: readonly ArrayLike<T>[], training?: Training): Tensor {
    const pooled = this.pool(this.run(this.embed(sequences, training), training))
    return this.head.forward(this.#headDropout.forward(pooled, named(training, 'head')))
  }

  /** The first part of `forward`: the embedded tokens, packed. */
  embed(sequences: readonly ArrayLike<T>[], training?: Training): Packed {
    const { data, layout } = embedSequences(this.embedding, sequences)
    return { data: this.#inputDropout.forward(data, named(training, 'input')), layout }
  }

  /** The second part of `forward`: what the stack says about each step. */
  run(embedded: Packed, training?: Training, keep = false): StackOutput {
    return this.rnn.forward(embedded, { training: named(training, 'rnn'), keep })
  }

  /** The third part of `forward`: one vector per sequence [batch, features], in the caller's order. */
  pool(states: StackOutput): Tensor {
    return this.pooling.forward({ output: states.output, last: () => this.rnn.lastOutput(states) })
  }

  /**
   * A stream that takes one token at a time. Throws a `UsageError` for a bidirectional model, whose reverse direction begins at a last
   * token that has not come yet.
   */
  stream(): ClassifierStream<T> {
    return new ClassifierStream(this)
  }
}
