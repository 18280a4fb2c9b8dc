import { describe, expect, it } from 'vitest'
import { MemoryError, ShapeError, UsageError } from '../../src/errors.js'
import type { Tensor } from '../../src/tensor/index.js'
import { add, square } from '../../src/tensor/index.js'
import { onEveryBackend, openEngine, useEngine } from './engines.js'

onEveryBackend((engine) => {
  it('makes tensors from numbers, lists and nested arrays', () => {
    const at = engine()
    at.scope(() => {
      expect(at.tensor(2.5).shape).toEqual([])
      expect(at.tensor(2.5).item()).toBe(2.5)
      expect(at.tensor([1, 2, 3]).toArray()).toEqual([1, 2, 3])
      expect(at.tensor(new Float32Array([1, 2, 3, 4]), [2, 2]).toArray()).toEqual([
        [1, 2],
        [3, 4],
      ])
      expect(
        at.tensor([
          [[1], [2]],
          [[3], [4]],
        ]).shape,
      ).toEqual([2, 2, 1])
      expect(at.zeros([2, 3]).toArray()).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ])
      expect(at.full([17], -1.5).toArray()).toEqual(Array(17).fill(-1.5))
      expect(at.empty([3, 5]).size).toBe(15)
      expect(Array.from(at.indices([3, -1, 2]).data)).toEqual([3, -1, 2])
    })
  })

  it('lies 64-byte aligned', () => {
    const at = engine()
    at.scope(() => {
      for (const size of [1, 3, 17, 100]) {
        const address = at.empty([size]).place * 4
        expect((address - at.kernels.heap.start) % 64).toBe(0)
      }
    })
  })

  it('keeps the values when the heap grows', () => {
    const at = engine()
    const tensors: Tensor[] = []
    for (let i = 0; i < 20; i++) {
      const tensor = at.persistent([100_000])
      tensor.data.fill(i)
      tensors.push(tensor)
    }
    for (const [i, tensor] of tensors.entries()) {
      expect([tensor.data[0], tensor.data[99_999]]).toEqual([i, i])
      tensor.dispose()
    }
  })
})

describe('a tensor', () => {
  const engine = useEngine()

  it('is released when its scope ends', () => {
    const at = engine()
    const before = at.bytesInUse
    const leaked = at.scope(() => at.tensor([[1, 2]]))
    const text = 'a tensor of shape [1, 2] was released when its scope ended; keep a value with persist()'
    expect(() => leaked.data).toThrow(text)
    expect(() => leaked.place).toThrow(MemoryError)
    expect(() => leaked.toArray()).toThrow(MemoryError)
    expect(() => at.scope(() => add(leaked, leaked))).toThrow(MemoryError)
    const indices = at.scope(() => at.indices([1]))
    expect(() => indices.data).toThrow('indices of length 1 were released when their scope ended')
    expect(at.bytesInUse).toBe(before)
  })

  it('is released when its scope throws', () => {
    const at = engine()
    let tensor: Tensor | undefined
    const fail = () => {
      tensor = at.zeros([3])
      throw new RangeError('stop')
    }
    expect(() => at.scope(fail)).toThrow(RangeError)
    expect(() => tensor?.data).toThrow(MemoryError)
  })

  it('outlives the scope when persisted', () => {
    const at = engine()
    const before = at.bytesInUse
    const kept = at.scope(() => at.tensor([1, 2, 3]).persist())
    expect(kept.toArray()).toEqual([1, 2, 3])
    kept.dispose()
    kept.dispose()
    expect(() => kept.data).toThrow('a tensor of shape [3] was used after dispose()')
    expect(at.bytesInUse).toBe(before)
  })

  it('is persistent when no scope is open', () => {
    const at = engine()
    const before = at.bytesInUse
    const tensors = [at.tensor([1]), at.zeros([2]), at.empty([3]), at.full([4], 1)]
    const indices = at.indices([1, 2])
    at.scope(() => at.zeros([1000]))
    expect(tensors.map((tensor) => tensor.block.released)).toEqual([false, false, false, false])
    for (const tensor of tensors) tensor.dispose()
    indices.dispose()
    expect(() => indices.place).toThrow('indices of length 2 were used after dispose()')
    expect(at.bytesInUse).toBe(before)
  })

  it('may be whole numbers that outlive the scope', () => {
    const at = engine()
    const before = at.bytesInUse
    const kept = at.scope(() => at.persistentIndices([4, -1]))
    expect(Array.from(kept.data)).toEqual([4, -1])
    kept.dispose()
    expect(at.bytesInUse).toBe(before)
  })

  it('survives inner scopes, which nest', () => {
    const at = engine()
    at.scope(() => {
      const outer = at.tensor([7])
      const inner = at.scope(() => square(outer).item())
      expect([outer.item(), inner]).toEqual([7, 49])
    })
  })

  it('refuses an asynchronous scope', async () => {
    const at = engine()
    expect(() => at.scope(async () => 1)).toThrow(UsageError)
  })

  it('sets its values, and counts the writes', () => {
    const at = engine()
    const tensor = at.persistent([2, 2])
    expect(tensor.version).toBe(0)
    tensor.set([
      [1, 2],
      [3, 4],
    ])
    tensor.set([5, 6, 7, 8])
    expect(tensor.version).toBe(2)
    expect(tensor.view([4]).version).toBe(2)
    expect(tensor.toArray()).toEqual([
      [5, 6],
      [7, 8],
    ])
    expect(() => tensor.set([1])).toThrow('set: got 1 values for shape [2, 2]; expected 4')
    tensor.dispose()
  })

  it('is seen in another shape by a view, in the same memory', () => {
    const at = engine()
    at.scope(() => {
      const tensor = at.tensor([
        [1, 2, 3],
        [4, 5, 6],
      ])
      const view = tensor.view([3, -1])
      view.data[0] = 9
      expect(view.shape).toEqual([3, 2])
      expect(tensor.data[0]).toBe(9)
      expect(() => tensor.view([4])).toThrow(ShapeError)
    })
  })

  it('says what is wrong with a shape', () => {
    const at = engine()
    expect(() => at.zeros([2, 0])).toThrow(
      'got shape [2, 0]; expected every axis to be a positive whole number',
    )
    expect(() => at.parameter([-1])).toThrow(ShapeError)
    expect(() => at.empty([1.5])).toThrow(ShapeError)
    expect(() => at.tensor([])).toThrow(ShapeError)
    expect(() => at.empty([2 ** 16, 2 ** 15])).toThrow(
      'empty: got shape [65536, 32768] of 2147483648 elements; expected at most 2147418112',
    )
    const { bytesInUse } = at
    expect(() => at.tensor([1, 2, 3], [2, 2])).toThrow('tensor: got 3 values for shape [2, 2]; expected 4')
    for (const wrong of [1.5, Number.NaN, 2 ** 31, -Infinity])
      expect(() => at.indices([0, wrong])).toThrow(
        `indices: got ${wrong} at position 1; expected whole numbers of 32 bits`,
      )
    expect(at.bytesInUse).toBe(bytesInUse)
    expect(() => at.tensor([[1], [2, 3]])).toThrow('row 1 has shape [2]')
    expect(() => at.zeros([2]).item()).toThrow('item: got shape [2]; expected a tensor of one element')
  })
})

describe('an engine', () => {
  it('refuses work after dispose()', async () => {
    const engine = await openEngine({ backend: 'wasm', threads: 1 })
    const tensor = engine.zeros([2])
    await engine.dispose()
    expect(() => square(tensor)).toThrow(MemoryError)
    expect(() => tensor.data).toThrow('the engine was used after dispose()')
  })

  it('reports what is in use', async () => {
    const engine = await openEngine({ backend: 'wasm', threads: 1 })
    const before = engine.bytesInUse
    const tensor = engine.persistent([16])
    expect(engine.bytesInUse).toBe(before + 64)
    engine.scope(() => {
      engine.empty([20])
      expect(engine.bytesInUse).toBe(before + 64 + 128)
    })
    tensor.dispose()
    expect(engine.bytesInUse).toBe(before)
    expect(engine.heapBytes).toBeGreaterThanOrEqual(before)
    await engine.dispose()
  })
})
