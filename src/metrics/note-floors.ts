import { UsageError } from '../errors.js'

/** Steps of a piece: the keys that sound in each, numbers from 0. */
type Steps = readonly (readonly number[])[]

/** What two simple rules say of each key: counts turned into probabilities. */
export interface NoteRates {
  /** P(key sounds), whatever came before. */
  readonly sounding: readonly number[]
  /** P(key sounds | it did not in the step before); at the first step of a piece nothing sounded before. */
  readonly begins: readonly number[]
  /** P(key sounds | it did in the step before). */
  readonly stays: readonly number[]
}

/**
 * Two rules that need no network for music in steps, each key by itself: how often it sounds at all, and how often it begins and stays
 * (a Markov chain of two states). Probabilities are (count + ½) / (steps + 1), so that no key is impossible (Krichevsky and Trofimov
 * 1981).
 *
 * ```ts
 * const floors = NoteFloors.of(train, 88)
 * floors.losses(piece) // { independent: [5.1, …], markov: [5.3, …] }: nats of each step
 * ```
 */
export class NoteFloors {
  constructor(readonly rates: NoteRates) {}

  /** Counts in pieces of `keys` keys. Throws a `UsageError` without any step. */
  static of(pieces: readonly Steps[], keys: number): NoteFloors {
    const sounding = new Float64Array(keys)
    const began = new Float64Array(keys)
    const stayed = new Float64Array(keys)
    const before = new Float64Array(keys)
    let steps = 0
    for (const piece of pieces) {
      let previous: readonly number[] = []
      for (const step of piece) {
        for (const key of previous) before[key]++
        for (const key of step) {
          sounding[key]++
          if (previous.includes(key)) stayed[key]++
          else began[key]++
        }
        previous = step
        steps++
      }
    }
    if (steps === 0) throw new UsageError('NoteFloors: expected at least one step, got none')
    const share = (count: number, of: number) => (count + 0.5) / (of + 1)
    return new NoteFloors({
      sounding: Array.from(sounding, (count) => share(count, steps)),
      begins: Array.from(began, (count, key) => share(count, steps - before[key])),
      stays: Array.from(stayed, (count, key) => share(count, before[key])),
    })
  }

  /** -log P of each step by each rule, in nats: the sum over all keys. */
  losses(piece: Steps): { readonly independent: Float64Array; readonly markov: Float64Array } {
    const { sounding, begins, stays } = this.rates
    const independent = new Float64Array(piece.length)
    const markov = new Float64Array(piece.length)
    const silent = surprise(sounding.map((p) => 1 - p))
    const quiet = surprise(begins.map((p) => 1 - p))
    let previous: readonly number[] = []
    for (const [place, step] of piece.entries()) {
      independent[place] = silent
      markov[place] = quiet
      for (const key of step) independent[place] += Math.log((1 - sounding[key]) / sounding[key])
      for (const key of previous)
        if (!step.includes(key)) markov[place] += Math.log((1 - begins[key]) / (1 - stays[key]))
      for (const key of step)
        markov[place] += Math.log((1 - begins[key]) / (previous.includes(key) ? stays[key] : begins[key]))
      previous = step
    }
    return { independent, markov }
  }
}

// -log of a product.
const surprise = (probabilities: readonly number[]) =>
  -probabilities.reduce((sum, probability) => sum + Math.log(probability), 0)
