import { UsageError } from '../errors.js'
import { normalValues } from '../random/initialization.js'
import type { Engine, Indices, PreparedJob, Tensor } from '../tensor/index.js'
import { embeddingBag } from '../tensor/index.js'
import type { EmbeddingOptions } from './embedding.js'
import type { TokenLayer, TokenStepper } from './layer.js'

/** How a bag of embeddings is made. */
export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** What becomes of a bag's rows; `'mean'` by default, as in PyTorch. */
  mode?: 'sum' | 'mean'
}

/**
 * Each token is a bag of rows of one table, and its vector their sum or mean, PyTorch's `nn.EmbeddingBag`: weight [count, size].
 * With the rows of `WordFeatures` this is fastText's word vector: unknown words get one from their parts. An empty bag gives zeros.
 *
 * ```ts
 * const embedding = new EmbeddingBag(features.rows, 64, { engine, random: random.split('embedding') })
 * embedding.forward([features.of('colour'), features.of('colours')]) // [2, 64]
 * ```
 */
export class EmbeddingBag implements TokenLayer<ArrayLike<number>> {
  readonly weight: Tensor
  readonly size: number
  readonly mode: 'sum' | 'mean'

  constructor(count: number, size: number, options: EmbeddingBagOptions) {
    const { engine, random, deviation = 1, mode = 'mean' } = options
    this.size = size
    this.mode = mode
    this.weight = engine.parameter([count, size])
    this.weight.set(normalValues(count * size, deviation, random.split('weight')))
  }

  /** `weight`. */
  parameters(): Record<string, Tensor> {
    return { weight: this.weight }
  }

  /** Throws a `UsageError` for an index outside 0 to count - 1. */
  forward(tokens: ArrayLike<ArrayLike<number>>): Tensor {
    const { engine } = this.weight
    const bags = Array.from(tokens)
    const offsets = new Int32Array(bags.length + 1)
    for (const [bag, rows] of bags.entries()) offsets[bag + 1] = offsets[bag] + rows.length
    const total = offsets[bags.length]
    if (total === 0) return engine.zeros([bags.length, this.size])
    const indices = new Int32Array(total)
    for (const [bag, rows] of bags.entries()) indices.set(rows, offsets[bag])
    const weights = this.mode === 'mean' ? engine.tensor(shares(bags, total)) : undefined
    return embeddingBag(this.weight, engine.indices(offsets), engine.indices(indices), weights)
  }

  stepper(): TokenStepper<ArrayLike<number>> {
    return new BagStepper(this)
  }
}

// 1 / length for every row of every bag.
function shares(bags: readonly ArrayLike<number>[], total: number): Float64Array {
  const weights = new Float64Array(total)
  let begin = 0
  for (const { length } of bags) {
    weights.fill(1 / length, begin, begin + length)
    begin += length
  }
  return weights
}

/** Room for the rows of a usual word; a larger bag makes more. */
const usualBag = 64

// Memory is taken only when a bag is larger than all before it.
class BagStepper implements TokenStepper<ArrayLike<number>> {
  readonly output: Tensor
  readonly #layer: EmbeddingBag
  readonly #engine: Engine
  readonly #offsets: Indices
  #capacity = usualBag
  #indices: Indices
  #weights: Tensor
  #job: PreparedJob<'bagRows'>

  constructor(layer: EmbeddingBag) {
    this.#layer = layer
    this.#engine = layer.weight.engine
    this.output = this.#engine.persistent([1, layer.size])
    this.#offsets = this.#engine.persistentIndices([0, 0])
    this.#indices = this.#engine.persistentIndices(new Int32Array(this.#capacity))
    this.#weights = this.#engine.persistent([this.#capacity])
    this.#job = this.#prepare()
  }

  push(bag: ArrayLike<number>): void {
    const { length } = bag
    const [count] = this.#layer.weight.shape
    for (let j = 0; j < length; j++)
      if (!Number.isInteger(bag[j]) || bag[j] < 0 || bag[j] >= count)
        throw new UsageError(
          `embedding bag: got row ${bag[j]}; expected a whole number from 0 to ${count - 1}`,
        )
    if (length > this.#capacity) this.#grow(length)
    this.#indices.data.set(bag)
    this.#offsets.data[1] = length
    if (this.#layer.mode === 'mean') this.#weights.data.fill(1 / length, 0, length)
    this.#job.run()
  }

  dispose(): void {
    for (const owned of [this.#job, this.#indices, this.#weights, this.#offsets, this.output]) owned.dispose()
  }

  #grow(length: number): void {
    for (const owned of [this.#job, this.#indices, this.#weights]) owned.dispose()
    this.#capacity = 2 * length
    this.#indices = this.#engine.persistentIndices(new Int32Array(this.#capacity))
    this.#weights = this.#engine.persistent([this.#capacity])
    this.#job = this.#prepare()
  }

  #prepare(): PreparedJob<'bagRows'> {
    const bag = {
      bags: 1,
      columns: this.#layer.size,
      offsets: this.#offsets.place,
      indices: this.#indices.place,
    }
    const weights = this.#layer.mode === 'mean' ? this.#weights.place : 0
    const fields = { ...bag, weights, source: this.#layer.weight.place, target: this.output.place }
    return this.#engine.prepare('bagRows', fields, this.#layer.size)
  }
}
