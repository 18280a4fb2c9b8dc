import type { Stepper } from '../decoding/stepper.js'
import type { LayerOptions } from '../layers/layer.js'
import type { Engine, Reals, Tensor } from '../tensor/index.js'
import { concat, PackedLayout } from '../tensor/index.js'
import type { DecoderOptions, Encoded, Teacher, TeachOptions } from './decoder.js'
import { Decoder } from './decoder.js'
import { type DecoderState, decoderStepper } from './decoder-stepper.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import type { RegionEncoder } from './region-encoder.js'

/** How a caption network is made. */
export interface CaptionNetworkOptions
  extends LayerOptions,
    Pick<DecoderOptions, 'embeddingSize' | 'layers' | 'attention' | 'inputFeeding' | 'dropout'> {
  /** What sees. */
  readonly encoder: RegionEncoder
  /** Tokens of the vocabulary. */
  readonly tokens: number
}

/**
 * Picture to words: an encoder turns the picture into regions, and a decoder writes word by word, looking at the regions by attention.
 *
 * P(y | picture) = Π_t P(y_t | y_1 … y_{t-1}, picture)
 *
 * The decoder begins from zeros: all that it knows of the picture is what it has looked at, so that its attention tells what a word was
 * read from. Parameters are named `encoder.convolution0.weight` …, `decoder.embedding.weight`, `decoder.rnn.weight_ih_l0` …,
 * `attention.source.weight`, `combine.weight`, `head.weight`.
 *
 * Sources: Xu et al. (2015), "Show, Attend and Tell"; Luong, Pham and Manning (2015) for where the decoder looks.
 *
 * ```ts
 * const network = new CaptionNetwork({ engine, random, encoder, tokens: 20, embeddingSize: 32, layers: [{ cell: 'lstm', size: 64 }] })
 * const { logits, layout } = network.forward(pictures, inputs) // teacher forcing
 * const found = network.decode(pictures, (stepper) => beamSearch(stepper, { batch: pictures.length, start: 1, end: 2 }))
 * ```
 */
export class CaptionNetwork implements Model {
  readonly engine: Engine
  readonly encoder: RegionEncoder
  readonly decoder: Decoder

  /** Throws a `UsageError` for whatever a `Decoder` refuses. */
  constructor({ encoder, ...options }: CaptionNetworkOptions) {
    this.engine = options.engine
    this.encoder = encoder
    this.decoder = new Decoder({
      ...options,
      ...{ random: options.random.split('decoder'), sourceSize: encoder.size },
    })
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('encoder', this.encoder.parameters()),
      ...this.decoder.parameters({ ownEmbedding: true }),
    }
  }

  /** Sees the pictures. Throws a `ShapeError` for one that does not fit. */
  encode(pictures: readonly Float32Array[]): Encoded {
    const { data, layout } = this.encoder.encode(pictures)
    const states = this.decoder.rnn.directions.map(({ cell, parameters }) =>
      cell.zeroState(parameters, layout.batch),
    )
    return { states, layout, memory: this.decoder.attention?.remember({ data, layout }) }
  }

  /**
   * Logits [rows, tokens] for what follows each of the inputs, packed as the layout of the inputs says. `inputs` are what the decoder
   * reads: the start token and the caption but for its end. Throws as `encode` does, and a `ShapeError` for other numbers of inputs than
   * pictures.
   */
  forward(
    pictures: readonly Float32Array[],
    inputs: readonly ArrayLike<number>[],
    options: TeachOptions = {},
  ): { logits: Tensor; layout: PackedLayout } {
    const layout = PackedLayout.of(inputs.map(({ length }) => length))
    const teacher: Teacher = { layout, tokens: layout.arrange(inputs) }
    const hidden = this.decoder.teach(teacher, this.encode(pictures), options)
    return { logits: this.decoder.head.forward(hidden), layout }
  }

  /** Runs a search over the pictures: `search` is given the model as a `Stepper` whose input i is picture i. */
  decode<T>(pictures: readonly Float32Array[], search: (stepper: Stepper<DecoderState>) => T): T {
    return this.engine.withoutRecording(() =>
      this.engine.scope(() => search(decoderStepper(this.decoder, this.encode(pictures)))),
    )
  }

  /**
   * What the recurrent layers read, step by step, while the decoder is given tokens about a picture: a flat list of `decoder.rnn.inputSize`
   * numbers for each token. With input feeding a step also reads what the step before it has looked at.
   */
  readWhile(picture: Float32Array, tokens: readonly number[]): Reals {
    const { decoder, engine } = this
    return engine.withoutRecording(() =>
      engine.scope(() => {
        const encoded = this.encode([picture])
        const layout = PackedLayout.of([1])
        let states = encoded.states
        let fed = engine.zeros([1, decoder.hiddenSize])
        const read = tokens.map((token) => {
          const embedded = decoder.embed([token])
          const data = decoder.inputFeeding ? concat([embedded, fed], 1) : embedded
          const { output, final } = decoder.rnn.forward({ data, layout }, { initial: states })
          states = final
          fed = decoder.attend(output.data, encoded.memory, [0]).hidden
          return data
        })
        return concat(read, 0).data.slice()
      }),
    )
  }
}
