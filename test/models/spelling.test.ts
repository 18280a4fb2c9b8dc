import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { spellingNamed, spellingNames } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { gradientCheck, packSequences } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

const options = { inputSize: 2, cell: 'gru', units: 3, random: new Random('spelling') }
const words = [
  [0.5, -1],
  [1, 0.2, -0.3, 0.8, 0.1, 0.9, -1, -1],
  [2, 1, 0, -0.5],
]

onEveryBackend((engine) => {
  test.each(spellingNames)('%s gives a word the same bits alone and among others', (name) => {
    const spelling = spellingNamed(name, { ...options, engine: engine() })
    engine().scope(() => {
      const all = spelling.forward(packSequences(engine(), words, 2))
      expect(all.shape).toEqual([3, spelling.size])
      for (const [i, word] of words.entries())
        expect(spelling.forward(packSequences(engine(), [word], 2)).data).toEqual(
          all.data.subarray(i * spelling.size, (i + 1) * spelling.size),
        )
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1, real: 'float64' })

  test.each(spellingNames)('gradients of %s are those of differences', (name) => {
    const spelling = spellingNamed(name, { ...options, engine: engine() })
    const run = () => spelling.forward(packSequences(engine(), words, 2))
    expect(gradientCheck(engine(), run, Object.values(spelling.parameters()))).toBeLessThan(1e-6)
  })

  test('a convolution is the maximum over the places of tanh(filter · three characters + bias)', () => {
    const spelling = spellingNamed('convolution', { ...options, engine: engine() })
    const { weight, bias } = spelling.parameters()
    const expected = words.map((word) =>
      Array.from({ length: 6 }, (_, filter) => {
        const places = Array.from({ length: word.length / 2 }, (_, place) => {
          let value = bias.data[filter]
          for (const k of [0, 1, 2])
            for (const j of [0, 1])
              value += weight.data[filter * 6 + j * 3 + k] * (word[(place + k - 1) * 2 + j] ?? 0)
          return Math.tanh(value)
        })
        return Math.max(...places)
      }),
    )
    engine().scope(() => {
      const found = spelling.forward(packSequences(engine(), words, 2)).data
      for (const [i, value] of expected.flat().entries()) expect(found[i]).toBeCloseTo(value, 12)
    })
  })

  test('an unknown name is refused with the nearest one', () => {
    const wrong = () => spellingNamed('convolutions', { ...options, engine: engine() })
    expect(wrong).toThrow(UsageError)
    expect(wrong).toThrow('Did you mean "convolution"?')
  })
})
