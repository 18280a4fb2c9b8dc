import { test } from 'vitest'
import { cells, runCell } from '../../src/cells/index.js'
import { EmbeddingBag, LayerNorm } from '../../src/layers/index.js'
import { binaryCrossEntropy, crossEntropy } from '../../src/losses/index.js'
import { SequenceClassifier } from '../../src/models/index.js'
import { adamw, clipByGlobalNorm, clipByValue, sgd } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import * as ops from '../../src/tensor/index.js'
import { initCell, packedSequences, stateOf, weightedSum } from '../cells/running.js'
import { inputsOf, operationCases } from '../tensor/operation-cases.js'
import { onEveryTeam } from '../tensor/teams.js'
import { tensorOf } from '../tensor/values.js'

onEveryTeam('%s: the team decides no bit of', (same) => {
  test.each(Object.entries(operationCases))('%s and its gradients', (_, operation) => {
    same((engine, results) => {
      for (const [i, shapes] of operation.shapes.entries()) {
        const inputs = inputsOf(engine, operation, shapes)
        for (const input of inputs) input.requiresGradient = true
        const { value } = engine.record(() => {
          const result = operation.apply(...inputs)
          results[`shapes ${i}`] = result.data.slice()
          return ops.sum(ops.multiply(result, tensorOf(engine, result.shape, 'weights')))
        })
        ops.backpropagate(value)
        for (const [j, { gradient }] of inputs.entries())
          results[`shapes ${i}, gradient ${j}`] = gradient?.data.slice() ?? []
      }
    })
  })

  test.each(Object.entries(cells))('%s and its gradients', (_, cell) => {
    same((engine, results) => {
      const lengths = [3, 7, 1, 7, 70, 2, 9]
      for (const [inputSize, hiddenSize] of [
        [3, 5],
        [17, 130],
      ]) {
        const parameters = initCell(cell, engine, inputSize, hiddenSize)
        const x = packedSequences(engine, lengths, inputSize)
        const initial = stateOf(cell, parameters, lengths.length)
        results[`used ${hiddenSize}`] = runCell(cell, parameters, x, initial).output.data.data.slice()
        ops.differentiate(engine, () => {
          const result = runCell(cell, parameters, x, initial)
          results[`trained ${hiddenSize}`] = result.output.data.data.slice()
          const output = tensorOf(engine, result.output.data.shape, 'output')
          return weightedSum(result, { output, final: stateOf(cell, parameters, lengths.length) })
        })
        for (const [name, parameter] of Object.entries(parameters)) {
          results[`${name} ${hiddenSize}`] = parameter.gradient?.data.slice() ?? []
          parameter.dispose()
        }
      }
    })
  })

  test.each(['last', 'mean', 'max', 'attention'] as const)('a training with %s pooling', (pooling) => {
    same((engine, results) => {
      const random = new Random('teams')
      const embedding = new EmbeddingBag(40, 21, { engine, random: random.split('embedding') })
      const layers = [{ cell: 'gru', size: 19 }]
      const given = { embedding, layers, pooling, bidirectional: true, dropout: 0.3, classes: 5 }
      const model = new SequenceClassifier({ engine, random, ...given })
      const norm = new LayerNorm(5, { engine })
      const parameters: Record<string, Tensor> = { ...model.parameters(), ...norm.parameters() }
      const texts = Array.from({ length: 23 }, (_, i) =>
        Array.from({ length: 1 + (i % 6) }, (_, t) => [(7 * i + t) % 40, (i + 3 * t) % 40]),
      )
      const classes = engine.indices(texts.map((_, i) => (i % 6) - 1))
      const optimizers = [adamw(), sgd({ momentum: 0.9 })]
      for (let step = 0; step < 4; step++) {
        ops.differentiate(engine, () => {
          const logits = norm.forward(model.forward(texts, { random: random.split(step) }))
          const targets = ops.sigmoid(tensorOf(engine, [23, 5], 'targets'))
          return ops.add(
            crossEntropy(logits, classes, { smoothing: 0.1 }),
            binaryCrossEntropy(logits, targets),
          )
        })
        clipByValue(parameters, 0.05)
        const { norm: size, scale } = clipByGlobalNorm(parameters, 0.1)
        optimizers[step % 2].step(parameters, { learningRate: 0.01, gradientScale: scale })
        ops.zeroGradients(parameters)
        results[`norm ${step}`] = [size]
      }
      for (const [name, { data }] of Object.entries(parameters)) results[name] = data.slice()
      for (const owned of [...optimizers, ...Object.values(parameters)]) owned.dispose()
    })
  })
})
