import { nearest, UsageError } from '../errors.js'
import type { LayerOptions } from '../layers/index.js'
import { Linear } from '../layers/linear.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { gatherRows, segmentMax, segmentMean, segmentSoftmax, segmentSum, tanh } from '../tensor/index.js'
import type { PoolingStream } from './pooling-stream.js'
import { collectedStream, lastStream, maximumStream, meanStream } from './pooling-stream.js'

/** What is pooled: h of every step, and h after the last step [batch, features] in the caller's order. */
export interface Poolable {
  readonly output: Packed
  readonly last: () => Tensor
}

/** Makes one vector of what a stack says about each step of a sequence. */
export interface Pooling {
  /** Its parameters by name. */
  parameters(): Record<string, Tensor>
  /** [batch, features], in the caller's order of sequences. */
  forward(states: Poolable): Tensor
  /** The same over the steps of a stream whose output alternates between two places. */
  stream(outputs: readonly [Tensor, Tensor]): PoolingStream
}

/** The ways to pool. */
export type PoolingName = 'last' | 'mean' | 'max' | 'attention'

const none = () => ({})

const poolings: Readonly<Record<PoolingName, (features: number, options: LayerOptions) => Pooling>> = {
  last: () => ({ parameters: none, forward: ({ last }) => last(), stream: lastStream }),
  mean: () => ({
    parameters: none,
    forward: ({ output }) => callersOrder(segmentMean(output), output),
    stream: meanStream,
  }),
  max: () => ({
    parameters: none,
    forward: ({ output }) => callersOrder(segmentMax(output), output),
    stream: maximumStream,
  }),
  attention: (features, options) => new AttentionPooling(features, options),
}

/**
 * The pooling of a name for `features` features: the `last` state, the `mean` or `max` over the steps, or a learned weighted mean,
 * `attention`. Throws a `UsageError` for another name.
 */
export function poolingNamed(name: string, features: number, options: LayerOptions): Pooling {
  if (Object.hasOwn(poolings, name)) return poolings[name as PoolingName](features, options)
  const names = Object.keys(poolings)
  const guess = nearest(name, names)
  const hint = guess ? `. Did you mean "${guess}"?` : ''
  throw new UsageError(`unknown pooling "${name}"; expected one of ${names.join(', ')}${hint}`)
}

/**
 * A mean of the steps' states whose weights are learned, one additive head over each sequence:
 *
 *     α_t = softmax_t( v · tanh(W h_t + b) ),   pooled = Σ_t α_t h_t
 *
 * `projection` is W and b [features, features], `score` is v [1, features]. Source: Bahdanau, Cho and Bengio (2014) for the score, Yang
 * et al. (2016), "Hierarchical attention networks", for pooling by it.
 */
export class AttentionPooling implements Pooling {
  readonly projection: Linear
  readonly score: Linear

  constructor(features: number, { engine, random }: LayerOptions) {
    this.projection = new Linear(features, features, { engine, random: random.split('projection') })
    this.score = new Linear(features, 1, { engine, random: random.split('score'), bias: false })
  }

  parameters(): Record<string, Tensor> {
    const { weight, bias } = this.projection.parameters()
    return { 'projection.weight': weight, 'projection.bias': bias, 'score.weight': this.score.weight }
  }

  /** α for every step [rows, 1]: they add up to 1 over each sequence. */
  weights({ data, layout }: Packed): Packed {
    return segmentSoftmax({ data: this.score.forward(tanh(this.projection.forward(data))), layout })
  }

  forward({ output }: Pick<Poolable, 'output'>): Tensor {
    return callersOrder(segmentSum(output, this.weights(output)), output)
  }

  stream(outputs: readonly [Tensor, Tensor]): PoolingStream {
    return collectedStream(outputs, (output) => this.forward({ output }))
  }
}

/** The rows of the segment operations, one per sequence in the layout's order, in the caller's order. */
export function callersOrder(pooled: Tensor, { layout }: Packed): Tensor {
  return gatherRows(pooled, pooled.engine.indices(layout.inverseOrder()))
}
