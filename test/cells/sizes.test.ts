import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cells, runCell, unroll } from '../../src/cells/index.js'
import { Stack } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { differentiate, packSequences, sum, unpackSequences } from '../../src/tensor/index.js'
import { expectNumbers } from '../fixture.js'
import { onEveryBackend } from '../tensor/engines.js'
import { initCell, packedSequences, sequencesOf, stateOf, ways } from './running.js'

onEveryBackend((engine) => {
  describe.each(Object.entries(cells))('%s', (_, cell) => {
    test('fused and step agree, with their gradients, for any sizes and lengths', () => {
      const size = fc.integer({ min: 1, max: 70 })
      const lengths = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 9 })
      fc.assert(
        fc.property(size, size, lengths, fc.boolean(), (inputSize, hiddenSize, lengths, given) => {
          const parameters = initCell(cell, engine(), inputSize, hiddenSize)
          const found = Object.values(ways).map((run) => {
            const numbers: Float64Array[] = []
            differentiate(engine(), () => {
              const x = packedSequences(engine(), lengths, inputSize)
              const initial = given ? stateOf(cell, parameters, lengths.length) : undefined
              const { output, final } = run(cell, parameters, x, initial)
              for (const { data } of [output.data, ...cell.stateNames.map((name) => final[name])])
                numbers.push(Float64Array.from(data))
              return sum(output.data)
            })
            for (const parameter of Object.values(parameters)) {
              numbers.push(Float64Array.from(parameter.gradient?.data ?? []))
              parameter.clearGradient()
            }
            return numbers
          })
          for (const parameter of Object.values(parameters)) parameter.dispose()
          for (const [k, numbers] of found[0].entries())
            expectNumbers(found[1][k], numbers, 1e-5, `result ${k}`)
        }),
        { numRuns: 25, seed: 7 },
      )
    })

    test('large layers too give the same bits alone, in a batch and in a stream', () => {
      const [inputSize, hiddenSize] = [300, 270]
      const random = new Random('large')
      const layers = [{ cell, size: hiddenSize }]
      const stack = new Stack({ engine: engine(), random, inputSize, layers })
      const [{ parameters }] = stack.directions
      const width = stack.outputSize
      const sequences = sequencesOf(
        Array.from({ length: 64 }, (_, i) => 1 + (i % 4)),
        inputSize,
      )
      engine().scope(() => {
        const together = unpackSequences(
          runCell(cell, parameters, packSequences(engine(), sequences, inputSize)).output,
        )
        for (const i of [0, 3, 63]) {
          const alone = packSequences(engine(), [sequences[i]], inputSize)
          expect(runCell(cell, parameters, alone).output.data.data).toEqual(together[i])
          const stream = stack.stream()
          for (let step = 0; step < sequences[i].length / inputSize; step++)
            expect(stream.push(sequences[i].slice(step * inputSize, (step + 1) * inputSize))).toEqual(
              together[i].subarray(step * width, (step + 1) * width),
            )
          stream.dispose()
        }
        const stepped = unroll(cell, parameters, packSequences(engine(), sequences.slice(0, 4), inputSize))
        for (const [i, output] of unpackSequences(stepped.output).entries())
          expectNumbers(output, together[i], 1e-5, 'step')
      })
    })
  })
})
