import type { ViterbiMask } from '../decoding/viterbi.js'
import { viterbi } from '../decoding/viterbi.js'
import { UsageError } from '../errors.js'
import { Crf } from '../layers/crf.js'
import { Dropout } from '../layers/dropout.js'
import type { LayerOptions, TokenLayer, Training } from '../layers/index.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { Engine, Packed, Reals, Tensor } from '../tensor/index.js'
import { add, logSoftmax, PackedLayout, scale } from '../tensor/index.js'
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

/** Tags that stand at neighbouring steps of a sequence. */
export interface TagRun {
  /** The sequence, in the caller's order. */
  readonly sequence: number
  readonly start: number
  /** One or more. */
  readonly tags: ArrayLike<number>
  /** Tags that must not follow: those with which the run would go on. */
  readonly closedTo?: readonly number[]
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
 * const [tags] = tagger.decode(tagger.forward([words]), tagMask(names))
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

  /** The best tags that the mask allows for each sequence, in the caller's order. Throws a `ShapeError` when the mask does not fit. */
  decode({ emissions }: TaggerOutput, mask: ViterbiMask): Int32Array[] {
    const scores = this.crf?.scores()
    const { data, layout } = emissions
    return this.engine.withoutRecording(() => {
      const values = scores ? emissions : { data: logSoftmax(data), layout }
      return viterbi(values, { mask, ...(scores && { scores }) }).map(({ tags }) => tags)
    })
  }

  /**
   * The probability of each run of tags, over all that may stand before and behind it: exact, Z with the run held fast over Z.
   * Throws a `UsageError` for a run that goes beyond its sequence.
   */
  probabilities({ emissions }: TaggerOutput, runs: readonly TagRun[]): Float64Array {
    if (runs.length === 0) return new Float64Array(0)
    return this.engine.withoutRecording(() => {
      const free = this.#logPartitions(emissions)
      const held = this.#logPartitions(heldFast(emissions, runs))
      return Float64Array.from(runs, ({ sequence }, i) => Math.min(1, Math.exp(held[i] - free[sequence])))
    })
  }

  // log Z of each sequence in the caller's order; that of a softmax is the sum of its steps'.
  #logPartitions({ data, layout }: Packed): Float64Array {
    const sums = new Float64Array(layout.batch)
    if (this.crf) {
      for (const [position, value] of this.crf.logPartition({ data, layout }).data.entries())
        sums[layout.order[position]] = value
      return sums
    }
    const { data: values } = data
    const tags = data.shape[1]
    layout.forEachRow((row, position) => {
      sums[layout.order[position]] += logOfSum(values.subarray(row * tags, (row + 1) * tags))
    })
    return sums
  }

  /**
   * A stream that takes one token at a time. Throws a `UsageError` for a bidirectional model, whose reverse direction begins at a last
   * token that has not come yet.
   */
  stream(): TaggerStream<T> {
    return new TaggerStream(this)
  }
}

/** Low enough for a probability of zero, and small enough for sums in single precision. */
const never = -1e5

// A copy of its sequence for each run, in which only the run's tags are possible at its steps.
function heldFast({ data, layout }: Packed, runs: readonly TagRun[]): Packed {
  const [, tags] = data.shape
  const positions = layout.inverseOrder()
  const lengths = runs.map(({ sequence }) => layout.lengths[positions[sequence]])
  for (const [i, { start, tags: held }] of runs.entries())
    if (!(start >= 0 && held.length > 0 && start + held.length <= lengths[i]))
      throw new UsageError(
        `probabilities: run ${i} has ${held.length} tags from step ${start}; expected some within ${lengths[i]} steps`,
      )
  const copies = PackedLayout.of(lengths)
  const target = data.engine.empty([copies.rows, tags])
  const [from, to] = [data.data, target.data]
  copies.forEachRow((row, position, step) => {
    const { sequence, start, tags: held, closedTo = [] } = runs[copies.order[position]]
    const source = layout.rowOf(positions[sequence], step) * tags
    const scores = to.subarray(row * tags, (row + 1) * tags)
    scores.set(from.subarray(source, source + tags))
    const place = step - start
    if (place >= 0 && place < held.length)
      for (let tag = 0; tag < tags; tag++) if (tag !== held[place]) scores[tag] = never
    if (place === held.length) for (const tag of closedTo) scores[tag] = never
  })
  return { data: target, layout: copies }
}

function logOfSum(values: Reals): number {
  const top = Math.max(...values)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i] - top)
  return top + Math.log(sum)
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
