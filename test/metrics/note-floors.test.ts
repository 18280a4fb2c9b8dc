import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { NoteFloors } from '../../src/metrics/index.js'

describe('NoteFloors', () => {
  const pieces = [
    [[0], [0], [1], []],
    [[1], [0, 1]],
  ]

  it('counts with half a step added: the numbers worked out by hand', () => {
    const { sounding, begins, stays } = NoteFloors.of(pieces, 2).rates
    // key 0 sounds in 3 of 6 steps; it had not sounded before 4 of them and begins in 2, had before 2 and stays in 1
    expect(sounding).toEqual([3.5 / 7, 3.5 / 7])
    expect(begins).toEqual([2.5 / 5, 2.5 / 5])
    expect(stays).toEqual([1.5 / 3, 1.5 / 3])
  })

  it('scores every step, the sum over the keys in nats', () => {
    const floors = new NoteFloors({ sounding: [0.5, 0.1], begins: [0.2, 0.3], stays: [0.6, 0.7] })
    const { independent, markov } = floors.losses([[0], [0, 1], [1]])
    const nats = (...probabilities: number[]) => -probabilities.reduce((sum, p) => sum + Math.log(p), 0)
    const expected = {
      independent: [nats(0.5, 0.9), nats(0.5, 0.1), nats(0.5, 0.1)],
      markov: [nats(0.2, 0.7), nats(0.6, 0.3), nats(0.4, 0.7)],
    }
    for (const [step, value] of expected.independent.entries())
      expect(independent[step]).toBeCloseTo(value, 12)
    for (const [step, value] of expected.markov.entries()) expect(markov[step]).toBeCloseTo(value, 12)
  })

  it('needs a step to count', () => {
    expect(() => NoteFloors.of([[]], 2)).toThrow(UsageError)
  })
})
