import { UsageError } from '../errors.js'
import { uniformValues } from '../random/initialization.js'
import type { Packed, Tensor } from '../tensor/index.js'
import type { Attended, AttentionMemory } from './attend.js'
import { attend, attentionMemory } from './attend.js'
import type { LayerOptions } from './layer.js'
import { Linear } from './linear.js'

/** How an attention layer is made. */
export interface AttentionOptions extends LayerOptions {
  /** Features of a query: the decoder's state. */
  querySize: number
  /** Features of a step of the source: the encoder's output. */
  sourceSize: number
  /** Units of the additive score; by default those of the query. */
  size?: number
  /** Whether the additive score sees how much each step was looked at before; false by default. */
  coverage?: boolean
}

/**
 * Lets queries (a decoder's states) look at all the steps of a source sequence, and read a weighted mean of them.
 *
 * ```ts
 * const attention = attentions.additive({ engine, random, querySize: 128, sourceSize: 256 })
 * const memory = attention.remember(encoded)               // once per source
 * const { context, weights } = attention.forward(states, memory)
 * ```
 */
export interface Attention {
  /** Its parameters by name. */
  parameters(): Record<string, Tensor>
  /** What queries will look at, computed once per source. Throws a `ShapeError` when its features are not `sourceSize`. */
  remember(source: Packed): AttentionMemory
  /**
   * Queries [queries, querySize] to contexts [queries, sourceSize]; `sources` says at which sequence of the memory (its sorted
   * position) each query looks: all the steps of a decoder at once (`sourcesOf`), one step, or the hypotheses of a beam. Without
   * it query i looks at sequence i. An attention with coverage goes on from `before`, the `covered` of the last call [queries, steps];
   * without it nothing was looked at yet. Throws a `ShapeError` when they do not fit.
   */
  forward(queries: Tensor, memory: AttentionMemory, sources?: ArrayLike<number>, before?: Tensor): Attended
}

/**
 * score(q, h_j) = v · tanh(W q + b + U h_j), with coverage v · tanh(W q + b + U h_j + c_j r), where c_j is the sum of the weights that
 * step j has had before.
 *
 * Sources: Bahdanau, Cho and Bengio (2014); Tu et al. (2016), See, Liu and Manning (2017) for coverage.
 */
export class AdditiveAttention implements Attention {
  readonly query: Linear
  readonly source: Linear
  /** v, [size] */
  readonly vector: Tensor
  /** r, [size]; with coverage only. */
  readonly coverage: Tensor | undefined

  constructor({
    engine,
    random,
    querySize,
    sourceSize,
    size = querySize,
    coverage = false,
  }: AttentionOptions) {
    this.query = new Linear(querySize, size, { engine, random: random.split('query') })
    this.source = new Linear(sourceSize, size, { engine, random: random.split('source'), bias: false })
    this.vector = engine.parameter([size])
    this.vector.set(uniformValues(size, 1 / Math.sqrt(size), random.split('vector')))
    if (!coverage) return
    this.coverage = engine.parameter([size])
    this.coverage.set(uniformValues(size, 1 / Math.sqrt(size), random.split('coverage')))
  }

  /** `query.weight` W, `query.bias` b, `source.weight` U, `vector` v and, where it is, `coverage` r. */
  parameters(): Record<string, Tensor> {
    const { query, source, vector, coverage } = this
    return {
      'query.weight': query.weight,
      ...(query.bias && { 'query.bias': query.bias }),
      'source.weight': source.weight,
      vector,
      ...(coverage && { coverage }),
    }
  }

  remember({ data, layout }: Packed): AttentionMemory {
    return attentionMemory(this.source.forward(data), data, layout)
  }

  forward(queries: Tensor, memory: AttentionMemory, sources?: ArrayLike<number>, before?: Tensor): Attended {
    const nothing = () => queries.engine.zeros([queries.shape[0], memory.layout.steps])
    const coverage = this.coverage && { vector: this.coverage, before: before ?? nothing() }
    return attend(this.query.forward(queries), memory, sources, this.vector, coverage)
  }
}

/** score(q, h) = q · h, without parameters; both must have the same size. Source: Luong, Pham and Manning (2015). */
export class DotAttention implements Attention {
  /** Throws a `UsageError` when the sizes differ. */
  constructor({ querySize, sourceSize }: Pick<AttentionOptions, 'querySize' | 'sourceSize'>) {
    if (querySize !== sourceSize)
      throw new UsageError(
        `DotAttention: got querySize ${querySize} and sourceSize ${sourceSize}; expected equal sizes (general attention has a weight between them)`,
      )
  }

  /** None. */
  parameters(): Record<string, Tensor> {
    return {}
  }

  remember({ data, layout }: Packed): AttentionMemory {
    return attentionMemory(data, data, layout)
  }

  forward(queries: Tensor, memory: AttentionMemory, sources?: ArrayLike<number>): Attended {
    return attend(queries, memory, sources)
  }
}

/** score(q, h) = q · W h. Source: Luong, Pham and Manning (2015). */
export class GeneralAttention implements Attention {
  readonly source: Linear

  constructor({ engine, random, querySize, sourceSize }: AttentionOptions) {
    this.source = new Linear(sourceSize, querySize, { engine, random: random.split('source'), bias: false })
  }

  /** `source.weight` W, [querySize, sourceSize]. */
  parameters(): Record<string, Tensor> {
    return { 'source.weight': this.source.weight }
  }

  remember({ data, layout }: Packed): AttentionMemory {
    return attentionMemory(this.source.forward(data), data, layout)
  }

  forward(queries: Tensor, memory: AttentionMemory, sources?: ArrayLike<number>): Attended {
    return attend(queries, memory, sources)
  }
}

/** The kinds of attention by name. */
export const attentions = {
  additive: (options: AttentionOptions): Attention => new AdditiveAttention(options),
  dot: (options: AttentionOptions): Attention => new DotAttention(options),
  general: (options: AttentionOptions): Attention => new GeneralAttention(options),
} as const
