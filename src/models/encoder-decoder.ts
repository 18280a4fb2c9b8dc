import type { Stepper } from '../decoding/stepper.js'
import { UsageError } from '../errors.js'
import { Dropout } from '../layers/dropout.js'
import { Embedding } from '../layers/embedding.js'
import type { LayerOptions, Training } from '../layers/layer.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { PackedLayout } from '../tensor/index.js'
import { Bridge } from './bridge.js'
import type { DecoderOptions, Encoded, Teacher, TeachOptions } from './decoder.js'
import { Decoder } from './decoder.js'
import type { DecoderState } from './decoder-stepper.js'
import { decoderStepper } from './decoder-stepper.js'
import type { StackLayer } from './direction.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import { Stack } from './stack.js'

/** How an encoder-decoder is made. */
export interface EncoderDecoderOptions
  extends LayerOptions,
    Pick<DecoderOptions, 'embeddingSize' | 'layers' | 'attention' | 'inputFeeding' | 'coverage' | 'dropout'> {
  /** Tokens of the source vocabulary. */
  sourceTokens: number
  /** Tokens of the target vocabulary. */
  targetTokens: number
  /** Whether source and target are looked up in one table, which needs vocabularies of one size; false by default. */
  sharedEmbedding?: boolean
  /** The encoder's layers where they are not those of the decoder. */
  encoderLayers?: readonly StackLayer[]
  /** Whether the encoder also reads the sources from their ends; false by default. */
  bidirectional?: boolean
}

/**
 * Sequence to sequence: an encoder reads the source, a bridge turns its last states into the decoder's first ones, and the decoder
 * writes the target token by token, looking back at the source by attention.
 *
 * P(y | x) = Π_t P(y_t | y_1 … y_{t-1}, x)
 *
 * Parameters are named `encoder.embedding.weight`, `encoder.rnn.weight_ih_l0` …, `bridge.h_l0.weight`, `decoder.rnn.weight_ih_l0` …,
 * `attention.source.weight`, `combine.weight`, `head.weight`; a shared table is `encoder.embedding.weight`.
 *
 * Sources: Sutskever, Vinyals and Le (2014); Bahdanau, Cho and Bengio (2014); Luong, Pham and Manning (2015).
 *
 * ```ts
 * const model = new EncoderDecoder({
 *   engine, random, sourceTokens: 40, targetTokens: 14, embeddingSize: 32, layers: [{ cell: 'gru', size: 64 }], bidirectional: true,
 * })
 * const { logits, layout } = model.forward(sources, inputs) // teacher forcing
 * const outputs = model.decode(sources, (stepper) => beamSearch(stepper, { batch: sources.length, start: 1, end: 2 }))
 * ```
 */
export class EncoderDecoder implements Model {
  readonly engine: Engine
  readonly embedding: Embedding
  readonly encoder: Stack
  readonly bridge: Bridge
  readonly decoder: Decoder
  readonly #dropout: Dropout

  /**
   * Throws a `UsageError` for whatever a `Stack` or an attention refuses, and for a shared table between vocabularies of different sizes.
   */
  constructor(options: EncoderDecoderOptions) {
    const {
      engine,
      random,
      sourceTokens,
      targetTokens,
      sharedEmbedding = false,
      embeddingSize,
      dropout = 0,
    } = options
    const {
      layers,
      encoderLayers = layers,
      bidirectional = false,
      attention,
      inputFeeding,
      coverage,
    } = options
    if (sharedEmbedding && sourceTokens !== targetTokens)
      throw new UsageError(
        `EncoderDecoder: got ${sourceTokens} source tokens and ${targetTokens} target tokens; expected as many for a shared embedding`,
      )
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.#dropout = new Dropout(dropout)
    this.embedding = new Embedding(sourceTokens, embeddingSize, part('embedding'))
    this.encoder = new Stack({
      ...part('encoder'),
      ...{ name: 'encoder', inputSize: embeddingSize, layers: encoderLayers, bidirectional, dropout },
    })
    this.decoder = new Decoder({
      ...part('decoder'),
      ...{ tokens: targetTokens, embeddingSize, layers, dropout, sourceSize: this.encoder.outputSize },
      ...(sharedEmbedding && { embedding: this.embedding }),
      ...(attention !== undefined && { attention }),
      ...(inputFeeding !== undefined && { inputFeeding }),
      ...(coverage !== undefined && { coverage }),
    })
    this.bridge = new Bridge(this.encoder, this.decoder.rnn, part('bridge'))
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('encoder.embedding', this.embedding.parameters()),
      ...prefixed('encoder.rnn', this.encoder.parameters()),
      ...prefixed('bridge', this.bridge.parameters()),
      ...this.decoder.parameters({ ownEmbedding: this.decoder.embedding !== this.embedding }),
    }
  }

  /** Reads the sources. Throws a `ShapeError` that names a source without tokens, a `UsageError` for a token that there is not. */
  encode(sources: readonly ArrayLike<number>[], training?: Training): Encoded {
    const layout = PackedLayout.of(sources.map(({ length }) => length))
    const noise = (name: string) => training && { random: training.random.split('encoder').split(name) }
    const data = this.#dropout.forward(this.embedding.forward(layout.arrange(sources)), noise('input'))
    const { output, final } = this.encoder.forward({ data, layout }, { training: noise('rnn') })
    return { states: this.bridge.forward(final), layout, memory: this.decoder.attention?.remember(output) }
  }

  /**
   * Logits [rows, targetTokens] for what follows each of the inputs, packed as the layout of the inputs says. `inputs` are what the
   * decoder reads: the start token and the target but for its end. Throws as `encode` does, and a `ShapeError` for other numbers of
   * inputs than sources.
   */
  forward(
    sources: readonly ArrayLike<number>[],
    inputs: readonly ArrayLike<number>[],
    options: TeachOptions = {},
  ): { logits: Tensor; layout: PackedLayout } {
    const layout = PackedLayout.of(inputs.map(({ length }) => length))
    const teacher: Teacher = { layout, tokens: layout.arrange(inputs) }
    const hidden = this.decoder.teach(teacher, this.encode(sources, options.training), options)
    return { logits: this.decoder.head.forward(hidden), layout }
  }

  /** Runs a search over the sources: `search` is given the model as a `Stepper` whose input i is source i. */
  decode<T>(sources: readonly ArrayLike<number>[], search: (stepper: Stepper<DecoderState>) => T): T {
    return this.engine.withoutRecording(() =>
      this.engine.scope(() => search(decoderStepper(this.decoder, this.encode(sources)))),
    )
  }
}
