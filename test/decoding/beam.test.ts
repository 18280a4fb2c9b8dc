import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BeamOptions, Hypothesis } from '../../src/decoding/index.js'
import { beamSearch, coverageOf, greedy, scoreSequences } from '../../src/decoding/index.js'
import { NonFiniteError, UsageError } from '../../src/errors.js'
import type { Found, Table } from './toy-models.js'
import { allSequences, randomTable, toyStepper } from './toy-models.js'

const start = 99
const end = 2

function expectFound(hypotheses: readonly Hypothesis[], expected: readonly Found[]): void {
  expect(hypotheses.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens))
  for (const [i, { logProb, score }] of expected.entries()) {
    expect(hypotheses[i].logProb).toBeCloseTo(logProb, 10)
    expect(hypotheses[i].score).toBeCloseTo(score, 10)
  }
}

/** The same search without any reason to stop before the maximum length. */
function naiveBeam(
  table: Table,
  input: number,
  width: number,
  best: number,
  longest: number,
  alpha: number,
): Found[] {
  let live: { tokens: number[]; logProb: number }[] = [{ tokens: [], logProb: 0 }]
  const found: Found[] = []
  for (let length = 1; live.length > 0; length++) {
    const candidates = live
      .flatMap(({ tokens, logProb }) =>
        table(input, tokens).map((p, token) => ({
          tokens: [...tokens, token],
          logProb: logProb + Math.log(p),
        })),
      )
      .filter(({ tokens }) => length <= longest || tokens.at(-1) === end)
      .sort((a, b) => b.logProb - a.logProb)
    for (const { tokens, logProb } of candidates.slice(0, width))
      if (tokens.at(-1) === end)
        found.push({ tokens: tokens.slice(0, -1), logProb, score: logProb / length ** alpha })
    live = candidates.filter(({ tokens }) => tokens.at(-1) !== end).slice(0, width)
  }
  return found.sort((a, b) => b.score - a.score).slice(0, best)
}

describe('the search on random models', () => {
  const model = {
    seed: fc.integer(),
    tokens: fc.integer({ min: 3, max: 4 }),
    longest: fc.integer({ min: 1, max: 4 }),
  }
  const scored = { alpha: fc.double({ min: 0, max: 1.5, noNaN: true }), best: fc.integer({ min: 1, max: 6 }) }

  test('is exhaustive with a width of all sequences', () => {
    fc.assert(
      fc.property(fc.record({ ...model, ...scored }), ({ seed, tokens, longest, alpha, best }) => {
        const table = randomTable(seed, tokens)
        const width = tokens ** longest
        const options = {
          start,
          end,
          width,
          best,
          maximumLength: longest,
          lengthNormalisation: alpha,
          batch: 2,
        }
        for (const [input, { hypotheses }] of beamSearch(toyStepper(table), options).entries())
          expectFound(hypotheses, allSequences(table, input, end, longest, alpha).slice(0, best))
      }),
      { numRuns: 30 },
    )
  })

  test('never stops too early: what it leaves alone could not have won', () => {
    const width = fc.integer({ min: 1, max: 4 })
    fc.assert(
      fc.property(fc.record({ ...model, ...scored, width }), ({ seed, tokens, alpha, best, width }) => {
        const table = randomTable(seed, tokens)
        const options = { start, end, width, best, maximumLength: 9, lengthNormalisation: alpha }
        const [{ hypotheses }] = beamSearch(toyStepper(table), options)
        expectFound(hypotheses, naiveBeam(table, 0, width, best, 9, alpha))
      }),
      { numRuns: 100 },
    )
  })

  test('gives an input the same in any batch', () => {
    const table = randomTable(5, 4)
    const options = { start, end, width: 3, best: 3, tree: true }
    const together = beamSearch(toyStepper(table), { ...options, batch: 4 })
    for (const [input, result] of together.entries()) {
      const alone: Table = (_, prefix) => table(input, prefix)
      expect(beamSearch(toyStepper(alone), options)[0]).toEqual(result)
    }
  })

  test('with width 1 and α 0 is greedy decoding', () => {
    for (let seed = 0; seed < 20; seed++) {
      const stepper = toyStepper(randomTable(seed, 4))
      const options = { start, end, batch: 3, maximumLength: 6, lengthNormalisation: 0 }
      const beams = beamSearch(stepper, { ...options, width: 1 })
      expect(beams.map(({ hypotheses }) => hypotheses[0])).toEqual(greedy(stepper, options))
    }
  })

  test('stops as soon as nothing can win', () => {
    const table: Table = (_, prefix) => (prefix.length === 0 ? [0.04, 0.05, 0.91] : [0.3, 0.3, 0.4])
    const stepper = toyStepper(table)
    const [{ hypotheses }] = beamSearch(stepper, { start, end, width: 2, lengthNormalisation: 0.5 })
    expect(hypotheses[0].tokens).toEqual([])
    expect(stepper.rows).toBe(1) // log 0.05 / √101 < log 0.91: not one more step
  })

  test('goes on after the first has ended', () => {
    const table: Table = (_, prefix) => {
      if (prefix.length === 0) return [0.55, 0, 0.45]
      return prefix.length >= 3 ? [0.01, 0, 0.99] : [0.99, 0, 0.01]
    }
    const [{ hypotheses }] = beamSearch(toyStepper(table), {
      start,
      end,
      width: 2,
      lengthNormalisation: 1,
      best: 2,
    })
    expect(hypotheses.map(({ tokens }) => tokens)).toEqual([[0, 0, 0], []])
  })
})

// Exact case 6: the toy table of "Jane visits Africa in September".
describe('the sentence about Jane', () => {
  const words = ['jane', 'is', 'visits', 'in', 'september', 'going', 'to', 'africa']
  const known: Record<string, Record<string, number>> = {
    '': { jane: 0.5, in: 0.28, september: 0.15 },
    in: { september: 0.7 },
    jane: { is: 0.52, visits: 0.38 },
    'jane is': { going: 0.46 },
    'jane is going': { to: 0.58 },
    'jane is going to': { africa: 0.3 },
    'jane visits': { africa: 0.95 },
    'jane visits africa': { in: 0.93 },
    'jane visits africa in': { september: 0.97 },
  }
  const textOf = (tokens: readonly number[]) => tokens.map((token) => words[token]).join(' ')
  const table: Table = (_, prefix) => {
    const given = known[textOf(prefix)] ?? {}
    const rest = 1 - Object.values(given).reduce((a, b) => a + b, 0)
    const others = words.length - Object.keys(given).length
    return words.map((word) => given[word] ?? rest / others)
  }
  const search = (width: number) =>
    beamSearch(toyStepper(table), { start, width, maximumLength: 5, lengthNormalisation: 0, tree: true })[0]

  test('step 2 with width 3 keeps three and drops "september"', () => {
    const { tree = [] } = search(3)
    const pathOf = (id: number): number[] =>
      tree[id].parent < 0 ? [] : [...pathOf(tree[id].parent), tree[id].token]
    const kept = (length: number) =>
      tree
        .filter((node) => node.length === length && node.fate === 'kept')
        .map(({ id, sum }) => [textOf(pathOf(id)), Number(Math.exp(sum).toFixed(6))])
    expect(kept(1)).toEqual([
      ['jane', 0.5],
      ['in', 0.28],
      ['september', 0.15],
    ])
    expect(kept(2)).toEqual([
      ['jane is', 0.26],
      ['in september', 0.196],
      ['jane visits', 0.19],
    ])
  })

  test('width 1 ends at 0.02081, width 3 at 0.16283, the best of all sequences', () => {
    const [narrow] = search(1).hypotheses
    expect(textOf(narrow.tokens)).toBe('jane is going to africa')
    expect(Math.exp(narrow.logProb)).toBeCloseTo(0.02081, 5)
    const [wide] = search(3).hypotheses
    expect(textOf(wide.tokens)).toBe('jane visits africa in september')
    expect(Math.exp(wide.logProb)).toBeCloseTo(0.16283, 5)

    let best = 0
    const visit = (prefix: number[], p: number): void => {
      if (prefix.length === 5) best = Math.max(best, p)
      else for (const [token, q] of table(0, prefix).entries()) visit([...prefix, token], p * q)
    }
    visit([], 1)
    expect(Math.exp(wide.logProb)).toBeCloseTo(best, 12)
  })
})

describe('constraints', () => {
  const table = randomTable(11, 4)
  const longest = 4
  const everything = { start, end, width: 4 ** 4, maximumLength: longest, lengthNormalisation: 0.7, best: 5 }
  const cases: Record<string, [Partial<BeamOptions>, (tokens: readonly number[]) => boolean]> = {
    'a minimum length': [{ minimumLength: 2 }, (tokens) => tokens.at(-1) !== end || tokens.length > 2],
    'banned tokens': [{ banned: [3, 0] }, (tokens) => ![0, 3].includes(tokens.at(-1) as number)],
    'banned sequences': [
      {
        banned: [
          [1, 0],
          [3, 3, 1],
          [0, 3, 0],
        ],
      },
      (tokens) => !/1,0$|3,3,1$|0,3,0$/.test(tokens.join()),
    ],
    'a forced prefix': [
      { prefixes: [[3, 1]] },
      (tokens) => tokens.every((token, i) => token === ([3, 1][i] ?? token)),
    ],
    'no token twice': [{ noRepeatNgram: 1 }, (tokens) => new Set(tokens).size === tokens.length],
    'no pair twice': [
      { noRepeatNgram: 2 },
      (tokens) => {
        const pairs = tokens.slice(1).map((token, i) => `${tokens[i]} ${token}`)
        return new Set(pairs).size === pairs.length
      },
    ],
  }

  test.each(Object.entries(cases))('%s: the best of what is allowed', (_, [options, allows]) => {
    const [{ hypotheses }] = beamSearch(toyStepper(table), { ...everything, ...options })
    expectFound(hypotheses, allSequences(table, 0, end, longest, 0.7, allows).slice(0, 5))
    expect(hypotheses.every(({ ended }) => ended)).toBe(true)
    const [{ tokens }] = greedy(toyStepper(table), { start, end, maximumLength: longest, ...options })
    for (let i = 1; i <= tokens.length; i++) expect(allows(tokens.slice(0, i))).toBe(true)
    // what scoreSequences says of a sequence is what the search may do with it
    const all = allSequences(table, 0, end, longest + 1, 0).map((found) => found.tokens)
    const inputs = all.map(() => 0)
    const scored = scoreSequences(toyStepper(table), all, { ...everything, ...options, batch: 1, inputs })
    const allowed = all.filter(
      (tokens) =>
        tokens.length <= longest &&
        [...tokens, end].every((_, i) => allows([...tokens, end].slice(0, i + 1))),
    )
    expect(scored.filter(({ forbiddenBy }) => !forbiddenBy).map(({ tokens }) => tokens)).toEqual(allowed)
    const reasons = new Set(scored.flatMap(({ forbiddenBy }) => forbiddenBy ?? []))
    for (const name of Object.keys(options)) expect(reasons).toContain(name)
  })

  test('a hypothesis that nothing may follow is finished as it stands', () => {
    const options = { start, end, banned: [0, 1, 3], minimumLength: 2 }
    for (const { tokens, ended, logProb } of [
      beamSearch(toyStepper(table), options)[0].hypotheses[0],
      greedy(toyStepper(table), options)[0],
    ])
      expect([tokens, ended, logProb]).toEqual([[], false, 0])
  })

  test('an n-best list holds each sequence once, with the scores of scoreSequences', () => {
    const stepper = toyStepper(table)
    const [{ hypotheses }] = beamSearch(stepper, { start, end, width: 4, best: 8, lengthNormalisation: 0.6 })
    expect(hypotheses).toHaveLength(8)
    const sequences = hypotheses.map(({ tokens }) => tokens)
    expect(new Set(sequences.map((tokens) => tokens.join())).size).toBe(8)
    const inputs = sequences.map(() => 0)
    expect(
      scoreSequences(stepper, sequences, { start, end, batch: 1, inputs, lengthNormalisation: 0.6 }),
    ).toEqual(hypotheses)
  })

  test('ties go to better ancestors, then to the lower token', () => {
    const uniform: Table = () => [0.25, 0.25, 0.25, 0.25]
    const options = { start, width: 3, best: 3, maximumLength: 2, lengthNormalisation: 0 }
    const stepper = toyStepper(uniform)
    const [{ hypotheses }] = beamSearch(stepper, options)
    expect(hypotheses.map(({ tokens }) => tokens)).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ])
    expect(stepper.rows).toBe(1 + 3) // nothing is asked of the model behind the maximum length
  })
})

describe('coverage', () => {
  test('is the sum of log min(1, attention) over the source', () => {
    expect(
      coverageOf([
        [0.5, 0.5, 0],
        [0.9, 0, 0.1],
      ]),
    ).toBeCloseTo(Math.log(0.5) + Math.log(0.1), 12)
    expect(coverageOf([])).toBe(0)
  })

  test('is in the scores of the tree where a sequence has ended, and needs attention', () => {
    const table = randomTable(4, 4)
    const looking = (_: number, step: number) => [1 - 0.1 * step, 0.1 * step]
    const options = { start, end, width: 3, best: 3, maximumLength: 5, coveragePenalty: 0.4 }
    const [{ hypotheses, tree = [] }] = beamSearch(toyStepper(table, looking), { ...options, tree: true })
    const ended = tree.filter(({ fate }) => fate === 'ended')
    expect(ended.length).toBeGreaterThan(hypotheses.length)
    for (const { logProb, score } of hypotheses)
      expect(ended.filter((node) => node.sum === logProb && node.score === score)).toHaveLength(1)
    const best = ended.reduce((a, b) => (b.score > a.score ? b : a))
    expect(best.score).toBe(hypotheses[0].score)
    const blind = toyStepper(table)
    const without = 'coveragePenalty 0.4 for a model without attention'
    expect(() => beamSearch(blind, options)).toThrow(UsageError)
    expect(() => beamSearch(blind, options)).toThrow(without)
    expect(() => greedy(blind, options)).toThrow(without)
    expect(() => scoreSequences(blind, [[0]], options)).toThrow(without)
  })

  test('the penalty prefers the sequence that has read everything', () => {
    // Token 0 reads the first source position only; ending at once leaves the second one unread.
    const table: Table = (_, prefix) => (prefix.length === 0 ? [0.4, 0, 0.6] : [0, 0, 1])
    const stepper = toyStepper(table, (_, step) => (step === 0 ? [1, 0] : [0, 1]))
    const options = { start, end, width: 2, lengthNormalisation: 0, attention: true }
    expect(beamSearch(stepper, options)[0].hypotheses[0].tokens).toEqual([])
    const [{ hypotheses }] = beamSearch(stepper, { ...options, coveragePenalty: 0.2 })
    expect(hypotheses[0].tokens).toEqual([0])
    expect(hypotheses[0].score).toBeCloseTo(Math.log(0.4), 12)
    expect(hypotheses[0].attention).toEqual([new Float64Array([1, 0]), new Float64Array([0, 1])])
  })
})

test('what is out of range is refused', () => {
  const stepper = toyStepper(randomTable(1, 3))
  const bad: [Partial<BeamOptions>, string][] = [
    [{ width: 0 }, 'beamSearch: got width 0; expected a whole number of at least 1'],
    [{ best: 1.5 }, 'best 1.5'],
    [{ lengthNormalisation: -1 }, 'lengthNormalisation -1; expected a number of at least 0'],
    [{ minimumLength: 4, maximumLength: 3 }, 'minimumLength 4; expected at most maximumLength 3'],
    [{ start: [1, 2] }, 'got 2 start tokens; expected 1, one per input'],
    [{ prefixes: [] }, 'got 0 prefixes; expected 1'],
    [{ banned: [[]] }, 'got a banned sequence without tokens'],
    [{ coveragePenalty: Number.NaN }, 'coveragePenalty NaN; expected a number of at least 0'],
    [{ end: 7, maximumLength: 1 }, 'got token 7; expected a whole number from 0 to 2'],
  ]
  for (const [options, message] of bad) {
    const run = () => beamSearch(stepper, { start, end, ...options })
    expect(run).toThrow(UsageError)
    expect(run).toThrow(message)
  }
  const broken = toyStepper(() => [0.5, Number.NaN, 0.5])
  expect(() => beamSearch(broken, { start, end })).toThrow(NonFiniteError)
  expect(() => greedy(broken, { start, end })).toThrow(NonFiniteError)
})
