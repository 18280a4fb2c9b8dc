import { UsageError } from '../errors.js'
import type { Link } from './hypothesis.js'
import { tokensOf } from './hypothesis.js'

/** What every decoding can be told: how many inputs, and which tokens may stand where. */
export interface DecodingOptions {
  /** The number of inputs; default 1. */
  batch?: number
  /** The token fed first: one for all inputs, or one for each. */
  start: number | ArrayLike<number>
  /** The token that ends a sequence; without it every sequence runs to its maximum length. */
  end?: number
  /** The most tokens before the end; then only the end is allowed. Default 100. */
  maximumLength?: number
  /** The least tokens before the end. Default 0. */
  minimumLength?: number
  /** For each input the tokens that its sequence must begin with; they override all other constraints. */
  prefixes?: readonly (readonly number[])[]
  /** Tokens that never occur. */
  banned?: Iterable<number>
  /** Let no run of n tokens occur twice in a sequence; 0 (default) allows it. */
  noRepeatNgram?: number
}

/** Which tokens may follow: one and no other, or all but some. */
export interface Allowance {
  /** -1: none at all. */
  readonly only?: number
  /** Tokens that may not, beside the banned ones. */
  readonly not: ReadonlySet<number>
}

const nothing: Allowance = { only: -1, not: new Set() }

/** The checked constraints of one decoding. */
export class Constraints {
  readonly batch: number
  readonly starts: Int32Array
  readonly end: number
  readonly maximumLength: number
  readonly #minimumLength: number
  readonly #prefixes: readonly (readonly number[])[]
  readonly #banned: ReadonlySet<number>
  readonly #bannedOrEnd: ReadonlySet<number>
  readonly #ngram: number

  constructor(operation: string, options: DecodingOptions) {
    const { batch = 1, start, end = -1, maximumLength = 100, minimumLength = 0, noRepeatNgram = 0 } = options
    const check = (name: string, value: number, least: number) => checkWhole(operation, name, value, least)
    this.batch = check('batch', batch, 1)
    this.starts = typeof start === 'number' ? new Int32Array(batch).fill(start) : Int32Array.from(start)
    if (this.starts.length !== batch)
      throw new UsageError(
        `${operation}: got ${this.starts.length} start tokens; expected ${batch}, one per input`,
      )
    this.end = check('end', end, -1)
    this.maximumLength = check('maximumLength', maximumLength, 1)
    this.#minimumLength = check('minimumLength', minimumLength, 0)
    if (minimumLength > maximumLength)
      throw new UsageError(
        `${operation}: got minimumLength ${minimumLength}; expected at most maximumLength ${maximumLength}`,
      )
    this.#ngram = check('noRepeatNgram', noRepeatNgram, 0)
    this.#prefixes = options.prefixes ?? []
    if (options.prefixes && options.prefixes.length !== batch)
      throw new UsageError(
        `${operation}: got ${options.prefixes.length} prefixes; expected ${batch}, one per input`,
      )
    this.#banned = new Set(options.banned)
    this.#bannedOrEnd = new Set(this.#banned).add(this.end)
  }

  /** The most that a score's length T can be. */
  get longest(): number {
    return this.end < 0 ? this.maximumLength : this.maximumLength + 1
  }

  /** Whether nothing may follow a hypothesis of an input. */
  stops(input: number, { length }: Link): boolean {
    return this.end < 0 && length >= Math.max(this.maximumLength, this.#prefixes[input]?.length ?? 0)
  }

  /** What may follow a hypothesis of an input. */
  allowed(input: number, link: Link): Allowance {
    const prefix = this.#prefixes[input]
    if (prefix && link.length < prefix.length) return { only: prefix[link.length], not: new Set() }
    if (this.stops(input, link)) return nothing
    if (link.length >= this.maximumLength) return { only: this.end, not: new Set() }
    const not = link.length < this.#minimumLength ? this.#bannedOrEnd : this.#banned
    return { not: this.#ngram > 0 ? new Set([...not, ...this.#repeated(tokensOf(link))]) : not }
  }

  // The tokens that would complete an n-gram that has occurred.
  #repeated(tokens: readonly number[]): number[] {
    const context = this.#ngram - 1
    const last = tokens.length - context
    if (last < 0) return []
    const repeated: number[] = []
    for (let begin = 0; begin < last; begin++)
      if (tokens.slice(begin, begin + context).every((token, i) => token === tokens[last + i]))
        repeated.push(tokens[begin + context])
    return repeated
  }
}

/** Throws a `UsageError` unless the value is a whole number of at least `least`; returns it. */
export function checkWhole(operation: string, name: string, value: number, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`${operation}: got ${name} ${value}; expected a whole number of at least ${least}`)
  return value
}

/** Throws a `UsageError` unless the value is finite and at least `least`; returns it. */
export function checkNumber(operation: string, name: string, value: number, least: number): number {
  if (!(value >= least && value < Infinity))
    throw new UsageError(`${operation}: got ${name} ${value}; expected a number of at least ${least}`)
  return value
}
