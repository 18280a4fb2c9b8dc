import { MemoryError } from '../errors.js'
import type { KernelHeap } from '../kernels/kernels.js'
import { align, Heap, roundUp } from './heap.js'

const firstChunk = 2 ** 20

/** A stretch of time in which temporary memory is handed out; when it closes, all of it is free again. */
export class Scope {
  closed = false

  constructor(
    readonly outer: Scope | undefined,
    readonly chunk: number,
    readonly offset: number,
    readonly used: number,
  ) {}
}

/** A piece of the heap behind a tensor and its views: of a scope, or persistent until it is released. */
export class Block {
  /** Counts the writes, so that what was computed from the contents (packed weights) knows when it is out of date. */
  version = 0
  /** Blocks computed from this one, by name; they are released with it. */
  derived: Map<string | number, Derived> | undefined
  disposed = false

  constructor(
    readonly address: number,
    readonly bytes: number,
    readonly scope: Scope | undefined,
  ) {}

  /** Whether the memory may have been given to somebody else. */
  get released(): boolean {
    return this.disposed || this.scope?.closed === true
  }
}

/** A block computed from others, and the versions of them it was computed from. */
export interface Derived {
  block: Block
  sources: readonly Block[]
  versions: readonly number[]
}

/**
 * Persistent blocks and an arena for temporary ones. The arena is a list of chunks that are filled one after the other;
 * opening a scope notes the place reached, closing it goes back there. Chunks are kept, so that the second pass through
 * the same work takes no new memory.
 */
export class Memory {
  readonly #heap: Heap
  readonly #chunks: { address: number; bytes: number }[] = []
  #scope: Scope | undefined
  #chunk = 0
  #offset = 0
  #used = 0
  #persistent = 0
  #peak = 0

  constructor(heap: KernelHeap) {
    this.#heap = new Heap(heap)
  }

  /** Bytes in live blocks, persistent and temporary. */
  get bytesInUse(): number {
    return this.#persistent + this.#used
  }

  /** The most bytes that were in live blocks at once since `resetPeak`. */
  get peakBytes(): number {
    return this.#peak
  }

  /** Forgets the peak: it begins with what is in use now. */
  resetPeak(): void {
    this.#peak = this.bytesInUse
  }

  /** Bytes ever taken from the heap. */
  get heapBytes(): number {
    return this.#heap.bytes
  }

  /** A block that lives until the current scope closes; a persistent one when no scope is open. */
  allocate(bytes: number): Block {
    if (!this.#scope) return this.allocatePersistent(bytes)
    return new Block(this.#bump(align(bytes)), bytes, this.#scope)
  }

  /** A block that lives until it is released. */
  allocatePersistent(bytes: number): Block {
    const block = new Block(this.#heap.allocate(bytes), bytes, undefined)
    this.#persistent += roundUp(bytes)
    this.#peak = Math.max(this.#peak, this.bytesInUse)
    return block
  }

  /** Ends a block's life, and that of the blocks derived from it. The memory of a temporary one returns with its scope. */
  release(block: Block): void {
    if (block.released) return
    block.disposed = true
    if (block.derived) for (const { block: derived } of block.derived.values()) this.release(derived)
    block.derived = undefined
    if (block.scope) return
    this.#persistent -= roundUp(block.bytes)
    this.#heap.free(block.address, block.bytes)
  }

  /** Opens a scope inside the current one. */
  open(): Scope {
    this.#scope = new Scope(this.#scope, this.#chunk, this.#offset, this.#used)
    return this.#scope
  }

  /** Closes the innermost scope: its temporary blocks are free again. */
  close(scope: Scope): void {
    scope.closed = true
    this.#scope = scope.outer
    this.#chunk = scope.chunk
    this.#offset = scope.offset
    this.#used = scope.used
  }

  #bump(bytes: number): number {
    let chunk = this.#chunk
    let offset = this.#offset
    while (chunk < this.#chunks.length && offset + bytes > this.#chunks[chunk].bytes) {
      chunk++
      offset = 0
    }
    if (chunk === this.#chunks.length) this.#addChunk(bytes)
    this.#chunk = chunk
    this.#offset = offset + bytes
    this.#used += bytes
    this.#peak = Math.max(this.#peak, this.bytesInUse)
    return this.#chunks[chunk].address + offset
  }

  // Doubling the total keeps the number of chunks, and what is lost at their ends, small.
  #addChunk(bytes: number): void {
    const total = this.#chunks.reduce((sum, chunk) => sum + chunk.bytes, 0)
    const size = roundUp(Math.max(bytes, total, firstChunk))
    try {
      this.#chunks.push({ address: this.#heap.allocate(size), bytes: size })
    } catch (error) {
      if (!(error instanceof MemoryError) || size === bytes) throw error
      this.#chunks.push({ address: this.#heap.allocate(bytes), bytes })
    }
  }
}
