import { MemoryError } from '../errors.js'
import type { KernelHeap } from '../kernels/kernels.js'

/** Blocks begin and end at cache lines. */
const unit = 64

/** The largest step by which the heap is grown ahead of need. */
const growAhead = 64 * 2 ** 20

/**
 * Hands out blocks of the kernels' heap, 64-byte aligned. Freed blocks wait in a list of their size and are handed out again,
 * so a program in a steady state never grows the heap. Sizes are rounded up to eight steps per doubling: at most an eighth
 * of a block is lost, and blocks of nearly equal size share a list.
 */
export class Heap {
  readonly #heap: KernelHeap
  readonly #free = new Map<number, number[]>()
  #top: number

  constructor(heap: KernelHeap) {
    this.#heap = heap
    this.#top = heap.start
  }

  /** Bytes ever taken from the kernels' heap, in use or waiting to be reused. */
  get bytes(): number {
    return this.#top - this.#heap.start
  }

  /** The address (in bytes) of a block of `roundUp(bytes)` bytes. Throws a `MemoryError` when the heap cannot grow. */
  allocate(bytes: number): number {
    const rounded = roundUp(bytes)
    const waiting = this.#free.get(rounded)?.pop()
    if (waiting !== undefined) return waiting
    const address = this.#top
    this.#reserve(address + rounded)
    this.#top = address + rounded
    return address
  }

  /** Takes a block back. */
  free(address: number, bytes: number): void {
    const rounded = roundUp(bytes)
    const list = this.#free.get(rounded)
    if (list) list.push(address)
    else this.#free.set(rounded, [address])
  }

  #reserve(end: number): void {
    if (this.#heap.buffer.byteLength >= end) return
    const ahead = end + Math.min(this.bytes, growAhead)
    try {
      this.#heap.reserve(ahead)
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error
      this.#heap.reserve(end)
    }
  }
}

/** So many bytes, up to the next cache line. */
export function align(bytes: number): number {
  return Math.ceil(bytes / unit) * unit
}

/** The size of the block that holds so many bytes. */
export function roundUp(bytes: number): number {
  const units = Math.max(1, Math.ceil(bytes / unit))
  if (units <= 8) return units * unit
  const step = 2 ** (Math.floor(Math.log2(units)) - 3)
  return Math.ceil(units / step) * step * unit
}
