import { describe, expect, it } from 'vitest'
import { adam, averaged } from '../../src/optim/index.js'
import { differentiate, multiply, sum } from '../../src/tensor/index.js'
import { onEveryBackend } from '../tensor/engines.js'
import { expectClose, numbers } from '../tensor/values.js'

const size = 37

describe('averaged', () => {
  onEveryBackend((engine) => {
    it('trains like the other optimizer and keeps a moving average beside it', () => {
      const make = () => {
        const weight = engine().parameter([size])
        weight.set(numbers([size], 'weight'))
        return { weight }
      }
      const plain = make()
      const watched = make()
      const inner = adam()
      const optimizer = averaged(adam(), { decay: 0.4 })
      let expected = new Array<number>(size).fill(0)
      for (let step = 1; step <= 12; step++) {
        for (const [parameters, update] of [
          [plain, inner],
          [watched, optimizer],
        ] as const) {
          update.zeroGradients(parameters)
          differentiate(engine(), () => sum(multiply(parameters.weight, parameters.weight)))
          update.step(parameters, { learningRate: 0.1 })
        }
        const kept = Math.min(0.4, (step - 1) / (step + 9))
        expected = expected.map((average, i) => kept * average + (1 - kept) * plain.weight.data[i])
        expect(watched.weight.data).toEqual(plain.weight.data)
      }
      expectClose(optimizer.state()['weight.average'], expected, 1e-6)
      expect(Object.keys(optimizer.state()).sort()).toEqual([
        'weight.average',
        'weight.mean',
        'weight.variance',
      ])
      optimizer.dispose()
      inner.dispose()
      for (const { weight } of [plain, watched]) weight.dispose()
    })
  })
})
