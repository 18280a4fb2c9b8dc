import { describe, expect, it } from 'vitest'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { add, differentiate, linear, mean, square, subtract, tanh } from '../../src/tensor/index.js'
import { onEveryBackend, openEngine } from './engines.js'
import { numbers, tensorOf } from './values.js'

/** A network of two layers that learns to multiply two numbers. */
function network(engine: Engine) {
  const parameters: Record<string, Tensor> = {}
  for (const [name, shape] of [
    ['in', [8, 2]],
    ['inBias', [8]],
    ['out', [1, 8]],
    ['outBias', [1]],
  ] as const) {
    parameters[name] = engine.parameter(shape)
    parameters[name].set(numbers(shape, name).map((value) => value / 2))
  }
  const inputs = numbers([16, 2], 'inputs')
  const targets = inputs.filter((_, i) => i % 2 === 0).map((value, i) => value * inputs[2 * i + 1])
  const loss = () => {
    const hidden = tanh(linear(engine.tensor(inputs, [16, 2]), parameters.in, parameters.inBias))
    const output = linear(hidden, parameters.out, parameters.outBias)
    return mean(square(subtract(output, engine.tensor(targets, [16, 1]))))
  }
  const step = () => {
    const value = differentiate(engine, loss)
    for (const parameter of Object.values(parameters)) {
      const { gradient } = parameter
      if (!gradient) continue
      const places = { source: gradient.place, target: parameter.place }
      engine.run('scaleAdd', { count: parameter.size, ...places, scale: -0.1, targetScale: 1 })
      parameter.version++
      parameter.clearGradient()
    }
    return value
  }
  return { parameters, step }
}

onEveryBackend((engine) => {
  it('trains 10,000 steps at constant heap', () => {
    const at = engine()
    const { parameters, step } = network(at)
    const first = step()
    for (let i = 1; i < 10; i++) step()
    const after10 = [at.heapBytes, at.bytesInUse, at.kernels.heap.buffer.byteLength]
    let last = first
    for (let i = 10; i < 10_000; i++) last = step()
    expect([at.heapBytes, at.bytesInUse, at.kernels.heap.buffer.byteLength]).toEqual(after10)
    expect(last).toBeLessThan(first / 10)
    for (const parameter of Object.values(parameters)) parameter.dispose()
  })
})

describe('a training', () => {
  it('gives everything back', async () => {
    const engine = await openEngine({ backend: 'wasm', threads: 1 })
    const before = engine.bytesInUse
    for (let round = 0; round < 3; round++) {
      const { parameters, step } = network(engine)
      for (let i = 0; i < 3; i++) step()
      for (const parameter of Object.values(parameters)) parameter.dispose()
      expect(engine.bytesInUse).toBe(before)
    }
    await engine.dispose()
  })

  it('keeps a constant heap while shapes vary', async () => {
    const engine = await openEngine({ backend: 'wasm', threads: 1 })
    const weight = engine.parameter([40, 30])
    const step = (rows: number) => {
      differentiate(engine, () => {
        const x = tensorOf(engine, [rows, 30], 'x')
        return mean(square(add(linear(x, weight), engine.full([40], 1))))
      })
      weight.clearGradient()
    }
    const pass = () => {
      for (const rows of [400, 1, 33, 900, 7, 650]) step(rows)
    }
    pass()
    const { heapBytes } = engine
    for (let i = 0; i < 20; i++) pass()
    expect(engine.heapBytes).toBe(heapBytes)
    await engine.dispose()
  })
})
