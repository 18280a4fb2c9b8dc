import { test } from 'vitest'
import { attentions, Crf } from '../../src/layers/index.js'
import { Random } from '../../src/random/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import { add, backpropagate, multiply, packSequences, sum } from '../../src/tensor/index.js'
import { gradientOf } from '../fixture.js'
import { onEveryTeam } from '../tensor/teams.js'
import { numbers, tensorOf } from '../tensor/values.js'

const random = new Random('teams')
const lengths = [3, 17, 1, 8, 17]

function gradientsInto(results: Record<string, ArrayLike<number>>, tensors: Record<string, Tensor>): void {
  for (const [name, tensor] of Object.entries(tensors)) results[`d ${name}`] = gradientOf(tensor).data.slice()
}

onEveryTeam('%s: the team decides no bit of', (same) => {
  test.each(['additive', 'dot', 'general'] as const)('%s attention and its gradients', (kind) => {
    same((engine, results) => {
      const attention = attentions[kind]({ engine, random, querySize: 37, sourceSize: 37 })
      const source = packSequences(
        engine,
        lengths.map((length, i) => numbers([length * 37], `source ${i}`)),
        37,
      )
      const queries = tensorOf(engine, [11, 37], 'queries')
      for (const input of [source.data, queries]) input.requiresGradient = true
      const looksAt = Array.from({ length: 11 }, (_, i) => (i * 3) % 5)
      const parameters = attention.parameters()
      const { value: loss } = engine.record(() => {
        const { context, weights } = attention.forward(queries, attention.remember(source), looksAt)
        results.context = context.data.slice()
        results.weights = weights.values.data.slice()
        return add(
          sum(multiply(context, tensorOf(engine, context.shape, 'context'))),
          sum(multiply(weights.values, tensorOf(engine, weights.values.shape, 'weights'))),
        )
      })
      backpropagate(loss)
      gradientsInto(results, { source: source.data, queries, ...parameters })
      for (const parameter of Object.values(parameters)) parameter.dispose()
    })
  })

  test.each([5, 35])('a CRF of %i tags and its gradients', (tags) => {
    same((engine, results) => {
      const crf = new Crf(tags, { engine, random })
      const emissions = packSequences(
        engine,
        lengths.map((length, i) => numbers([length * tags], `emissions ${i}`)),
        tags,
      )
      emissions.data.requiresGradient = true
      const targets = Array.from({ length: emissions.layout.rows }, (_, row) => (row * 7) % tags)
      results.logPartition = crf.logPartition(emissions).data.slice()
      results.marginals = crf.marginals(emissions).data.data.slice()
      const { value: loss } = engine.record(() => {
        const losses = crf.loss(emissions, targets, 'none')
        results.losses = losses.data.slice()
        return sum(multiply(losses, tensorOf(engine, losses.shape, 'losses')))
      })
      backpropagate(loss)
      gradientsInto(results, { emissions: emissions.data, ...crf.parameters() })
      for (const parameter of Object.values(crf.parameters())) parameter.dispose()
    })
  })
})
