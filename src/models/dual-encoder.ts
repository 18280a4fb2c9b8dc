import type { Training } from '../layers/index.js'
import { named } from '../layers/layer.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { add, divide, linear, reshape, scale, sqrt, square, sum } from '../tensor/index.js'
import type { ClassifierOptions } from './classifier.js'
import { SequenceClassifier } from './classifier.js'
import type { Model } from './model.js'
import { prefixed } from './model.js'

/** How a dual encoder is made; all but `size` and `scale` is as for a `SequenceClassifier`, and holds for both encoders. */
export interface DualEncoderOptions<T> extends Omit<ClassifierOptions<T>, 'classes' | 'name'> {
  /** Numbers of a vector in the common space. */
  size: number
  /** What a cosine is multiplied by before the softmax; 8 by default. */
  scale?: number
}

/** Keeps the gradient of a vector of zeros finite. */
const SMALLEST_SQUARE = 1e-12

/**
 * Two recurrent encoders, one for messages and one for replies, that put both into one space; a reply fits a message as well as their
 * vectors point into one direction:
 *
 *     s(m, r) = scale · cos(f(m), g(r)),   f, g: tokens → embedding → recurrent stack → pooling → linear, each to a vector of length 1
 *
 * The embedding is shared. A reply's vector does not depend on the message, so those of a whole dictionary are computed once, and a
 * message costs one run of its encoder and a product. Henderson et al. (2017), "Efficient natural language response suggestion for smart
 * reply", take the plain product of the vectors; the cosine does not favour replies for the length of their vector, which nothing holds
 * down for a reply that no training row has (the scaled cosine: Henderson et al. 2019, "ConveRT").
 *
 * Parameters are `embedding.weight`, `message.rnn.weight_ih_l0` …, `message.head.weight`, `reply.rnn.weight_ih_l0` …, `reply.head.bias`.
 *
 * ```ts
 * const encoder = new DualEncoder({
 *   engine, random, embedding: new Embedding(500, 32, { engine, random: random.split('embedding') }),
 *   layers: [{ cell: 'gru', size: 64 }], pooling: 'max', size: 64,
 * })
 * const scores = encoder.scores(encoder.encodeMessages(messages), encoder.encodeReplies(replies)) // [messages, replies]
 * const loss = crossEntropy(scores, engine.indices(rightReplies)) // the other replies of the batch are the wrong ones
 * ```
 */
export class DualEncoder<T> implements Model {
  readonly engine: Engine
  /** Numbers of a vector. */
  readonly size: number
  readonly scale: number
  /** Its logits are the vector of a message, before it gets the length 1. */
  readonly message: SequenceClassifier<T>
  /** The same for a reply. */
  readonly reply: SequenceClassifier<T>

  /** Throws a `UsageError` for whatever a `SequenceClassifier` refuses. */
  constructor({ size, scale = 8, ...options }: DualEncoderOptions<T>) {
    const { engine, random } = options
    const encoder = (name: string) =>
      new SequenceClassifier<T>({ ...options, name, random: random.split(name), classes: size })
    this.engine = engine
    this.size = size
    this.scale = scale
    this.message = encoder('message')
    this.reply = encoder('reply')
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('embedding', this.message.embedding.parameters()),
      ...prefixed('message', ownParameters(this.message)),
      ...prefixed('reply', ownParameters(this.reply)),
    }
  }

  /** A vector of length 1 for each message [messages, size]. Throws as `SequenceClassifier.forward` does. */
  encodeMessages(messages: readonly ArrayLike<T>[], training?: Training): Tensor {
    return ofLengthOne(this.message.forward(messages, named(training, 'message')))
  }

  /** A vector of length 1 for each reply [replies, size]. */
  encodeReplies(replies: readonly ArrayLike<T>[], training?: Training): Tensor {
    return ofLengthOne(this.reply.forward(replies, named(training, 'reply')))
  }

  /** What an encoder's logits are a vector of: the same direction with length 1. For a message that a stream has read. */
  vector(logits: Tensor): Tensor {
    return ofLengthOne(logits)
  }

  /** How well each reply fits each message [messages, replies], from -scale to scale. */
  scores(messages: Tensor, replies: Tensor): Tensor {
    return linear(scale(messages, this.scale), replies)
  }
}

function ownParameters<T>(encoder: SequenceClassifier<T>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(encoder.parameters()).filter(([name]) => !name.startsWith('embedding.')),
  )
}

function ofLengthOne(x: Tensor): Tensor {
  const lengths = sqrt(add(sum(square(x), 1), x.engine.full([], SMALLEST_SQUARE)))
  return divide(x, reshape(lengths, [x.shape[0], 1]))
}
