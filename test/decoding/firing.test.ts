import { describe, expect, it } from 'vitest'
import { Firing } from '../../src/decoding/index.js'
import { UsageError } from '../../src/errors.js'

const events = (firing: Firing, scores: readonly number[]) =>
  scores.flatMap((score, step) => (firing.push(score) ? [step] : []))

describe('firing', () => {
  it('one event for a score that stays, the next after it was below the threshold', () => {
    expect(events(new Firing({ threshold: 0.5 }), [0.1, 0.5, 0.9, 0.6, 0.4, 0.7, 0.2, 0.5])).toEqual([
      1, 5, 7,
    ])
  })

  it('none within the refractory time, however often the score falls and rises', () => {
    const scores = [1, 0, 1, 0, 1, 0, 1, 0]
    expect(events(new Firing({ threshold: 0.5, refractory: 3 }), scores)).toEqual([0, 4])
    expect(events(new Firing({ threshold: 0.5, refractory: 2.5 }), scores)).toEqual([0, 4])
    expect(events(new Firing({ threshold: 0.5, refractory: 1 }), scores)).toEqual([0, 2, 4, 6])
    // a score that rises within the refractory time and stays is an event when that is over
    expect(events(new Firing({ threshold: 0.5, refractory: 3 }), [1, 0, 1, 1, 1, 1])).toEqual([0, 4])
  })

  it('goes on from a state', () => {
    const firing = new Firing({ threshold: 0.5, refractory: 2 })
    firing.push(1)
    const state = firing.snapshot()
    expect(state).toEqual({ since: 0, armed: false })
    const rest = [0, 1, 1, 0, 1]
    const expected = events(firing, rest)
    firing.restore(state)
    expect(events(firing, rest)).toEqual(expected)
  })

  it('NaN is no event, and wrong options are refused', () => {
    expect(new Firing({ threshold: 0 }).push(Number.NaN)).toBe(false)
    expect(() => new Firing({ threshold: Number.NaN })).toThrow(UsageError)
    expect(() => new Firing({ threshold: 0, refractory: -1 })).toThrow(/refractory -1/)
  })
})
