import { MemoryError, ShapeError, UsageError } from '../errors.js'
import type { Kernels } from '../kernels/kernels.js'
import { packedSize, scratchSize } from '../kernels/kernels.js'
import { Indices } from './indices.js'
import type { JobField, JobFields, JobName } from './job-record.js'
import { largestRecord, writeRecord, writeRecordField } from './job-record.js'
import type { Block, Derived } from './memory.js'
import { Memory } from './memory.js'
import type { NestedNumbers, Shape } from './shapes.js'
import { checkShape, describe, flatten, shapeOfNested, sizeOf } from './shapes.js'
import { Tape } from './tape.js'
import { Tensor } from './tensor.js'
import { elementCost, workForThreads } from './work.js'

/** A kernel operation whose record stays on the heap, to be run again and again without allocation. */
export interface PreparedJob<N extends JobName = JobName> {
  /** Runs it. */
  run(): void
  /** Changes one field. */
  set(field: JobField<N>, value: number): void
  /** Releases the record. */
  dispose(): void
}

/**
 * Everything a computation needs: kernels, the memory of tensors, and the recording of what is to be differentiated.
 *
 * Tensors made while a scope is open are temporary and released when it ends; others are persistent, released by
 * `dispose()`. After the first pass through the same work the heap no longer grows.
 *
 * ```ts
 * const engine = await createEngine()
 * const weight = engine.parameter([3, 2])
 * engine.scope(() => linear(engine.tensor([[1, 2]]), weight).toArray())
 * await engine.dispose()
 * ```
 */
export class Engine {
  /** The recording in progress. */
  tape: Tape | undefined
  readonly #memory: Memory
  readonly #scratch: Block
  readonly #record: Block
  #words: Uint32Array
  #disposed = false

  constructor(readonly kernels: Kernels) {
    this.#memory = new Memory(kernels.heap)
    this.#scratch = this.#memory.allocatePersistent(scratchSize(kernels) * this.bytesPerReal)
    this.#record = this.#memory.allocatePersistent(largestRecord * 4)
    this.#words = new Uint32Array(kernels.heap.buffer)
  }

  /** The precision of tensors. */
  get real(): 'float32' | 'float64' {
    return this.kernels.real
  }

  /** Bytes of one element. */
  get bytesPerReal(): 4 | 8 {
    return this.kernels.real === 'float64' ? 8 : 4
  }

  /** Bytes in live tensors, persistent and temporary. */
  get bytesInUse(): number {
    return this.#memory.bytesInUse
  }

  /** The most bytes that live tensors took at once, since the engine was made or `resetPeak` was called. */
  get peakBytes(): number {
    return this.#memory.peakBytes
  }

  /** Starts to measure `peakBytes` anew. */
  resetPeak(): void {
    this.#memory.resetPeak()
  }

  /** Bytes ever taken from the heap: constant once a computation repeats itself. */
  get heapBytes(): number {
    return this.#memory.heapBytes
  }

  /** Whether the engine was ended. */
  get disposed(): boolean {
    return this.#disposed
  }

  /** Whether operations are being recorded. */
  get recording(): boolean {
    return this.tape !== undefined
  }

  /**
   * A tensor of the given numbers: a scalar, a flat list (with its shape, or as a vector) or nested arrays.
   * Throws a `ShapeError` when nested rows differ in length or the number of values does not fit the shape.
   */
  tensor(values: number | ArrayLike<number> | NestedNumbers, shape: Shape = shapeOfNested(values)): Tensor {
    const flat = flatten(values)
    if (flat.length !== sizeOf(shape))
      throw new ShapeError(
        `tensor: got ${flat.length} values for shape ${describe(shape)}; expected ${sizeOf(shape)}`,
      )
    const tensor = this.#make('tensor', shape)
    tensor.data.set(flat)
    return tensor
  }

  /** A tensor whose elements are whatever the memory held: for results that are overwritten whole. */
  empty(shape: Shape): Tensor {
    return this.#make('empty', shape)
  }

  /** A tensor of zeros. */
  zeros(shape: Shape): Tensor {
    return this.full(shape, 0)
  }

  /** A tensor of one repeated value. */
  full(shape: Shape, value: number): Tensor {
    const tensor = this.#make('full', shape)
    this.run('fill', { count: tensor.size, target: tensor.place, value }, tensor.size * elementCost)
    return tensor
  }

  /** A tensor of zeros that lives until `dispose()`, without a gradient: state, statistics. */
  persistent(shape: Shape): Tensor {
    checkShape('persistent', shape)
    const block = this.#memory.allocatePersistent(sizeOf(shape) * this.bytesPerReal)
    const tensor = new Tensor(this, shape, block)
    tensor.data.fill(0)
    return tensor
  }

  /** A persistent tensor of zeros that gradients are computed for. */
  parameter(shape: Shape): Tensor {
    const tensor = this.persistent(shape)
    tensor.requiresGradient = true
    return tensor
  }

  /** Whole numbers on the heap, with the lifetime of a tensor made at the same place. Throws a `UsageError` for others. */
  indices(values: ArrayLike<number>): Indices {
    checkWhole(values)
    const indices = new Indices(this, values.length, this.#memory.allocate(values.length * 4))
    indices.data.set(values)
    return indices
  }

  /** Whole numbers that live until `dispose()`, wherever they are made. */
  persistentIndices(values: ArrayLike<number>): Indices {
    checkWhole(values)
    const indices = new Indices(this, values.length, this.#memory.allocatePersistent(values.length * 4))
    indices.data.set(values)
    return indices
  }

  /**
   * Runs `fn`; everything temporary made inside is released when it returns or throws, its result too: return plain
   * numbers, or keep a tensor with `persist()`. Scopes nest. Throws a `UsageError` when `fn` is asynchronous.
   */
  scope<T>(fn: () => T): T {
    const scope = this.#memory.open()
    try {
      const value = fn()
      if (value instanceof Promise)
        throw new UsageError('scope: got an asynchronous function; expected one that is done when it returns')
      return value
    } finally {
      this.#memory.close(scope)
    }
  }

  /** Runs `fn` and records its operations, so that its result can be given to `backpropagate`. */
  record<T>(fn: () => T): { value: T; tape: Tape } {
    const tape = new Tape()
    return { value: this.#withTape(tape, fn), tape }
  }

  /** Runs `fn` without recording: for values that are no part of what is differentiated. */
  withoutRecording<T>(fn: () => T): T {
    return this.#withTape(undefined, fn)
  }

  /**
   * Runs a kernel operation. `work` decides whether threads share it: the multiplications of a matrix product, or what
   * takes as long (`elementCost`, `functionCost`).
   */
  run<N extends JobName>(name: N, fields: JobFields<N>, work = 0): void {
    const place = this.#record.address / 4
    writeRecord(this.#heapWords(), place, name, fields, this.#scratch.address / 4)
    this.kernels.run(place, this.#threadsFor(work))
  }

  /** A kernel operation to be run many times. The tensors whose places it holds must outlive it. */
  prepare<N extends JobName>(name: N, fields: JobFields<N>, work = 0): PreparedJob<N> {
    const block = this.#memory.allocatePersistent(largestRecord * 4)
    const place = block.address / 4
    const threads = this.#threadsFor(work)
    const { kernels } = this
    writeRecord(this.#heapWords(), place, name, fields, this.#scratch.address / 4)
    return {
      run: () => kernels.run(place, threads),
      set: (field, value) => writeRecordField(this.#heapWords(), place, name, field, value),
      dispose: () => this.release(block),
    }
  }

  /**
   * The place of a block computed from tensors, such as packed weights: computed by `build` the first time and again when
   * one of the sources was written to since. It lives as long as the first source, or in the current scope when one of
   * them is temporary. `name` tells apart what is derived from the same first source.
   */
  derived(
    name: string | number,
    sources: readonly Tensor[],
    reals: number,
    build: (place: number) => void,
  ): number {
    const [{ block: first }] = sources
    const known = first.derived?.get(name)
    if (known && isCurrent(known, sources)) return known.block.address / 4
    const blocks = sources.map((source) => source.block)
    const fits = known && !known.block.released && known.block.bytes === reals * this.bytesPerReal
    const reusable = fits && blocks.every((block, i) => block === known.sources[i])
    if (known && !reusable) this.release(known.block)
    const block = reusable ? known.block : this.#derivedBlock(blocks, reals)
    build(block.address / 4)
    first.derived ??= new Map()
    first.derived.set(name, { block, sources: blocks, versions: blocks.map((source) => source.version) })
    return block.address / 4
  }

  /**
   * The place of a matrix `[rows, columns]` (or vector, as one row), or of its transpose, packed for the matrix product;
   * cached until the tensor is written to.
   */
  packed(weight: Tensor, transposed: boolean): number {
    const { rows, columns } = matrixSides(weight)
    const size = transposed ? this.packedSize(columns, rows) : this.packedSize(rows, columns)
    const name = transposed ? -columns : columns // a view of the weight may have other sides
    return this.derived(name, [weight], size, (place) => this.#pack(weight, transposed, place))
  }

  /**
   * The place of a packed copy of `data` [rows, columns] in the current scope, its rows from the last to the first: the right factor of
   * a sum over rows, as in a weight's gradient.
   */
  packedLastFirst(data: Tensor): number {
    const { rows, columns } = matrixSides(data)
    const block = this.#memory.allocate(this.packedSize(rows, columns) * this.bytesPerReal)
    const packed = block.address / 4
    const source = data.place + ((rows - 1) * columns * this.bytesPerReal) / 4
    const fields = { rows, columns, rowStride: -columns, columnStride: 1, source, packed }
    this.run('pack', fields, rows * columns * elementCost)
    return packed
  }

  /** The elements of a packed matrix; `columns` is per gate. */
  packedSize(rows: number, columns: number, gates = 1): number {
    return packedSize(this.kernels, rows, columns, gates)
  }

  /** Releases a block of memory; tensors do it in `dispose()`. */
  release(block: Block): void {
    this.#memory.release(block)
  }

  /** Ends the engine and its threads. Its tensors must not be used any more. */
  async dispose(): Promise<void> {
    this.#disposed = true
    await this.kernels.close()
  }

  #make(operation: string, shape: Shape): Tensor {
    checkShape(operation, shape)
    return new Tensor(this, shape, this.#memory.allocate(sizeOf(shape) * this.bytesPerReal))
  }

  #derivedBlock(sources: readonly Block[], reals: number): Block {
    const bytes = reals * this.bytesPerReal
    const temporary = sources.some((source) => source.scope)
    return temporary ? this.#memory.allocate(bytes) : this.#memory.allocatePersistent(bytes)
  }

  #pack(matrix: Tensor, transposed: boolean, packed: number): void {
    const { rows, columns } = matrixSides(matrix)
    const fields = {
      rows: transposed ? columns : rows,
      columns: transposed ? rows : columns,
      rowStride: transposed ? 1 : columns,
      columnStride: transposed ? columns : 1,
      source: matrix.place,
      packed,
    }
    this.run('pack', fields, rows * columns * elementCost)
  }

  #withTape<T>(tape: Tape | undefined, fn: () => T): T {
    const outer = this.tape
    this.tape = tape
    try {
      return fn()
    } finally {
      this.tape = outer
    }
  }

  #threadsFor(work: number): number {
    return work >= workForThreads ? this.kernels.threads : 1
  }

  #heapWords(): Uint32Array {
    if (this.#disposed) throw new MemoryError('the engine was used after dispose()')
    const { buffer } = this.kernels.heap
    if (this.#words.buffer !== buffer) this.#words = new Uint32Array(buffer)
    return this.#words
  }
}

function isCurrent({ block, sources, versions }: Derived, tensors: readonly Tensor[]): boolean {
  if (block.released || sources.length !== tensors.length) return false
  for (let i = 0; i < sources.length; i++)
    if (sources[i] !== tensors[i].block || versions[i] !== sources[i].version) return false
  return true
}

// Memory would round 1.5 to 1 and NaN to 0 without a word.
function checkWhole(values: ArrayLike<number>): void {
  if (values instanceof Int32Array) return
  for (let i = 0; i < values.length; i++)
    if ((values[i] | 0) !== values[i])
      throw new UsageError(`indices: got ${values[i]} at position ${i}; expected whole numbers of 32 bits`)
}

function matrixSides(tensor: Tensor): { rows: number; columns: number } {
  if (tensor.shape.length > 2)
    throw new ShapeError(
      `pack: got shape ${describe(tensor.shape)}; expected a matrix [rows, columns] or a vector`,
    )
  return tensor.shape.length === 2
    ? { rows: tensor.shape[0], columns: tensor.shape[1] }
    : { rows: 1, columns: tensor.size }
}
