import { ShapeError, UsageError } from '../errors.js'
import type { Engine, Indices, PackedLayout, Reals, Tensor } from '../tensor/index.js'
import {
  addedTarget,
  checkEngines,
  describe,
  elementCost,
  functionCost,
  gradientTarget,
  record,
} from '../tensor/index.js'

/** What queries look at: a key and a value for every step of packed source sequences. */
export interface AttentionMemory {
  readonly layout: PackedLayout
  /** What queries are compared with, [rows, size]. */
  readonly keys: Tensor
  /** What is read, [rows, valueSize]. */
  readonly values: Tensor
  /** The lengths of the sequences, in sorted order. */
  readonly lengths: Indices
  /** The first row of every step. */
  readonly firstRows: Indices
}

/** A memory of keys and values. Throws a `ShapeError` unless both have the layout's rows. */
export function attentionMemory(keys: Tensor, values: Tensor, layout: PackedLayout): AttentionMemory {
  for (const { shape } of [keys, values])
    if (shape.length !== 2 || shape[0] !== layout.rows)
      throw new ShapeError(
        `attention: got keys or values ${describe(shape)}; expected [${layout.rows}, size]`,
      )
  const { engine } = keys
  const firstRows = Int32Array.from({ length: layout.steps }, (_, step) => layout.rowOf(0, step))
  const indices = { lengths: engine.indices(layout.lengths), firstRows: engine.indices(firstRows) }
  return { layout, keys, values, ...indices }
}

/** How much each query attended to each step of its source: a row of weights per query, each as long as the source, without padding. */
export class AttentionWeights {
  constructor(
    /** All the weights, query after query. */
    readonly values: Tensor,
    /** Where the weights of each query begin; one more than the queries. */
    readonly offsets: Int32Array,
  ) {}

  /** The weights of a query over the steps of its source; they add up to 1. A view, good as long as the tensor's `data`. */
  row(query: number): Reals {
    return this.values.data.subarray(this.offsets[query], this.offsets[query + 1])
  }
}

/** What attention gives: Σ_j w_j values_j for each query [queries, valueSize], and the weights w. */
export interface Attended {
  readonly context: Tensor
  readonly weights: AttentionWeights
  /** With coverage: how much each step has been looked at by now, c + w, as `Coverage.before`. */
  readonly covered?: Tensor
}

/** How much the steps of the sources were looked at before, as a part of the additive score. */
export interface Coverage {
  /** What a step is moved by for each time that it was looked at, [size]. */
  readonly vector: Tensor
  /** c, the sum of the weights so far: a row per query with a place for each step of the longest source, [queries, steps]. */
  readonly before: Tensor
}

/**
 * For each row of `target` the sorted position in `source` of the same sequence: which source a decoder's packed rows look at.
 *
 * ```ts
 * attention.forward(states.data, memory, sourcesOf(states.layout, memory.layout))
 * ```
 */
export function sourcesOf(target: PackedLayout, source: PackedLayout): Int32Array {
  if (target.batch !== source.batch)
    throw new ShapeError(
      `sourcesOf: got ${target.batch} targets for ${source.batch} sources; expected as many`,
    )
  const positions = source.inverseOrder()
  const sources = new Int32Array(target.rows)
  target.forEachRow((row, position) => {
    sources[row] = positions[target.order[position]]
  })
  return sources
}

/**
 * Attention of each query over the steps of one packed source sequence: w = softmax_j(score(q, k_j)), context = Σ_j w_j v_j, where
 * the score is q · k_j, or with a `vector` a the additive a · tanh(q + k_j). `queries` are [queries, size]; `sources` holds the sorted
 * position of each query's sequence; without it query i looks at sequence i. With `coverage` c and its vector r the additive score is
 * a · tanh(q + k_j + c_j r) (Tu et al. 2016).
 *
 * Only steps that exist are looked at: O(Σ_q T_source(q)). A query's bits depend on itself and its source alone. Gradients go to
 * queries, keys, values, vector and coverage, from the context, from the weights and from what is covered.
 *
 * @throws ShapeError when sizes do not fit; UsageError for a position that is none.
 */
export function attend(
  queries: Tensor,
  memory: AttentionMemory,
  sources?: ArrayLike<number>,
  vector?: Tensor,
  coverage?: Coverage,
): Attended {
  const plan = planOf(queries, memory, sources, vector)
  if (coverage) checkCoverage(coverage, plan, memory, vector)
  const { engine } = queries
  const { keys, values } = memory
  const weights = engine.empty([plan.offsets[plan.count]])
  const context = engine.empty([plan.count, plan.valueSize])
  const covered = coverage && engine.empty(coverage.before.shape)
  const common = fieldsOf(plan, queries, memory, weights, vector, coverage)
  const made = { context: context.place, covered: covered?.place ?? 0 }
  engine.run(
    'attentionForward',
    { ...common, ...made, queries: plan.count, sources: plan.sources.place },
    plan.work,
  )
  const outputs = covered ? [context, weights, covered] : [context, weights]
  const inputs = [queries, keys, values, vector, coverage?.vector, coverage?.before]
  record(engine, outputs, inputs, () => {
    const shares = (of: Tensor | undefined) =>
      of?.requiresGradient ? engine.empty(queries.shape) : undefined
    const vectors = shares(vector)
    const coverageVectors = shares(coverage?.vector)
    const scores = engine.empty(weights.shape)
    const groups = groupsOf(engine, plan.sources.data, memory.layout.batch)
    const gradients = {
      contextGradient: context.gradient?.place ?? 0,
      weightGradient: weights.gradient?.place ?? 0,
      scoreGradient: scores.place,
      queryGradient: addedTarget(queries)?.place ?? 0,
      keyGradient: addedTarget(keys)?.place ?? 0,
      valueGradient: addedTarget(values)?.place ?? 0,
      vectorGradients: vectors?.place ?? 0,
      coveredGradient: covered?.gradient?.place ?? 0,
      coverageGradient: (coverage && addedTarget(coverage.before)?.place) ?? 0,
      coverageVectorGradients: coverageVectors?.place ?? 0,
    }
    const from = {
      batch: memory.layout.batch,
      groups: groups.begins.place,
      groupQueries: groups.queries.place,
    }
    engine.run('attentionBackward', { ...common, ...from, ...gradients }, 2 * plan.work)
    addColumnSums(vector, vectors)
    addColumnSums(coverage?.vector, coverageVectors)
  })
  return { context, weights: new AttentionWeights(weights, plan.offsets), ...(covered && { covered }) }
}

function checkCoverage(
  { vector, before }: Coverage,
  { count, size }: Plan,
  { layout, keys }: AttentionMemory,
  additive: Tensor | undefined,
): void {
  if (!additive) throw new UsageError('attention: got coverage without a vector; expected an additive score')
  if (vector.size !== size)
    throw new ShapeError(
      `attention: got a coverage vector ${describe(vector.shape)}; expected [${size}], as the queries have features`,
    )
  if (before.shape.length !== 2 || before.shape[0] !== count || before.shape[1] !== layout.steps)
    throw new ShapeError(
      `attention: got coverage ${describe(before.shape)}; expected [${count}, ${layout.steps}], a row per query and a place per step`,
    )
  checkEngines(keys.engine, [vector, before])
}

interface Plan {
  readonly count: number
  readonly size: number
  readonly valueSize: number
  readonly sources: Indices
  readonly offsets: Int32Array
  readonly offsetIndices: Indices
  readonly work: number
}

function planOf(
  queries: Tensor,
  memory: AttentionMemory,
  given: ArrayLike<number> | undefined,
  vector: Tensor | undefined,
): Plan {
  const { engine } = queries
  const { layout, keys, values } = memory
  const [count, size] = queries.shape
  if (queries.shape.length !== 2 || size !== keys.shape[1])
    throw new ShapeError(
      `attention: queries ${describe(queries.shape)} and keys ${describe(keys.shape)} do not fit; expected rows of one size`,
    )
  if (vector && vector.size !== size)
    throw new ShapeError(
      `attention: got a vector ${describe(vector.shape)} for queries ${describe(queries.shape)}; expected [${size}]`,
    )
  const sources = given ?? Int32Array.from({ length: layout.batch }, (_, i) => i)
  if (sources.length !== count)
    throw new ShapeError(
      `attention: got ${sources.length} sources for ${count} queries; expected one per query`,
    )
  const offsets = new Int32Array(count + 1)
  for (let query = 0; query < count; query++) {
    const length = layout.lengths[sources[query]]
    if (length === undefined)
      throw new UsageError(
        `attention: got source ${sources[query]} for query ${query}; expected 0 to ${layout.batch - 1}`,
      )
    offsets[query + 1] = offsets[query] + length
  }
  checkEngines(engine, [keys, values, vector])
  const [, valueSize] = values.shape
  const work = offsets[count] * (size * (vector ? functionCost : 1) + valueSize)
  const indices = { sources: engine.indices(sources), offsetIndices: engine.indices(offsets) }
  return { count, size, valueSize, offsets, work, ...indices }
}

function fieldsOf(
  { size, valueSize, offsetIndices }: Plan,
  queries: Tensor,
  { keys, values, lengths, firstRows }: AttentionMemory,
  weights: Tensor,
  vector: Tensor | undefined,
  coverage: Coverage | undefined,
) {
  return {
    span: coverage ? coverage.before.shape[1] : 0,
    coverage: coverage?.before.place ?? 0,
    coverageVector: coverage?.vector.place ?? 0,
    kind: vector ? 1 : 0,
    size,
    valueSize,
    lengths: lengths.place,
    firstRows: firstRows.place,
    offsets: offsetIndices.place,
    query: queries.place,
    keys: keys.place,
    values: values.place,
    vector: vector?.place ?? 0,
    weights: weights.place,
  }
}

// The queries of each source sequence, in order: those of b are queries[begins[b]] up to queries[begins[b + 1] - 1].
function groupsOf(engine: Engine, sources: Int32Array, batch: number): { begins: Indices; queries: Indices } {
  const begins = new Int32Array(batch + 1)
  for (const source of sources) begins[source + 1]++
  for (let b = 0; b < batch; b++) begins[b + 1] += begins[b]
  const next = begins.slice()
  const queries = new Int32Array(sources.length)
  for (const [query, source] of sources.entries()) queries[next[source]++] = query
  return { begins: engine.indices(begins), queries: engine.indices(queries) }
}

// Every query's share of the vector's gradient is a row; summed like every other gradient of a parameter.
function addColumnSums(vector: Tensor | undefined, shares: Tensor | undefined): void {
  const target = shares && gradientTarget(vector)
  if (!target) return
  const [rows, columns] = shares.shape
  const from = { rows, columns, rowStride: columns, source: shares.place }
  const to = { target: target.gradient.place, accumulate: target.accumulate ? 1 : 0 }
  shares.engine.run('columnSums', { ...from, ...to }, shares.size * elementCost)
}
