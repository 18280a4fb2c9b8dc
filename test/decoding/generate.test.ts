import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Stepper } from '../../src/decoding/index.js'
import {
  attribute,
  beamSearch,
  greedy,
  sample,
  scoreSequences,
  shapeProbabilities,
} from '../../src/decoding/index.js'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'
import type { Table, ToyRow } from './toy-models.js'
import { randomTable, toyStepper } from './toy-models.js'

const start = 99
const end = 2
const logs = (probabilities: readonly number[]) => probabilities.map(Math.log)
const rounded = (values: Iterable<number>) => Array.from(values, (value) => Number(value.toFixed(6)))

describe('the probabilities that are drawn from', () => {
  const p = [0.1, 0.4, 0.2, 0.3]
  const shaped = (options: Parameters<typeof shapeProbabilities>[2], history: number[] = []) => {
    const { tokens, probabilities } = shapeProbabilities(logs(p), history, options)
    return [Array.from(tokens), rounded(probabilities)]
  }

  test("are the model's own by default", () => {
    expect(shaped({})).toEqual([[0, 1, 2, 3], p])
  })

  test('temperature raises them to the power 1/τ', () => {
    const sharp = p.map((value) => value ** 2)
    const sum = sharp.reduce((a, b) => a + b)
    expect(shaped({ temperature: 0.5 })).toEqual([[0, 1, 2, 3], rounded(sharp.map((value) => value / sum))])
  })

  test('topK keeps the most probable, topP the fewest that add up to p', () => {
    expect(shaped({ topK: 2 })).toEqual([[1, 3], rounded([4 / 7, 3 / 7])])
    expect(shaped({ topP: 0.69 })).toEqual([[1, 3], rounded([4 / 7, 3 / 7])])
    expect(shaped({ topP: 0.71 })).toEqual([[1, 3, 2], rounded([4 / 9, 3 / 9, 2 / 9])])
    expect(shaped({ topP: 1e-9 })).toEqual([[1], [1]])
    expect(shaped({ topK: 3, topP: 0.7 })).toEqual([[1, 3], rounded([4 / 7, 3 / 7])])
  })

  test('the nucleus is the one found by sorting everything', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(weights, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (weights, topP) => {
        const sum = weights.reduce((a, b) => a + b)
        const p = weights.map((weight) => weight / sum)
        const order = [...p.keys()].sort((a, b) => weights[b] - weights[a] || a - b)
        let [count, covered] = [0, 0]
        while (covered < topP * (1 - 1e-12) && count < p.length) covered += p[order[count++]]
        fc.pre(Math.abs(covered - topP) > 1e-9) // on the border rounding decides
        const { tokens } = shapeProbabilities(logs(p), [], { topP })
        expect(Array.from(tokens)).toEqual(order.slice(0, count))
      }),
    )
  })

  test('the repetition penalty multiplies the log of what has occurred, once', () => {
    const penalised = [0.1, 0.4 ** 1.5, 0.2, 0.3]
    const sum = penalised.reduce((a, b) => a + b)
    expect(shaped({ repetitionPenalty: 1.5 }, [1, 1])).toEqual([
      [0, 1, 2, 3],
      rounded(penalised.map((value) => value / sum)),
    ])
  })

  test('what has probability 0 is never drawn', () => {
    const { tokens } = shapeProbabilities([0, -Infinity, -Infinity], [], { topK: 3 })
    expect(Array.from(tokens)).toEqual([0])
  })
})

describe('sampling', () => {
  const table = randomTable(3, 5)
  const options = { start, end, maximumLength: 12, batch: 4 }

  test('the repetition penalty sees all that was drawn, also of an input whose neighbours have ended', () => {
    const penalty = { repetitionPenalty: 3, temperature: 0.9 }
    const found = sample(toyStepper(table), { ...options, ...penalty, random: new Random(8) })
    for (const [input, { tokens, ended }] of found.entries()) {
      const random = new Random(8).split(input)
      const drawn: number[] = []
      for (const token of ended ? [...tokens, end] : tokens) {
        const shaped = shapeProbabilities(logs(table(input, drawn)), drawn, penalty)
        let rest = random.uniform()
        const place = shaped.probabilities.findIndex((probability) => {
          rest -= probability
          return rest < 0
        })
        expect(shaped.tokens[place]).toBe(token)
        drawn.push(token)
      }
    }
    expect(new Set(found.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(1)
  })

  test('the repetition penalty costs no more per token in a long text', () => {
    const logProbs = { shape: [1, 3], data: logs([0.2, 0.3, 0.5]) }
    const coin: Stepper<number> = {
      initial: () => 1,
      step: () => ({ logProbs, state: 1 }),
      reorder: (_, rows) => rows.length,
    }
    const seconds = (repetitionPenalty: number) => {
      const begin = performance.now()
      sample(coin, { start: 9, maximumLength: 30_000, repetitionPenalty, random: new Random(1) })
      return (performance.now() - begin) / 1000
    }
    seconds(1)
    expect(seconds(2)).toBeLessThan(5 * seconds(1) + 0.5)
  })

  test('is decided by the seed, for each input by itself', () => {
    const draw = (seed: number, batch: number) =>
      sample(toyStepper(table), { ...options, batch, random: new Random(seed) })
    expect(draw(1, 4)).toEqual(draw(1, 4))
    expect(draw(1, 4)).not.toEqual(draw(2, 4))
    expect(draw(1, 2)).toEqual(draw(1, 4).slice(0, 2))
  })

  test('takes a stream for each input', () => {
    const one = toyStepper((_, prefix) => table(0, prefix)) // the same model for every input
    const streams = (...names: string[]) => names.map((name) => new Random(name))
    const draw = (random: Random[]) => sample(one, { ...options, batch: random.length, random })
    const [a, b, again] = draw(streams('a', 'b', 'a'))
    expect(again).toEqual(a)
    expect(draw(streams('b'))).toEqual([b])
    const run = () => sample(one, { ...options, random: streams('a') })
    expect(run).toThrow(UsageError)
    expect(run).toThrow('got 1 random streams; expected 4')
  })

  test("follows the model's probabilities", () => {
    const p = [0.1, 0.25, 0.05, 0.6]
    const one = toyStepper(() => p)
    const batch = 20_000
    const drawn = sample(one, { start, batch, maximumLength: 1, random: new Random(7) })
    for (const [token, probability] of p.entries()) {
      const share = drawn.filter(({ tokens }) => tokens[0] === token).length / batch
      expect(Math.abs(share - probability)).toBeLessThan(
        4 * Math.sqrt((probability * (1 - probability)) / batch),
      )
    }
  })

  test("returns the model's own log probabilities, whatever it drew from", () => {
    const stepper = toyStepper(table)
    const drawn = sample(stepper, { ...options, temperature: 2, topK: 3, random: new Random(4) })
    const sequences = drawn.map(({ tokens }) => tokens)
    expect(scoreSequences(stepper, sequences, { start, end })).toEqual(drawn)
  })

  test('topK 1 and a tiny nucleus are greedy decoding', () => {
    const expected = greedy(toyStepper(table), options)
    for (const cut of [{ topK: 1 }, { topP: 1e-9 }])
      expect(sample(toyStepper(table), { ...options, ...cut, random: new Random(9) })).toEqual(expected)
  })

  test('shows the tokens while they are decided', () => {
    const seen: number[][] = [[], [], [], []]
    const onToken = (token: number, input: number) => seen[input].push(token)
    const drawn = sample(toyStepper(table), { ...options, onToken, random: new Random(2) })
    expect(seen).toEqual(drawn.map(({ tokens }) => tokens))
  })

  test('goes on from a prefix', () => {
    const prefixes = [[1], [0, 3, 3], [], [4]]
    const drawn = sample(toyStepper(table), { ...options, prefixes, random: new Random(2) })
    for (const [i, prefix] of prefixes.entries())
      expect(drawn[i].tokens.slice(0, prefix.length)).toEqual(prefix)
  })

  test('refuses what is out of range', () => {
    for (const [bad, message] of [
      [{ temperature: 0 }, 'sample: got temperature 0; expected a number above 0'],
      [{ topK: -1 }, 'topK -1'],
      [{ topP: 0 }, 'topP 0; expected a number above 0 and at most 1'],
      [{ repetitionPenalty: 0.5 }, 'repetitionPenalty 0.5'],
    ] as const) {
      const run = () => sample(toyStepper(table), { ...options, ...bad, random: new Random(1) })
      expect(run).toThrow(UsageError)
      expect(run).toThrow(message)
    }
  })
})

test('a search releases its states, also one that fails', () => {
  const { step } = toyStepper(randomTable(1, 4))
  const states = new Set<readonly ToyRow[]>()
  const held = (state: readonly ToyRow[]) => {
    const copy = [...state]
    states.add(copy)
    return copy
  }
  const stepper: Stepper<readonly ToyRow[]> = {
    step,
    initial: (batch) => held(Array.from({ length: batch }, (_, input) => ({ input, fed: [] }))),
    reorder: (state, rows) => held(Array.from(rows, (row) => state[row])),
    release: (state) => states.delete(state),
  }
  const options = { start, end, batch: 2, maximumLength: 6 }
  greedy(stepper, options)
  expect(states.size).toBe(0)
  const failing = {
    ...stepper,
    step(state: readonly ToyRow[], tokens: Int32Array) {
      if (state[0].fed.length > 2) throw new Error('no more')
      return step(state, tokens)
    },
  }
  expect(() => greedy(failing, { ...options, minimumLength: 5 })).toThrow('no more')
  expect(states.size).toBe(0)
})

describe('scores of given sequences', () => {
  test('exact case 8: 30 steps of p = 0.01 stay finite', () => {
    const stepper = toyStepper(() => [0.01, 0.99])
    const [{ logProb, score }] = scoreSequences(stepper, [new Int32Array(30)], {
      start,
      lengthNormalisation: 1,
    })
    expect(logProb).toBeCloseTo(-138.155, 3)
    expect(score).toBeCloseTo(Math.log(0.01), 12)
  })

  test('of different lengths, several of one input, with and without the end', () => {
    const table = randomTable(8, 4)
    const sequences = [[1, 1, 0], [], [3], [0, 1, 3, 3]]
    const inputs = [0, 1, 0, 1]
    for (const ending of [[], [end]]) {
      const found = scoreSequences(toyStepper(table), sequences, {
        start,
        batch: 2,
        inputs,
        ...(ending.length > 0 && { end }),
      })
      for (const [i, sequence] of sequences.entries()) {
        const tokens = [...sequence, ...ending]
        const expected = tokens.map((token, t) => Math.log(table(inputs[i], tokens.slice(0, t))[token]))
        expect(found[i].tokenLogProbs).toEqual(expected)
        expect(found[i].tokens).toEqual(sequence)
        expect(found[i].ended).toBe(ending.length > 0)
      }
    }
  })

  test('lists that do not fit are refused', () => {
    const stepper = toyStepper(() => [0.5, 0.5])
    expect(() => scoreSequences(stepper, [[0], [1]], { start: [1] })).toThrow(ShapeError)
    expect(() => scoreSequences(stepper, [[0], [1]], { start, inputs: [0] })).toThrow(
      'got 1 inputs for 2 sequences; expected one per sequence',
    )
    for (const bad of [{ lengthNormalisation: -3 }, { coveragePenalty: Number.NaN }, { maximumLength: 0 }]) {
      expect(() => scoreSequences(stepper, [[0]], { start, ...bad })).toThrow(UsageError)
      expect(() => scoreSequences(stepper, [[0]], { start, ...bad })).toThrow(
        /^scoreSequences: got .*-3|NaN|0/,
      )
      expect(() => greedy(stepper, { start, ...bad })).toThrow(UsageError)
    }
    expect(() => scoreSequences(stepper, [[2]], { start })).toThrow(
      'got token 2; expected a whole number from 0 to 1',
    )
  })
})

// Exact case 7.
describe('beam or model?', () => {
  // Greedy goes for token 0 first (0.6) and then has nothing good left; 1, 1 is better by far.
  const table: Table = (input, prefix) => {
    if (prefix.length === 2) return [0, 0, 1]
    if (prefix.length === 0) return input === 0 ? [0.6, 0.4, 0] : [0.5, 0.5, 0]
    return prefix[0] === 0 && input === 0 ? [0.5, 0.5, 0] : [0.1, 0.9, 0]
  }
  const options = { start, end, batch: 2, lengthNormalisation: 0.7 }
  const outputs = greedy(toyStepper(table), options)
  const judge = (references: number[][]) =>
    attribute(scoreSequences(toyStepper(table), references, options), outputs).faults

  test('the beam, when the reference has the better score', () => {
    expect(outputs[0].tokens).toEqual([0, 0])
    expect(
      judge([
        [1, 1],
        [0, 1],
      ]),
    ).toEqual(['beam', 'none'])
  })

  test('the model, when it prefers its own output, and in a tie', () => {
    expect(
      judge([
        [1, 0],
        [0, 0],
      ]),
    ).toEqual(['model', 'model'])
    const tie = judge([
      [0, 1],
      [1, 1],
    ]) // 0.6 · 0.5 and 0.5 · 0.9 as their outputs
    expect(tie).toEqual(['model', 'model'])
  })

  test('fractions are of what is wrong', () => {
    const hypothesis = (tokens: number[], score: number) => ({
      tokens,
      score,
      logProb: score,
      tokenLogProbs: [],
      ended: true,
    })
    const references = [hypothesis([1], -1), hypothesis([2], -3), hypothesis([3], -3), hypothesis([4], -1)]
    const found = [hypothesis([0], -2), hypothesis([0], -2), hypothesis([0], -3), hypothesis([4], -1)]
    expect(attribute(references, found)).toEqual({
      faults: ['beam', 'model', 'model', 'none'],
      beam: 1 / 3,
      model: 2 / 3,
      forbidden: 0,
      wrong: 3 / 4,
    })
    expect(attribute([], [])).toEqual({ faults: [], beam: 0, model: 0, forbidden: 0, wrong: 0 })
    expect(() => attribute(references, [])).toThrow(ShapeError)
  })

  test('neither, where the search was not allowed to write the reference', () => {
    const references = [
      [1, 1],
      [0, 1],
    ]
    const short = { ...options, maximumLength: 1 }
    const cut = greedy(toyStepper(table), short)
    const scored = scoreSequences(toyStepper(table), references, short)
    expect(scored.map(({ forbiddenBy }) => forbiddenBy)).toEqual(['maximumLength', 'maximumLength'])
    const judged = { faults: ['forbidden', 'forbidden'], beam: 0, model: 0, forbidden: 1, wrong: 1 }
    expect(attribute(scored, cut)).toEqual(judged)
    const banned = { ...options, banned: [[1, 1]] }
    const [first] = scoreSequences(toyStepper(table), references, banned)
    expect(first.forbiddenBy).toBe('banned')
    // what is right is right, however it came to be written
    expect(attribute([first], [{ ...first, score: -9 }]).faults).toEqual(['none'])
  })

  test('a wide enough beam is never at fault', () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = randomTable(seed, 3)
      const wide = { ...options, width: 27, maximumLength: 3 }
      const best = beamSearch(toyStepper(random), wide).map(({ hypotheses }) => hypotheses[0])
      const references = scoreSequences(
        toyStepper(random),
        [
          [0, 1],
          [1, 1, 0],
        ],
        options,
      )
      expect(attribute(references, best).beam).toBe(0)
    }
  })
})
