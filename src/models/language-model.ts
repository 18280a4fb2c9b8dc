import type { State } from '../cells/index.js'
import { LogProbabilities } from '../decoding/log-probabilities.js'
import type { Stepper } from '../decoding/stepper.js'
import { releaseTensors, reorderTensors } from '../decoding/stepper.js'
import { UsageError } from '../errors.js'
import { Dropout } from '../layers/dropout.js'
import { Embedding } from '../layers/embedding.js'
import type { LayerOptions, Training } from '../layers/index.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import { sampledSoftmax } from '../losses/sampled-softmax.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { linear, PackedLayout } from '../tensor/index.js'
import { LanguageModelStream } from './language-model-stream.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import type { StackCall, StackOptions } from './stack.js'
import { Stack } from './stack.js'

/** Rates of dropout in training. */
export interface LanguageModelDropout {
  /** On the embedded tokens. */
  input?: number
  /** Between recurrent layers. */
  layers?: number
  /** On the top layer's h, before the head. */
  head?: number
}

/** How a language model is made; everything about the recurrent layers is as for a `Stack`. */
export interface LanguageModelOptions
  extends Omit<StackOptions, 'inputSize' | 'dropout' | 'bidirectional' | 'initialState'> {
  /** How many different tokens there are. */
  tokens: number
  embeddingSize: number
  /** Whether the head's weight is that of the embedding, which must then be as wide as the top layer; false by default. */
  tied?: boolean
  /** The deviation of the embedding's first values; 1 by default, 1/√embeddingSize where it is tied. */
  embeddingDeviation?: number
  /** One rate for all places, or a rate for each; 0 by default. */
  dropout?: number | LanguageModelDropout
}

/** The states of all layers as one record: `h_l0`, `c_l0`, `h_l1` … */
export type LanguageModelState = Readonly<Record<string, Tensor>>

/**
 * Reads tokens and says after each which may come next: tokens → embedding → recurrent stack → linear head → a logit per token.
 *
 * Parameters carry the names of a PyTorch module with the parts `embedding`, `rnn` and `head`; with tied weights `head.weight` is left
 * out, being `embedding.weight`.
 *
 * Source of the tying: Press and Wolf (2017), "Using the output embedding to improve language models".
 *
 * ```ts
 * const model = new LanguageModel({ engine, random, tokens: 66, embeddingSize: 32, layers: [{ cell: 'lstm', size: 256 }] })
 * const logits = model.forward([4, 17, 2], PackedLayout.of([3])) // [3, 66]
 * const [{ tokens }] = sample(model.stepper(), { start: 1, random })
 * ```
 */
export class LanguageModel implements Model {
  readonly engine: Engine
  readonly tokens: number
  readonly tied: boolean
  readonly embedding: Embedding
  readonly rnn: Stack
  readonly head: Linear
  readonly #inputDropout: Dropout
  readonly #headDropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` refuses, and for tied weights of different widths. */
  constructor(options: LanguageModelOptions) {
    const { engine, random, tokens, embeddingSize, tied = false, dropout = 0, ...rest } = options
    const { embeddingDeviation: deviation = tied ? 1 / Math.sqrt(embeddingSize) : 1, ...stack } = rest
    const rates = typeof dropout === 'number' ? { input: dropout, layers: dropout, head: dropout } : dropout
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.tokens = tokens
    this.tied = tied
    this.embedding = new Embedding(tokens, embeddingSize, { ...part('embedding'), deviation })
    this.rnn = new Stack({ ...stack, ...part('rnn'), inputSize: embeddingSize, dropout: rates.layers ?? 0 })
    const { outputSize } = this.rnn
    if (tied && outputSize !== embeddingSize)
      throw new UsageError(
        `LanguageModel: tied weights need an embedding as wide as the top layer; got embeddingSize ${embeddingSize} and ${outputSize} units`,
      )
    this.head = new Linear(outputSize, tokens, part('head'))
    if (tied) this.head.weight.dispose() // the embedding's stands in for it
    this.#inputDropout = new Dropout(rates.input ?? 0)
    this.#headDropout = new Dropout(rates.head ?? 0)
  }

  parameters(): Record<string, Tensor> {
    const { weight, ...rest } = this.head.parameters()
    return {
      ...prefixed('embedding', this.embedding.parameters()),
      ...prefixed('rnn', this.rnn.parameters()),
      ...prefixed('head', this.tied ? rest : { weight, ...rest }),
    }
  }

  /** Logits [rows, tokens] for tokens in the rows of a packed layout. Throws a `UsageError` for an impossible token. */
  forward(tokens: ArrayLike<number>, layout: PackedLayout, call: StackCall = {}): Tensor {
    return this.logits(this.read(tokens, layout, call).output.data, call.training)
  }

  /** The first part of `forward`: what the top layer says at each step, and the last states. */
  read(tokens: ArrayLike<number>, layout: PackedLayout, call: StackCall = {}) {
    const data = this.#inputDropout.forward(this.embedding.forward(tokens), named(call.training, 'input'))
    const x: Packed = { data, layout }
    return this.rnn.forward(x, { ...call, training: named(call.training, 'rnn') })
  }

  /** The second part: logits [rows, tokens] for rows of the top layer's h. */
  logits(hidden: Tensor, training?: Training): Tensor {
    return linear(this.#headDropout.forward(hidden, named(training, 'head')), this.#output, this.#bias)
  }

  /** The mean loss of rows of the top layer's h in training, from a sample of the tokens: for very many of them, see `sampledSoftmax`. */
  sampledLoss(hidden: Tensor, targets: ArrayLike<number>, samples: number, training: Training): Tensor {
    return sampledSoftmax({
      hidden: this.#headDropout.forward(hidden, named(training, 'head')),
      weight: this.#output,
      bias: this.#bias,
      targets,
      samples,
      random: training.random.split('softmax'),
    })
  }

  /** The model as searches and sampling see it. */
  stepper(): Stepper<LanguageModelState> {
    const { engine } = this
    return {
      initial: (batch) => engine.scope(() => this.#zeroState(batch)),
      step: (state, tokens) => {
        const layout = PackedLayout.of(new Int32Array(tokens.length).fill(1))
        const { output, final } = this.read(tokens, layout, { initial: this.#statesOf(state) })
        return { logProbs: new LogProbabilities(this.logits(output.data)), state: this.#recordOf(final) }
      },
      reorder: reorderTensors,
      release: releaseTensors,
      scope: (run) => engine.withoutRecording(() => engine.scope(run)),
    }
  }

  /** A stream that takes one token at a time. */
  stream(): LanguageModelStream {
    return new LanguageModelStream(this)
  }

  get #output(): Tensor {
    return this.tied ? this.embedding.weight : this.head.weight
  }

  get #bias(): Tensor {
    return this.head.bias as Tensor
  }

  #zeroState(batch: number): LanguageModelState {
    const states = this.rnn.directions.map(({ cell, parameters }) => cell.zeroState(parameters, batch))
    const persistent = Object.entries(this.#recordOf(states)).map(([name, x]) => [name, x.persist()])
    return Object.fromEntries(persistent) as LanguageModelState
  }

  #recordOf(states: readonly State[]): LanguageModelState {
    return Object.fromEntries(
      states.flatMap((state, layer) =>
        Object.entries(state).map(([name, tensor]) => [`${name}_l${layer}`, tensor]),
      ),
    )
  }

  #statesOf(record: LanguageModelState): State[] {
    return this.rnn.directions.map(({ cell }, layer) => {
      const entries = cell.stateNames.map((name) => [name, record[`${name}_l${layer}`]])
      return Object.fromEntries(entries) as State
    })
  }
}
