import type { State } from '../cells/index.js'
import { UsageError } from '../errors.js'
import type { AttentionMemory, AttentionWeights } from '../layers/attend.js'
import { sourcesOf } from '../layers/attend.js'
import type { Attention } from '../layers/attention.js'
import { attentions } from '../layers/attention.js'
import { Dropout } from '../layers/dropout.js'
import { Embedding } from '../layers/embedding.js'
import type { LayerOptions, Training } from '../layers/layer.js'
import { named } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Random } from '../random/index.js'
import type { Engine, Packed, PackedLayout, Tensor } from '../tensor/index.js'
import { concat, slice, tanh } from '../tensor/index.js'
import type { StackLayer } from './direction.js'
import { prefixed } from './model.js'
import { checkSamplingRate, likeliest, sampledForward } from './scheduled-sampling.js'
import { reorder, Stack } from './stack.js'
import { continuing, segmentOf, timeSegments } from './time-segments.js'

/** The name of a kind of attention, or `'none'`. */
export type AttentionName = keyof typeof attentions | 'none'

/** How a decoder is made. */
export interface DecoderOptions extends LayerOptions {
  /** Tokens of the target vocabulary. */
  tokens: number
  /** The table of its inputs; one of its own by default. */
  embedding?: Embedding
  embeddingSize: number
  layers: readonly StackLayer[]
  /** Features of a step of the source. */
  sourceSize: number
  /** `'general'` by default. */
  attention?: AttentionName
  /** Whether each step also reads the attentional state of the step before (Luong et al. 2015); false by default. */
  inputFeeding?: boolean
  /** Whether additive attention sees how much each step of the source was looked at before (Tu et al. 2016); false by default. */
  coverage?: boolean
  /** The rate of dropout on what is read, between layers and before the head; 0 by default. */
  dropout?: number
}

/** What an encoder leaves to the decoder. */
export interface Encoded {
  /** The decoder's initial states, in the caller's order of sources. */
  readonly states: readonly State[]
  /** The layout of the sources. */
  readonly layout: PackedLayout
  /** What attention looks at. */
  readonly memory?: AttentionMemory | undefined
}

/** What a decoder reads in training: a token for each row of the layout. */
export interface Teacher {
  readonly layout: PackedLayout
  readonly tokens: ArrayLike<number>
}

/** How a decoder is taught. */
export interface TeachOptions {
  /** Present in training: dropout is on. */
  readonly training?: Training | undefined
  /** Scheduled sampling: the probability of reading its own choice instead of the teacher's token; 0 by default. */
  readonly sampling?: { readonly rate: number; readonly random: Random } | undefined
}

/**
 * The writing half of an encoder-decoder: tokens → embedding → recurrent stack → attention → head.
 *
 * With attention the state h_t looks at the source after the recurrent layers, and h̃_t = tanh(W_c [context_t; h_t]) goes into the head
 * (Luong, Pham and Manning 2015). Without input feeding no step waits for that, so a whole batch of sequences runs by the fused kernels;
 * with coverage the recurrent layers still do, and the looks at the source follow one another.
 */
export class Decoder {
  readonly engine: Engine
  readonly embedding: Embedding
  readonly rnn: Stack
  readonly attention: Attention | undefined
  /** W_c, with attention only. */
  readonly combine: Linear | undefined
  readonly head: Linear
  readonly inputFeeding: boolean
  readonly coverage: boolean
  readonly #dropout: Dropout

  /** Throws a `UsageError` for whatever a `Stack` refuses, for dot attention between different sizes, for input feeding without attention, and for coverage without additive attention. */
  constructor(options: DecoderOptions) {
    const { engine, random, tokens, embeddingSize, layers, sourceSize, dropout = 0 } = options
    const { attention = 'general', inputFeeding = false, coverage = false } = options
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    if (inputFeeding && attention === 'none')
      throw new UsageError(
        'Decoder: got inputFeeding without attention; expected a kind of attention to feed from',
      )
    if (coverage && attention !== 'additive')
      throw new UsageError(
        `Decoder: got coverage with attention ${attention}; expected additive, which has a place for it`,
      )
    this.engine = engine
    this.inputFeeding = inputFeeding
    this.coverage = coverage
    this.#dropout = new Dropout(dropout)
    this.embedding = options.embedding ?? new Embedding(tokens, embeddingSize, part('embedding'))
    const width = layers[layers.length - 1]?.size ?? 0
    this.rnn = new Stack({
      ...part('rnn'),
      ...{ name: 'decoder', layers, dropout, inputSize: embeddingSize + (inputFeeding ? width : 0) },
    })
    const size = this.rnn.outputSize
    if (attention !== 'none') {
      this.attention = attentions[attention]({ ...part('attention'), querySize: size, sourceSize, coverage })
      this.combine = new Linear(sourceSize + size, width, { ...part('combine'), bias: false })
    }
    this.head = new Linear(this.combine ? width : size, tokens, part('head'))
  }

  /** Its parameters by name; a table that it was given is not among them. */
  parameters({ ownEmbedding }: { readonly ownEmbedding: boolean }): Record<string, Tensor> {
    return {
      ...(ownEmbedding && prefixed('decoder.embedding', this.embedding.parameters())),
      ...prefixed('decoder.rnn', this.rnn.parameters()),
      ...prefixed('attention', this.attention?.parameters() ?? {}),
      ...prefixed('combine', this.combine?.parameters() ?? {}),
      ...prefixed('head', this.head.parameters()),
    }
  }

  /** Features of what the head reads. */
  get hiddenSize(): number {
    return this.head.weight.shape[1]
  }

  /** Teacher forcing: what the head is to read at each row of the teacher's layout [rows, hiddenSize]. */
  teach(teacher: Teacher, encoded: Encoded, { training, sampling }: TeachOptions = {}): Tensor {
    if (sampling) checkSamplingRate(sampling.rate)
    if (this.inputFeeding || (this.coverage && sampling))
      return this.#stepByStep(teacher, encoded, { training, sampling })
    const { layout, tokens } = teacher
    const { memory } = encoded
    const sources = sourcesOf(layout, encoded.layout)
    const noise = named(training, 'rnn')
    if (!sampling || sampling.rate === 0) {
      const data = this.embed(tokens, named(training, 'input'))
      const { output } = this.rnn.forward({ data, layout }, { initial: encoded.states, training: noise })
      return this.#dropped(this.#attendAll({ data: output.data, layout }, memory, sources), training)
    }
    const { output } = sampledForward<number>({
      ...{ stack: this.rnn, layout, inputs: tokens, initial: encoded.states, training: noise },
      ...sampling,
      embed: (read, firstStep) => this.embed(read, inputNoise(training, firstStep)),
      next: (states) =>
        this.#choices(this.attend(states, memory, sources.subarray(0, states.shape[0])).hidden),
    })
    return this.#dropped(this.attend(output.data, memory, sources).hidden, training)
  }

  /** Tokens to vectors. */
  embed(tokens: ArrayLike<number>, training?: Training): Tensor {
    return this.#dropout.forward(this.embedding.forward(tokens), training)
  }

  /**
   * The attentional states of some states of the top layer; without attention the states themselves. `sources` and `before` as for
   * `Attention.forward`.
   */
  attend(
    states: Tensor,
    memory: AttentionMemory | undefined,
    sources: ArrayLike<number>,
    before?: Tensor,
  ): { hidden: Tensor; weights?: AttentionWeights; covered?: Tensor } {
    if (!this.attention || !this.combine || !memory) return { hidden: states }
    const { context, ...looked } = this.attention.forward(states, memory, sources, before)
    return { hidden: tanh(this.combine.forward(concat([context, states], 1))), ...looked }
  }

  // With coverage a step can look at the source only when the one before it has; otherwise all look at once.
  #attendAll({ data, layout }: Packed, memory: AttentionMemory | undefined, sources: Int32Array): Tensor {
    if (!this.coverage) return this.attend(data, memory, sources).hidden
    let covered: Tensor | undefined
    const outputs = timeSegments(layout, 1).map((segment) => {
      const { firstRow, endRow, layout: step } = segment
      const states = segmentOf({ data, layout }, segment).data
      const before = covered && firstRows(covered, step.batch)
      const looked = this.attend(states, memory, sources.subarray(firstRow, endRow), before)
      covered = looked.covered
      return looked.hidden
    })
    return outputs.length > 1 ? concat(outputs, 0) : outputs[0]
  }

  // A step can begin only when the one before it has looked at the source (input feeding), or has chosen (scheduled sampling).
  #stepByStep({ layout, tokens }: Teacher, encoded: Encoded, { training, sampling }: TeachOptions): Tensor {
    const sources = sourcesOf(layout, encoded.layout)
    const coins = sampling?.random.split('tosses')
    let states = encoded.states.map((state) => reorder(state, layout.order))
    let fed = this.engine.zeros([layout.batch, this.hiddenSize])
    let covered: Tensor | undefined
    const outputs = timeSegments(layout, 1).map(({ begin, firstRow, endRow, layout: step }) => {
      const { batch } = step
      const going = firstRows(fed, batch)
      const own = sampling && sampling.rate > 0 && begin > 0 ? this.#choices(going) : undefined
      const read = Int32Array.from({ length: batch }, (_, row) =>
        own && coins && sampling && coins.uniform() < sampling.rate ? own[row] : tokens[firstRow + row],
      )
      const embedded = this.embed(read, inputNoise(training, begin))
      const { output, final } = this.rnn.forward(
        { data: this.inputFeeding ? concat([embedded, going], 1) : embedded, layout: step },
        { initial: continuing(states, batch), training: named(training, 'rnn'), firstStep: begin },
      )
      states = [...final]
      const before = covered && firstRows(covered, batch)
      const looked = this.attend(output.data, encoded.memory, sources.subarray(firstRow, endRow), before)
      covered = looked.covered
      fed = looked.hidden
      return fed
    })
    return this.#dropped(outputs.length > 1 ? concat(outputs, 0) : outputs[0], training)
  }

  #choices(hidden: Tensor): Int32Array {
    return this.engine.withoutRecording(() => likeliest(this.head.forward(hidden)))
  }

  #dropped(hidden: Tensor, training: Training | undefined): Tensor {
    return this.#dropout.forward(hidden, named(training, 'head'))
  }
}

// What belongs to the sequences that go on: the shorter ones stand last.
function firstRows(tensor: Tensor, rows: number): Tensor {
  return tensor.shape[0] === rows ? tensor : slice(tensor, 0, 0, rows)
}

// What a segment of time drops of its inputs: other elements than the segments before it.
function inputNoise(training: Training | undefined, firstStep: number): Training | undefined {
  const noise = named(training, 'input')
  return noise && firstStep > 0 ? { random: noise.random.split(firstStep) } : noise
}
