import { describe, expect, test } from 'vitest'
import { tagMask, viterbi } from '../../src/decoding/index.js'
import { NonFiniteError, ShapeError, UsageError } from '../../src/errors.js'
import { packSequences } from '../../src/tensor/index.js'
import { useEngine } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

const engine = useEngine()

/** Whether tags are spans, checked by reading them. */
function areSpans(tags: readonly string[], scheme: 'BIO' | 'BIOES'): boolean {
  let open = ''
  for (const tag of tags) {
    const [part, type = ''] = tag.split('-')
    if ((part === 'I' || part === 'E') && open !== type) return false
    if (part !== 'I' && part !== 'E' && open !== '' && scheme === 'BIOES') return false
    open = part === 'B' || part === 'I' ? type : ''
  }
  return scheme === 'BIO' || open === ''
}

describe.each([
  ['BIO', ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC']],
  ['BIOES', ['I-A', 'O', 'S-A', 'B-A', 'E-A', 'B-B', 'E-B']],
] as const)('%s', (scheme, tags) => {
  const mask = tagMask(tags)
  const paths = (length: number): number[][] =>
    length === 0 ? [[]] : paths(length - 1).flatMap((path) => tags.map((_, tag) => [...path, tag]))

  test('the mask allows the sequences that are spans, and no others', () => {
    for (const path of [...paths(1), ...paths(2), ...paths(3)]) {
      const allowed =
        mask.start[path[0]] &&
        mask.end[path[path.length - 1]] &&
        path.every((tag, t) => t === 0 || mask.transition[path[t - 1] * tags.length + tag])
      expect(Boolean(allowed), path.map((tag) => tags[tag]).join(' ')).toBe(
        areSpans(
          path.map((tag) => tags[tag]),
          scheme,
        ),
      )
    }
  })

  test('the best allowed sequence is that of enumeration', () => {
    const n = tags.length
    const scores = { start: numbers([n], 's'), transition: numbers([n * n], 't'), end: numbers([n], 'e') }
    const sequences = [1, 4, 3, 4].map((length, i) => numbers([length * n], `emissions ${scheme} ${i}`))
    engine().scope(() => {
      const found = viterbi(packSequences(engine(), sequences, n), { scores, mask })
      for (const [i, values] of sequences.entries()) {
        let best = { path: [] as number[], score: -Infinity }
        for (const path of paths(values.length / n)) {
          if (
            !areSpans(
              path.map((tag) => tags[tag]),
              scheme,
            )
          )
            continue
          let score = scores.start[path[0]] + scores.end[path[path.length - 1]]
          for (const [t, tag] of path.entries())
            score += values[t * n + tag] + (t > 0 ? scores.transition[path[t - 1] * n + tag] : 0)
          if (score > best.score) best = { path, score }
        }
        expect(Array.from(found[i].tags)).toEqual(best.path)
        expect(found[i].score).toBeCloseTo(best.score, 10)
      }
    })
  })
})

test('without scores it takes the best tag of each step; of equals the lower one', () => {
  engine().scope(() => {
    const [{ tags, score }] = viterbi(packSequences(engine(), [[0, 1, 2, 2, 3, 3]], 2))
    expect(Array.from(tags)).toEqual([1, 0, 0])
    expect(score).toBe(6)
  })
})

test('a score that is NaN is named', () => {
  engine().scope(() => {
    const emissions = packSequences(engine(), [[0, 1, Number.NaN, 0, 0, 1]], 2)
    expect(() => viterbi(emissions)).toThrow(NonFiniteError)
    expect(() => viterbi(emissions)).toThrow('the score of tag 0 in row 1 is NaN')
  })
})

test('what does not fit is refused', () => {
  engine().scope(() => {
    const emissions = packSequences(engine(), [[0, 1]], 2)
    const scores = { start: [0], transition: [0, 0, 0, 0], end: [0, 0] }
    expect(() => viterbi(emissions, { scores })).toThrow(ShapeError)
    expect(() => viterbi(emissions, { mask: tagMask(['O', 'B-X', 'I-X']) })).toThrow(
      'viterbi: got mask.start of length 3; expected 2 for 2 tags',
    )
    expect(() => viterbi(emissions, { mask: tagMask(['B-X', 'E-X']) })).toThrow(
      'no sequence of 1 tags is allowed',
    )
  })
  expect(() => tagMask(['O', 'PER'])).toThrow(UsageError)
  expect(() => tagMask(['O', 'S-PER'], 'BIO')).toThrow('expected O or B- or I- and a type')
})
