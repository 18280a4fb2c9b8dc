import type { Stepper } from '../decoding/stepper.js'
import { Convolution1d } from '../layers/convolution-1d.js'
import type { LayerOptions, Training } from '../layers/layer.js'
import { named } from '../layers/layer.js'
import type { Engine, Packed, Tensor } from '../tensor/index.js'
import { PackedLayout, relu } from '../tensor/index.js'
import { Bridge } from './bridge.js'
import type { DecoderOptions, Encoded } from './decoder.js'
import { Decoder } from './decoder.js'
import type { DecoderState } from './decoder-stepper.js'
import { decoderStepper } from './decoder-stepper.js'
import type { StackLayer } from './direction.js'
import type { FrontOptions } from './frame-network.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'
import { Stack } from './stack.js'

/** How a recogniser with attention is made. */
export interface AttentionRecognizerOptions
  extends LayerOptions,
    Pick<DecoderOptions, 'tokens' | 'embeddingSize' | 'attention' | 'dropout'> {
  /** Numbers of a frame. */
  inputSize: number
  /** None by default: the recurrent layers read the frames themselves. */
  front?: FrontOptions
  /** The encoder's layers from the bottom upwards. */
  layers: readonly StackLayer[]
  /** The decoder's layers where they are not those of the encoder. */
  decoderLayers?: readonly StackLayer[]
  /** Whether the encoder also reads the frames from their end; false by default. */
  bidirectional?: boolean
}

/**
 * Frames → convolution and ReLU → recurrent encoder; then a decoder that writes token by token and looks back at the frames by attention:
 * "listen, attend and spell" (Chan et al. 2016). Unlike a `Recognizer` it knows what it has written so far, needs the whole input first, and
 * may skip or repeat parts of it.
 *
 * Parameters carry the names of PyTorch modules: `front`, `encoder.rnn`, `bridge`, `decoder.rnn`, `attention`, `combine`, `head`.
 *
 * ```ts
 * const model = new AttentionRecognizer({
 *   engine, random, inputSize: 40, front: { size: 64, width: 5, stride: 2 }, layers: [{ cell: 'gru', size: 128 }], bidirectional: true,
 *   tokens: 30, embeddingSize: 32,
 * })
 * const { logits, layout } = model.forward(frames, inputs)                       // teacher forcing
 * model.decode(frames, (stepper) => beamSearch(stepper, { batch: 1, start: 1, end: 2 }))
 * ```
 */
export class AttentionRecognizer implements Model {
  readonly engine: Engine
  readonly front: Convolution1d | undefined
  readonly encoder: Stack
  readonly bridge: Bridge
  readonly decoder: Decoder

  /** Throws a `UsageError` for whatever a `Stack`, a `Convolution1d` or an attention refuses. */
  constructor(options: AttentionRecognizerOptions) {
    const { engine, random, inputSize, front, layers, decoderLayers = layers, dropout = 0 } = options
    const { bidirectional = false, tokens, embeddingSize, attention = 'additive' } = options
    const part = (name: string): LayerOptions => ({ engine, random: random.split(name) })
    this.engine = engine
    this.front =
      front &&
      new Convolution1d(inputSize, front.size, front.width, { ...part('front'), stride: front.stride ?? 1 })
    this.encoder = new Stack({
      ...part('encoder'),
      ...{ name: 'encoder', inputSize: front?.size ?? inputSize, layers, bidirectional, dropout },
    })
    this.decoder = new Decoder({
      ...part('decoder'),
      ...{
        tokens,
        embeddingSize,
        layers: decoderLayers,
        sourceSize: this.encoder.outputSize,
        attention,
        dropout,
      },
    })
    this.bridge = new Bridge(this.encoder, this.decoder.rnn, part('bridge'))
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('front', this.front?.parameters() ?? {}),
      ...prefixed('encoder.rnn', this.encoder.parameters()),
      ...prefixed('bridge', this.bridge.parameters()),
      ...this.decoder.parameters({ ownEmbedding: true }),
    }
  }

  /** The steps that the decoder looks at, of so many frames. */
  steps(frames: number): number {
    return this.front ? this.front.steps(frames) : frames
  }

  /** Reads the frames. Throws a `ShapeError` for another number of features. */
  encode(frames: Packed, training?: Training): Encoded {
    const seen = this.front?.forward(frames)
    const x = seen ? { data: relu(seen.data), layout: seen.layout } : frames
    const { output, final } = this.encoder.forward(x, { training: named(training, 'encoder') })
    return {
      states: this.bridge.forward(final),
      layout: output.layout,
      memory: this.decoder.attention?.remember(output),
    }
  }

  /**
   * Logits [rows, tokens] for what follows each of the inputs, packed as the layout of the inputs says. `inputs` are what the decoder reads:
   * the start token and the target but for its end. Throws a `ShapeError` for other numbers of inputs than sequences of frames.
   */
  forward(
    frames: Packed,
    inputs: readonly ArrayLike<number>[],
    training?: Training,
  ): { logits: Tensor; layout: PackedLayout } {
    const layout = PackedLayout.of(inputs.map(({ length }) => length))
    const teacher = { layout, tokens: layout.arrange(inputs) }
    const hidden = this.decoder.teach(teacher, this.encode(frames, training), { training })
    return { logits: this.decoder.head.forward(hidden), layout }
  }

  /** Runs a search over sequences of frames: `search` is given the model as a `Stepper` whose input i is sequence i. */
  decode<T>(frames: Packed, search: (stepper: Stepper<DecoderState>) => T): T {
    return this.engine.withoutRecording(() =>
      this.engine.scope(() => search(decoderStepper(this.decoder, this.encode(frames)))),
    )
  }
}
