import { describe, expect, it } from 'vitest'
import { linear } from '../../src/tensor/index.js'
import { onEveryBackend, openEngine, useEngine } from './engines.js'
import { expectClose, numbers, tensorOf } from './values.js'

onEveryBackend((engine) => {
  it('prepares a job that runs again and again without taking memory', () => {
    const at = engine()
    const [source, target] = [at.persistent([5]), at.persistent([5])]
    const fields = { count: 5, source: source.place, scale: 2, target: target.place, targetScale: 0 }
    const job = at.prepare('scaleAdd', fields)
    const before = [at.bytesInUse, at.heapBytes]
    for (let i = 0; i < 10; i++) {
      source.data.fill(i)
      at.run('fill', { count: 5, target: target.place, value: -1 })
      job.run()
      expect(target.toArray()).toEqual(Array(5).fill(2 * i))
    }
    job.set('scale', -0.5)
    job.set('count', 3)
    job.run()
    expect(target.toArray()).toEqual([-4.5, -4.5, -4.5, 18, 18])
    expect([at.bytesInUse, at.heapBytes]).toEqual(before)
    job.dispose()
    source.dispose()
    target.dispose()
  })

  it('runs a prepared job after the heap has grown', () => {
    const at = engine()
    const target = at.persistent([3])
    const job = at.prepare('fill', { count: 3, target: target.place, value: 7 })
    const filler = at.persistent([3_000_000])
    job.run()
    expect(target.toArray()).toEqual([7, 7, 7])
    for (const thing of [job, target, filler]) thing.dispose()
  })

  it('packs a weight again only when it was written to', () => {
    const at = engine()
    const weight = at.parameter([3, 2])
    const x = at.tensor([[1, 10]])
    weight.set([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    const first = at.packed(weight, true)
    expect(at.scope(() => linear(x, weight).toArray())).toEqual([[21, 43, 65]])
    expect(at.packed(weight, true)).toBe(first)
    weight.data[0] = 100
    expect(at.scope(() => linear(x, weight).toArray())).toEqual([[21, 43, 65]])
    weight.version++
    expect(at.scope(() => linear(x, weight).toArray())).toEqual([[120, 43, 65]])
    expect(at.packed(weight, true)).toBe(first)
    weight.dispose()
    x.dispose()
  })

  it('packs temporary weights in the arena', () => {
    const at = engine()
    const before = at.bytesInUse
    for (let i = 0; i < 3; i++)
      at.scope(() => {
        const [x, weight] = [tensorOf(at, [2, 5], 'x'), tensorOf(at, [4, 5], 'w')]
        const [a, b] = [numbers([2, 5], 'x'), numbers([4, 5], 'w')]
        const expected = [0, 1, 2, 3, 4, 5, 6, 7].map((e) =>
          [0, 1, 2, 3, 4].reduce((sum, k) => sum + a[Math.floor(e / 4) * 5 + k] * b[(e % 4) * 5 + k], 0),
        )
        expectClose(linear(x, weight), expected)
        at.scope(() => expectClose(linear(x, weight), expected))
        expectClose(linear(x, weight), expected)
      })
    expect(at.bytesInUse).toBe(before)
  })
})

describe('derived blocks', () => {
  const engine = useEngine()

  it('are computed again when a source changes, and when another tensor takes its place', () => {
    const at = engine()
    const before = at.bytesInUse
    const [a, b, c] = [at.persistent([4]), at.persistent([4]), at.persistent([4])]
    let built = 0
    const derive = (first: typeof a, second: typeof a) => at.derived('sum', [first, second], 4, () => built++)
    const place = derive(a, b)
    derive(a, b)
    expect(built).toBe(1)
    b.version++
    expect(derive(a, b)).toBe(place)
    expect(built).toBe(2)
    derive(a, c)
    expect(built).toBe(3)
    for (const tensor of [a, b, c]) tensor.dispose()
    expect(at.bytesInUse).toBe(before)
  })

  it('of a temporary source are made anew after an inner scope', () => {
    const at = engine()
    at.scope(() => {
      const source = at.zeros([4])
      let built = 0
      const derive = () => at.derived('copy', [source], 4, () => built++)
      at.scope(() => {
        derive()
        derive()
      })
      derive()
      expect(built).toBe(2)
    })
  })
})

describe('work', () => {
  it('gives the same bits on one thread and on two', async () => {
    const results: number[][] = []
    for (const threads of [1, 2]) {
      const engine = await openEngine({ backend: 'wasm', threads })
      const [x, weight, bias] = [[67, 129], [151, 129], [151]].map((shape) =>
        tensorOf(engine, shape, `${shape}`),
      )
      results.push(engine.scope(() => Array.from(linear(x, weight, bias).data)))
      await engine.dispose()
    }
    expect(results[0]).toEqual(results[1])
  })
})
