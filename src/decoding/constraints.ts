import { UsageError } from '../errors.js'
import { checkWhole } from './checks.js'
import type { Link } from './hypothesis.js'
import { follow, startLink, tokensOf } from './hypothesis.js'

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
  /** Tokens that never occur, and sequences of tokens that never occur in a row. */
  banned?: Iterable<number | readonly number[]>
  /** Let no run of n tokens occur twice in a sequence; 0 (default) allows it. */
  noRepeatNgram?: number
}

/** An option that says which tokens may stand where. */
export type ConstraintName = 'maximumLength' | 'minimumLength' | 'prefixes' | 'banned' | 'noRepeatNgram'

/** Which tokens may follow: one and no other, or all but some. */
export interface Allowance {
  readonly only?: number
  readonly not: ReadonlySet<number>
}

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
  /** The longer banned sequences by the token before their last one. */
  readonly #bannedAfter = new Map<number, (readonly number[])[]>()
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
    const banned = Array.from(options.banned ?? [], (tokens) =>
      typeof tokens === 'number' ? [tokens] : tokens,
    )
    this.#banned = new Set(banned.flatMap((tokens) => (tokens.length === 1 ? tokens : [])))
    this.#bannedOrEnd = new Set(this.#banned).add(this.end)
    for (const tokens of banned) {
      if (tokens.length === 0)
        throw new UsageError(`${operation}: got a banned sequence without tokens; expected at least one`)
      if (tokens.length > 1) this.#ban(tokens, tokens[tokens.length - 2])
    }
  }

  /** The most that a score's length T can be. */
  get longest(): number {
    return this.end < 0 ? this.maximumLength : this.maximumLength + 1
  }

  /** Whether nothing may follow a hypothesis of an input. */
  stops(input: number, { length }: Link): boolean {
    return this.end < 0 && length >= Math.max(this.maximumLength, this.#prefixes[input]?.length ?? 0)
  }

  /** What may follow a hypothesis of an input that does not stop. */
  allowed(input: number, link: Link): Allowance {
    const prefix = this.#prefixes[input]
    if (prefix && link.length < prefix.length) return { only: prefix[link.length], not: new Set() }
    if (link.length >= this.maximumLength) return { only: this.end, not: new Set() }
    const not = link.length < this.#minimumLength ? this.#bannedOrEnd : this.#banned
    const here = [...this.#banEnding(link), ...(this.#ngram > 0 ? this.#repeated(tokensOf(link)) : [])]
    return { not: here.length > 0 ? new Set([...not, ...here]) : not }
  }

  /** The option that keeps an input's search from writing these tokens and the end; undefined when it may. */
  forbids(input: number, tokens: readonly number[]): ConstraintName | undefined {
    let link = startLink(this.starts[input])
    for (const token of this.end < 0 ? tokens : [...tokens, this.end]) {
      const reason = this.#forbidsNext(input, link, token)
      if (reason) return reason
      link = follow(link, token, 0)
    }
    return undefined
  }

  #forbidsNext(input: number, link: Link, token: number): ConstraintName | undefined {
    if (this.stops(input, link)) return 'maximumLength'
    const { only, not } = this.allowed(input, link)
    if (only !== undefined) {
      if (token === only) return undefined
      return link.length < (this.#prefixes[input]?.length ?? 0) ? 'prefixes' : 'maximumLength'
    }
    if (!not.has(token)) return undefined
    if (this.#banned.has(token) || this.#banEnding(link).includes(token)) return 'banned'
    return token === this.end && link.length < this.#minimumLength ? 'minimumLength' : 'noRepeatNgram'
  }

  #ban(tokens: readonly number[], after: number): void {
    const others = this.#bannedAfter.get(after)
    if (others) others.push(tokens)
    else this.#bannedAfter.set(after, [tokens])
  }

  // The last tokens of the banned sequences that a hypothesis ends with but for that token.
  #banEnding(link: Link): number[] {
    return (this.#bannedAfter.get(link.token) ?? []).flatMap((tokens) =>
      endsWith(link, tokens.slice(0, -1)) ? tokens.slice(-1) : [],
    )
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

function endsWith(link: Link, tokens: readonly number[]): boolean {
  if (link.length < tokens.length) return false
  let at: Link | undefined = link
  for (let place = tokens.length - 1; place >= 0; place--) {
    if (at?.token !== tokens[place]) return false
    at = at.before
  }
  return true
}
