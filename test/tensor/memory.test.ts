import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryError } from '../../src/errors.js'
import { Heap, roundUp } from '../../src/tensor/heap.js'
import type { Block } from '../../src/tensor/memory.js'
import { Memory } from '../../src/tensor/memory.js'

/** A heap of plain memory that refuses to grow beyond `limit` bytes. */
function plainHeap(limit = 2 ** 28) {
  return {
    buffer: new ArrayBuffer(4096),
    start: 192,
    reserve(bytes: number) {
      if (bytes > limit) throw new MemoryError(`cannot grow to ${bytes}`)
      this.buffer = new ArrayBuffer(Math.max(bytes, this.buffer.byteLength))
    },
  }
}

describe('heap', () => {
  it('rounds sizes up by at most an eighth', () => {
    for (const bytes of [1, 64, 65, 512, 513, 1000, 4096, 5000, 1e6, 123456789]) {
      const rounded = roundUp(bytes)
      expect(rounded).toBeGreaterThanOrEqual(bytes)
      expect(rounded % 64).toBe(0)
      expect(rounded).toBeLessThanOrEqual(Math.max(bytes + 64, bytes * 1.125 + 64))
      expect(roundUp(rounded)).toBe(rounded)
    }
  })

  it('gives aligned blocks that do not overlap, and reuses freed ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20000 }), fc.nat()), { maxLength: 60 }),
        (steps) => {
          const plain = plainHeap()
          const heap = new Heap(plain)
          const live: { address: number; bytes: number }[] = []
          for (const [bytes, choice] of steps) {
            if (choice % 3 === 0 && live.length > 0) {
              const [block] = live.splice(choice % live.length, 1)
              heap.free(block.address, block.bytes)
              continue
            }
            const address = heap.allocate(bytes)
            expect((address - plain.start) % 64).toBe(0)
            expect(address + bytes).toBeLessThanOrEqual(plain.buffer.byteLength)
            for (const other of live)
              expect(address + bytes <= other.address || other.address + other.bytes <= address).toBe(true)
            live.push({ address, bytes })
          }
          const before = heap.bytes
          for (const { address, bytes } of live) heap.free(address, bytes)
          for (const { bytes } of live) heap.allocate(bytes)
          expect(heap.bytes).toBe(before)
        },
      ),
    )
  })

  it('takes exactly what is needed when it cannot grow ahead, and reports when there is no more', () => {
    const heap = new Heap(plainHeap(100_000))
    heap.allocate(60_000)
    heap.allocate(30_000)
    expect(() => heap.allocate(30_000)).toThrow(MemoryError)
    expect(() => heap.allocate(1000)).not.toThrow()
  })
})

describe('memory', () => {
  it('reuses the arena after every scope', () => {
    const memory = new Memory(plainHeap())
    const sizes = [100, 300_000, 5, 2_000_000, 70_000]
    const pass = () => {
      const scope = memory.open()
      const addresses = sizes.map((bytes) => memory.allocate(bytes).address)
      memory.close(scope)
      return addresses
    }
    const first = pass()
    const bytes = memory.heapBytes
    for (let i = 0; i < 10; i++) expect(pass()).toEqual(first)
    expect(memory.heapBytes).toBe(bytes)
    expect(memory.bytesInUse).toBe(0)
  })

  it('gives back what a nested scope took and keeps what the outer one holds', () => {
    const memory = new Memory(plainHeap())
    const outer = memory.open()
    const kept = memory.allocate(1000)
    const inner = memory.open()
    const first = memory.allocate(1000)
    memory.close(inner)
    const second = memory.allocate(1000)
    expect([kept.released, first.released, second.released]).toEqual([false, true, false])
    expect(second.address).toBe(first.address)
    memory.close(outer)
    expect([kept.released, second.released]).toEqual([true, true])
  })

  it('is persistent when no scope is open, and releases once', () => {
    const memory = new Memory(plainHeap())
    const block = memory.allocate(100)
    expect(memory.bytesInUse).toBe(128)
    memory.release(block)
    memory.release(block)
    expect(memory.bytesInUse).toBe(0)
    const [a, b] = [memory.allocate(100), memory.allocate(100)]
    expect(a.address).toBe(block.address)
    expect(b.address).not.toBe(a.address)
  })

  it('releases derived blocks with their source', () => {
    const memory = new Memory(plainHeap())
    const source = memory.allocate(64)
    const derived: Block = memory.allocate(640)
    source.derived = new Map([['copy', { block: derived, sources: [source], versions: [0] }]])
    memory.release(source)
    expect(derived.released).toBe(true)
    expect(memory.bytesInUse).toBe(0)
  })

  it('remembers the most that was in use at once', () => {
    const memory = new Memory(plainHeap())
    const block = memory.allocatePersistent(128)
    const scope = memory.open()
    memory.allocate(64)
    const inner = memory.open()
    memory.allocate(640)
    memory.close(inner)
    memory.close(scope)
    expect(memory.peakBytes).toBe(128 + 64 + 640)
    memory.resetPeak()
    expect(memory.peakBytes).toBe(128)
    memory.release(block)
    expect([memory.bytesInUse, memory.peakBytes]).toEqual([0, 128])
  })

  it('falls back to a small chunk when a large one does not fit', () => {
    const memory = new Memory(plainHeap(1_500_000))
    memory.open()
    memory.allocate(1000)
    expect(() => memory.allocate(300_000 + 2 ** 20 - 1000)).toThrow(MemoryError)
    memory.allocate(2 ** 20 - 1024)
    expect(memory.allocate(100_000).released).toBe(false)
  })
})
