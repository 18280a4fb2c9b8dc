import type { ViterbiMask } from '../decoding/viterbi.js'
import { viterbi } from '../decoding/viterbi.js'
import { UsageError } from '../errors.js'
import type { LayerOptions, TokenLayer, Training } from '../layers/index.js'
import { Crf, Dropout, Linear } from '../layers/index.js'
import { crossEntropy } from '../losses/index.js'
import type { Engine, Packed, Reals, Tensor } from '../tensor/index.js'
import { add, logSoftmax, scale } from '../tensor/index.js'
import type { ClassifierDropout } from './classifier.js'
import { embedSequences } from './embed-sequences.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import type { Pooling, PoolingName } from './pooling.js'
import { poolingNamed } from './pooling.js'
import type { StackOptions, StackOutput } from './stack.js'
import { Stack } from './stack.js'
import type { TaggerOutput } from './tagger-output.js'
import { TaggerStream } from './tagger-stream.js'

/** How a tagger is made; everything about the recurrent layers is as for a `Stack`. */
export interface TaggerOptions<T> extends Omit<StackOptions, 'inputSize' | 'dropout' | 'name'> {
  /** What turns tokens into vectors: a `WordEncoder`, `Embedding` … */
  embedding: TokenLayer<T>
  /** How many tags there are. */
  tags: number
  /** Whether tag sequences are scored as a whole by a `Crf`; otherwise each tag by itself by a softmax (default). */
  crf?: boolean
  /** How many labels the whole sequence may have; 0 (default): it has none. */
  labels?: number
  /** How the steps become one vector for the label; `'max'` by default. */
  pooling?: PoolingName
  /** One rate for all places, or a rate for each; 0 by default. */
  dropout?: number | ClassifierDropout
}

/** What is right: a tag per step of each sequence, and for labels those of each sequence: none, one, or several that share it alike. */
export interface TaggerTargets {
  readonly tags: readonly ArrayLike<number>[]
  readonly labels?: readonly (readonly number[])[]
}

/** How the parts of the loss count. */
export interface TaggerLossOptions {
  /** The weight of the label's loss; 1 by default. */
  readonly labelWeight?: number
  /** Share of each target spread over all classes, for softmaxes. */
  readonly smoothing?: number
}

/** The best tags of a sequence, and the probability of each by itself. */
export interface DecodedTags {
  readonly tags: Int32Array
  readonly confidences: Float64Array
}

/**
 * Many-to-many: tokens → embedding → recurrent stack → one score per step and tag → softmax or CRF. With `labels` a second head reads
 * the same states, pooled, and labels the whole sequence: slots and intent from one network.
 *
 * Parameters carry the names of a PyTorch module with the parts `embedding`, `rnn`, `tags`, `crf`, `attention` and `label`.
 * Source: Huang, Xu and Yu (2015), "Bidirectional LSTM-CRF models for sequence tagging"; Liu and Lane (2016) for the joint model.
 *
 * ```ts
 * const tagger = new SequenceTagger({ engine, random, embedding, layers: [{ cell: 'lstm', size: 100 }], bidirectional: true, tags: 9, crf: true })
 * const [best] = tagger.decode(tagger.forward([words]), tagMask(names))
 * ```
 */
export class SequenceTagger<T> implements Model {
  readonly engine: Engine
  readonly embedding: TokenLayer<T>
  readonly rnn: Stack
  readonly tags: Linear
  readonly crf: Crf | undefined
  /** The head for whole sequences. */
  readonly label: { readonly pooling: Pooling; readonly head: Linear } | undefined
  readonly #inputDropout: Dropout
  readonly #headDropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` or a `Crf` refuses and for an unknown pooling. */
  constructor(options: TaggerOptions<T>) {
    const { engine, random, embedding, tags, crf = false, labels = 0, pooling = 'max', dropout = 0 } = options
    const rates = typeof dropout === 'number' ? { input: dropout, layers: dropout, head: dropout } : dropout
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.embedding = embedding
    this.rnn = new Stack({
      ...options,
      ...part('rnn'),
      inputSize: embedding.size,
      dropout: rates.layers ?? 0,
    })
    const { outputSize } = this.rnn
    this.tags = new Linear(outputSize, tags, part('tags'))
    this.crf = crf ? new Crf(tags, part('crf')) : undefined
    this.label =
      labels > 0
        ? {
            pooling: poolingNamed(pooling, outputSize, part('attention')),
            head: new Linear(outputSize, labels, part('label')),
          }
        : undefined
    this.#inputDropout = new Dropout(rates.input ?? 0)
    this.#headDropout = new Dropout(rates.head ?? 0)
  }

  parameters(): Record<string, Tensor> {
    const { label, crf } = this
    return {
      ...prefixed('embedding', this.embedding.parameters()),
      ...prefixed('rnn', this.rnn.parameters()),
      ...prefixed('tags', this.tags.parameters()),
      ...(crf && prefixed('crf', crf.parameters())),
      ...(label && prefixed('attention', label.pooling.parameters())),
      ...(label && prefixed('label', label.head.parameters())),
    }
  }

  /** Throws a `ShapeError` that names a sequence without tokens, a `UsageError` for a token that the embedding does not have. */
  forward(sequences: readonly ArrayLike<T>[], training?: Training): TaggerOutput {
    return this.judge(this.run(this.embed(sequences, training), training), training)
  }

  /** The first part of `forward`: the embedded tokens, packed. */
  embed(sequences: readonly ArrayLike<T>[], training?: Training): Packed {
    const { data, layout } = embedSequences(this.embedding, sequences)
    return { data: this.#inputDropout.forward(data, named(training, 'input')), layout }
  }

  /** The second part of `forward`: what the stack says about each step. */
  run(embedded: Packed, training?: Training): StackOutput {
    return this.rnn.forward(embedded, { training: named(training, 'rnn') })
  }

  /** The third part of `forward`: the two heads. */
  judge(states: StackOutput, training?: Training): TaggerOutput {
    const { label, rnn } = this
    const { output } = states
    const seen = this.#headDropout.forward(output.data, named(training, 'tags'))
    const pooled = label?.pooling.forward({ output, last: () => rnn.lastOutput(states) })
    return {
      emissions: { data: this.tags.forward(seen), layout: output.layout },
      logits: pooled && label?.head.forward(this.#headDropout.forward(pooled, named(training, 'label'))),
    }
  }

  /**
   * -log P(tags, label) per sequence, a scalar: Σ_t of the tags' loss plus `labelWeight` times the label's, the mean of the sequences.
   * Sequences without a label have none to lose. Throws a `UsageError` for a tag or a label that is not there.
   */
  loss(output: TaggerOutput, targets: TaggerTargets, options: TaggerLossOptions = {}): Tensor {
    const { labelWeight = 1, smoothing = 0 } = options
    const tagLoss = this.#tagLoss(output.emissions, targets.tags, smoothing)
    if (output.logits === undefined || targets.labels === undefined) return tagLoss
    const shares = labelShares(this.engine, targets.labels, output.logits.shape[1])
    const rowWeights = targets.labels.map(({ length }) => Math.min(1, length))
    const labelLoss = crossEntropy(output.logits, shares, { smoothing, rowWeights })
    return add(tagLoss, scale(labelLoss, labelWeight))
  }

  #tagLoss({ data, layout }: Packed, tags: TaggerTargets['tags'], smoothing: number): Tensor {
    const rows = data.engine.indices(layout.arrange(tags))
    if (this.crf) return this.crf.loss({ data, layout }, rows, 'sequence')
    return scale(crossEntropy(data, rows, { reduction: 'sum', smoothing }), 1 / layout.batch)
  }

  /**
   * The best tags that the mask allows for each sequence, in the caller's order, with the probability of each tag: its marginal over
   * all sequences (CRF) or its softmax. Throws a `ShapeError` when the mask does not fit.
   */
  decode({ emissions }: TaggerOutput, mask: ViterbiMask): DecodedTags[] {
    return this.engine.withoutRecording(() => {
      if (this.crf) {
        const paths = viterbi(emissions, { scores: this.crf.scores(), mask })
        return withConfidence(paths, this.crf.marginals(emissions), (probability) => probability)
      }
      const logs = { data: logSoftmax(emissions.data), layout: emissions.layout }
      return withConfidence(viterbi(logs, { mask }), logs, Math.exp)
    })
  }

  /**
   * A stream that takes one token at a time. Throws a `UsageError` for a bidirectional model, whose reverse direction begins at a last
   * token that has not come yet.
   */
  stream(): TaggerStream<T> {
    return new TaggerStream(this)
  }
}

function withConfidence(
  paths: readonly { tags: Int32Array }[],
  { data, layout }: Packed,
  probabilityOf: (value: number) => number,
): DecodedTags[] {
  const values: Reals = data.data
  const tagCount = data.shape[1]
  const decoded = paths.map(({ tags }) => ({ tags, confidences: new Float64Array(tags.length) }))
  layout.forEachRow((row, position, step) => {
    const { tags, confidences } = decoded[layout.order[position]]
    confidences[step] = probabilityOf(values[row * tagCount + tags[step]])
  })
  return decoded
}

function named(training: Training | undefined, name: string): Training | undefined {
  return training && { random: training.random.split(name) }
}

// Probabilities [batch, labels] from the labels of each sequence, which share it alike.
function labelShares(engine: Engine, sequences: readonly (readonly number[])[], labels: number): Tensor {
  const shares = engine.zeros([sequences.length, labels])
  const values = shares.data
  for (const [row, targets] of sequences.entries())
    for (const target of targets) {
      if (!(Number.isInteger(target) && target >= 0 && target < labels))
        throw new UsageError(
          `labels: got ${target} in row ${row}; expected a whole number from 0 to ${labels - 1}`,
        )
      values[row * labels + target] = 1 / targets.length
    }
  return shares
}
