import { UsageError } from '../errors.js'
import { normalValues } from '../random/initialization.js'
import type { Tensor } from '../tensor/index.js'
import { gatherRows } from '../tensor/index.js'
import type { LayerOptions, TokenLayer, TokenStepper } from './layer.js'

/** How an embedding is made. */
export interface EmbeddingOptions extends LayerOptions {
  /** The deviation of the normal numbers it starts with; 1 by default, as in PyTorch. */
  deviation?: number
}

/**
 * A table of vectors looked up by index, PyTorch's `nn.Embedding`: weight [count, size]; index -1 gives zeros.
 * Ready-made vectors are put in with `embedding.weight.set(vectors)`.
 *
 * ```ts
 * const embedding = new Embedding(vocabulary.size, 64, { engine, random: random.split('embedding') })
 * embedding.forward([4, 17, 2]) // [3, 64]
 * ```
 */
export class Embedding implements TokenLayer<number> {
  readonly weight: Tensor
  readonly size: number

  constructor(count: number, size: number, { engine, random, deviation = 1 }: EmbeddingOptions) {
    this.size = size
    this.weight = engine.parameter([count, size])
    this.weight.set(normalValues(count * size, deviation, random.split('weight')))
  }

  /** `weight`. */
  parameters(): Record<string, Tensor> {
    return { weight: this.weight }
  }

  /** Throws a `UsageError` for an index outside -1 to count - 1. */
  forward(tokens: ArrayLike<number>): Tensor {
    return gatherRows(this.weight, this.weight.engine.indices(tokens))
  }

  stepper(): TokenStepper<number> {
    const { weight, size } = this
    const { engine, shape } = weight
    const output = engine.persistent([1, size])
    const index = engine.persistentIndices([0])
    const fields = {
      count: 1,
      columns: size,
      indices: index.place,
      source: weight.place,
      target: output.place,
    }
    const job = engine.prepare('gatherRows', fields, size)
    return {
      output,
      push(token) {
        checkIndex(token, shape[0])
        index.data[0] = token
        job.run()
      },
      dispose: () => {
        for (const owned of [job, index, output]) owned.dispose()
      },
    }
  }
}

/** Throws a `UsageError` unless a token is a row of a table, or -1. */
export function checkIndex(token: number, count: number): void {
  if (!Number.isInteger(token) || token < -1 || token >= count)
    throw new UsageError(`embedding: got token ${token}; expected a whole number from -1 to ${count - 1}`)
}
