import { UsageError } from '../errors.js'
import { type NgramSmoothing, type Smoother, smoothings } from './ngram-smoothing.js'
import { type NgramTable, NgramTree } from './ngram-tree.js'

/** What an n-gram model is made from besides the tokens. */
export interface NgramOptions {
  /** How many different tokens there are: 0 to size - 1. */
  readonly size: number
  /** n: how many tokens, the predicted one included, a probability is counted from. */
  readonly order: number
  /** `'wittenBell'` by default. */
  readonly smoothing?: NgramSmoothing
}

/** An n-gram model as plain numbers. */
export interface StoredNgrams extends NgramOptions {
  readonly table: NgramTable
}

/**
 * The baseline of language models: n-gram counts, each context interpolated with the one without its first token, h'. Below the single
 * tokens all are equally likely; contexts never seen leave everything to h'. The probabilities of all tokens add up to 1.
 *
 *   Witten-Bell:  P(w | h) = (c(h w) + T(h) P(w | h')) / (c(h) + T(h))
 *   Kneser-Ney:   P(w | h) = (max(c(h w) - D, 0) + D T(h) P(w | h')) / c(h)
 *
 * T(h) is the number of different tokens seen after h. For Kneser-Ney c(h w) is a count only where h is as long as it can be; below,
 * it is the number of different tokens seen before h w.
 *
 * Source: Witten and Bell (1991), "The zero-frequency problem"; Kneser and Ney (1995), interpolated as by Chen and Goodman (1999).
 *
 * ```ts
 * const model = NgramModel.of([0, 1, 0, 1, 0], { size: 2, order: 2 })
 * model.logProbs([1, 0], [0]) // log P(1 | 0), log P(0 | 0 1)
 * ```
 */
export class NgramModel {
  readonly size: number
  readonly order: number
  readonly smoothing: NgramSmoothing
  readonly #tree: NgramTree
  #smoother: Smoother | undefined

  constructor(options: NgramOptions & { readonly table?: NgramTable }) {
    const { size, order, smoothing = 'wittenBell', table } = options
    for (const [name, value] of Object.entries({ size, order }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new UsageError(`NgramModel: ${name} must be a whole number of at least 1, got ${value}`)
    this.size = size
    this.order = order
    this.smoothing = smoothing
    this.#tree = new NgramTree(table)
  }

  /** How many tokens were counted. */
  get tokens(): number {
    return this.#tree.followed(NgramTree.root)
  }

  /** Counts the n-grams of a long text, those that begin with its first token included. Throws a `UsageError` for an impossible token. */
  static of(tokens: ArrayLike<number>, options: NgramOptions): NgramModel {
    const model = new NgramModel(options)
    const tree = model.#tree
    const ends = model.#contexts()
    for (let i = 0; i < tokens.length; i++) {
      model.#check(tokens[i], i)
      for (let length = ends.length - 1; length >= 0; length--) {
        if (length > i) continue
        const node = tree.count(ends[length], tokens[i])
        if (length + 1 < ends.length) ends[length + 1] = node
      }
    }
    return model
  }

  /**
   * log P of each token of a text given those before it; `history` stands before the first one. A lower `order` than the model's is
   * computed from the same counts. Throws a `UsageError` for a token outside 0 to size - 1.
   */
  logProbs(tokens: ArrayLike<number>, history: ArrayLike<number> = [], order = this.order): Float64Array {
    const ends = this.#contexts(order)
    for (let i = 0; i < history.length; i++) this.#advance(ends, history[i])
    return Float64Array.from({ length: tokens.length }, (_, i) => {
      this.#check(tokens[i], i)
      const logProb = Math.log(this.#probability(ends, tokens[i]))
      this.#advance(ends, tokens[i])
      return logProb
    })
  }

  /** The share of P that a context leaves to the one without its first token; 1 where nothing was seen behind it. */
  left(context: ArrayLike<number>): number {
    let node: number = NgramTree.root
    for (let i = 0; i < context.length && node >= 0; i++) node = this.#tree.child(node, context[i])
    if (node < 0) return 1
    return this.#smooth(node, context.length, context.length === this.order - 1)?.left ?? 1
  }

  /** The counts as plain numbers, for the constructor. */
  store(): StoredNgrams {
    return { size: this.size, order: this.order, smoothing: this.smoothing, table: this.#tree.table() }
  }

  // The places in the tree of the last 0, 1 … order - 1 tokens; -1 where they were never seen together.
  #contexts(order = this.order): Int32Array {
    const ends = new Int32Array(Math.min(order, this.order)).fill(-1)
    ends[0] = NgramTree.root
    return ends
  }

  #advance(ends: Int32Array, token: number): void {
    for (let length = ends.length - 1; length > 0; length--)
      ends[length] = ends[length - 1] < 0 ? -1 : this.#tree.child(ends[length - 1], token)
  }

  #probability(ends: Int32Array, token: number): number {
    let probability = 1 / this.size
    for (const [length, context] of ends.entries()) {
      const share = context < 0 ? undefined : this.#smooth(context, length, length === ends.length - 1)
      if (share) probability = share.seen(token) + share.left * probability
    }
    return probability
  }

  #smooth(context: number, length: number, longest: boolean) {
    this.#smoother ??= smoothings[this.smoothing](this.#tree)
    return this.#smoother(context, length, longest)
  }

  #check(token: number, place: number): void {
    if (!Number.isInteger(token) || token < 0 || token >= this.size)
      throw new UsageError(
        `NgramModel: got token ${token} at position ${place}; expected 0 to ${this.size - 1}`,
      )
  }
}
