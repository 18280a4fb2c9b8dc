import { MemoryError } from '../errors.js'
import type { Engine } from './engine.js'
import type { Block } from './memory.js'

/** Whole numbers on the heap: rows to gather, classes, batch sizes. */
export class Indices {
  #view: Int32Array | undefined

  constructor(
    readonly engine: Engine,
    readonly length: number,
    readonly block: Block,
  ) {}

  /** Where the numbers begin, in 4-byte words. Throws a `MemoryError` when they were released. */
  get place(): number {
    this.#check()
    return this.block.address / 4
  }

  /** The numbers, as a view of the heap that is good until more memory is taken. */
  get data(): Int32Array {
    this.#check()
    const { buffer } = this.engine.kernels.heap
    if (this.#view?.buffer !== buffer) this.#view = new Int32Array(buffer, this.block.address, this.length)
    return this.#view
  }

  /** Releases the memory now. */
  dispose(): void {
    this.engine.release(this.block)
  }

  #check(): void {
    if (this.block.released)
      throw new MemoryError(
        `indices of length ${this.length} ${this.block.disposed ? 'were used after dispose()' : 'were released when their scope ended'}`,
      )
  }
}
