import { MemoryError, ShapeError } from '../errors.js'
import type { Engine } from './engine.js'
import type { Block } from './memory.js'
import type { NestedNumbers, Shape } from './shapes.js'
import { describe, flatten, nest, resolveShape, sizeOf } from './shapes.js'
import type { GradientTarget, Tape } from './tape.js'
import { addGradient, record } from './tape.js'

/** The elements of a tensor: single precision, or double on an engine made for checks. */
export type Reals = Float32Array | Float64Array

/**
 * An array of real numbers on the kernels' heap, rows last to first as in C. Made by an `Engine` or by an operation.
 *
 * A tensor made while a scope is open is temporary: its memory goes back when the scope ends, and using it afterwards
 * throws a `MemoryError`. `persist()` keeps a value.
 */
export class Tensor {
  readonly size: number
  /** Whether gradients are computed for it: true for parameters and for what was recorded from them. */
  requiresGradient = false
  /** The recording that produced it. */
  tape: Tape | undefined
  #view: Reals | undefined
  #gradient: Tensor | undefined
  #hasGradient = false

  constructor(
    readonly engine: Engine,
    readonly shape: Shape,
    readonly block: Block,
  ) {
    this.size = sizeOf(shape)
  }

  /** Where the elements begin, in 4-byte words of the heap. Throws a `MemoryError` when they were released. */
  get place(): number {
    this.#check()
    return this.block.address / 4
  }

  /** The elements, as a view of the heap that is good until more memory is taken: read it again after each operation. */
  get data(): Reals {
    this.#check()
    const { heap, real } = this.engine.kernels
    const { buffer } = heap
    if (this.#view?.buffer !== buffer)
      this.#view =
        real === 'float64'
          ? new Float64Array(buffer, this.block.address, this.size)
          : new Float32Array(buffer, this.block.address, this.size)
    return this.#view
  }

  /** Counts the writes. Who writes through `data` or by a kernel adds 1; `set` and the optimizers do so themselves. */
  get version(): number {
    return this.block.version
  }

  set version(version: number) {
    this.block.version = version
  }

  /** The gradient of the last backpropagated losses; undefined when there is none (a zero). */
  get gradient(): Tensor | undefined {
    return this.#hasGradient && !this.#gradient?.block.released ? this.#gradient : undefined
  }

  /** The only element. Throws a `ShapeError` when there are more. */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(`item: got shape ${describe(this.shape)}; expected a tensor of one element`)
    return this.data[0]
  }

  /** The elements in nested arrays; a plain number for a scalar. */
  toArray(): number | NestedNumbers {
    return nest(this.data, this.shape)
  }

  /** Overwrites every element. Throws a `ShapeError` when the number of values differs. */
  set(values: number | ArrayLike<number> | NestedNumbers): void {
    const flat = flatten(values)
    if (flat.length !== this.size)
      throw new ShapeError(
        `set: got ${flat.length} values for shape ${describe(this.shape)}; expected ${this.size}`,
      )
    this.data.set(flat)
    this.version++
  }

  /** A copy that outlives the scope, without a gradient. Release it with `dispose()`. */
  persist(): Tensor {
    const copy = this.engine.persistent(this.shape)
    copy.data.set(this.data)
    return copy
  }

  /** Releases the memory (and that of the gradient) now; views of this tensor go with it. */
  dispose(): void {
    this.#gradient?.dispose()
    this.#gradient = undefined
    this.engine.release(this.block)
  }

  /** The same elements in another shape, in the same memory; one axis may be -1. Differentiable. */
  view(shape: Shape): Tensor {
    const view = new Tensor(this.engine, resolveShape('view', this.shape, shape), this.block)
    record(this.engine, [view], [this], () => view.gradient && addGradient(this, view.gradient))
    return view
  }

  /**
   * The memory of the gradient, made when there is none; used by `gradientTarget`. A parameter's gradient is persistent
   * and its memory is kept over `clearGradient`; that of a result or of anything temporary goes with the scope.
   */
  claimGradient(): GradientTarget {
    const present = this.gradient
    if (present) return { gradient: present, accumulate: true }
    const waiting = this.#gradient?.block.released === false ? this.#gradient : undefined
    const lasting = !this.block.scope && !this.tape
    const gradient = waiting ?? (lasting ? this.engine.persistent(this.shape) : this.engine.empty(this.shape))
    this.#gradient = gradient
    this.#hasGradient = true
    return { gradient, accumulate: false }
  }

  /** Forgets the gradient: the next backpropagation starts from zero. */
  clearGradient(): void {
    this.#hasGradient = false
  }

  #check(): void {
    if (this.engine.disposed) throw new MemoryError('the engine was used after dispose()')
    if (this.block.released)
      throw new MemoryError(
        this.block.disposed
          ? `a tensor of shape ${describe(this.shape)} was used after dispose()`
          : `a tensor of shape ${describe(this.shape)} was released when its scope ended; keep a value with persist()`,
      )
  }
}
