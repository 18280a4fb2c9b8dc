import { describe, expect, test } from 'vitest'
import { unroll } from '../../src/cells/index.js'
import { Embedding } from '../../src/layers/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import { SequenceClassifier } from '../../src/models/index.js'
import { adam } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import { concat, differentiate, gradientCheck } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { minimalGated } from './minimal-gated.js'
import { initCell, packedSequences } from './running.js'

onEveryBackend((engine) => {
  test('a cell written with step alone trains: it learns to remember the first token', () => {
    const random = new Random('own cell')
    const symbols = 3
    const embedding = new Embedding(symbols, 4, { engine: engine(), random: random.split('embedding') })
    const model = new SequenceClassifier({
      ...{ engine: engine(), random: random.split('model'), embedding, classes: symbols },
      layers: [{ cell: minimalGated, size: 12 }],
    })
    const draws = random.split('data')
    const batch = () =>
      Array.from({ length: 24 }, () =>
        Array.from({ length: 2 + draws.integer(5) }, () => draws.integer(symbols)),
      )
    const optimizer = adam()
    const parameters = model.parameters()
    for (let step = 0; step < 200; step++) {
      const sequences = batch()
      differentiate(engine(), () => {
        const targets = engine().indices(sequences.map(([first]) => first))
        return crossEntropy(model.forward(sequences), targets)
      })
      optimizer.step(parameters, { learningRate: 0.02 })
      optimizer.zeroGradients(parameters)
    }
    const unseen = [...batch(), ...batch()]
    engine().scope(() => {
      const logits = model.forward(unseen)
      const right = unseen.filter(
        ([first], i) => largest(logits.data.subarray(i * symbols, (i + 1) * symbols)) === first,
      )
      expect(right.length / unseen.length).toBeGreaterThan(0.95)
    })
  })
})

describe('its gradients', () => {
  const engine = useEngine()

  test('are those of finite differences', () => {
    const parameters = initCell(minimalGated, engine(), 3, 4)
    const { data, layout } = packedSequences(engine(), [3, 1, 4], 3)
    const names = Object.keys(parameters)
    const error = gradientCheck(
      engine(),
      (...inputs) => {
        const given = Object.fromEntries(names.map((name, i) => [name, inputs[i]]))
        const { output, final } = unroll(minimalGated, given, { data: inputs[names.length], layout })
        return concat([output.data, final.h], 0)
      },
      [...Object.values(parameters), data],
    )
    expect(error).toBeLessThan(1e-6)
  })
})

function largest(values: ArrayLike<number>): number {
  return Array.from(values).indexOf(Math.max(...Array.from(values)))
}
