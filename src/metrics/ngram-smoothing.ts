import type { NgramTree } from './ngram-tree.js'

/** How n-gram counts become probabilities, see `NgramModel`. */
export type NgramSmoothing = 'wittenBell' | 'kneserNey'

/** What a context says about the token behind it: P = seen(token) + left · P of the shorter context. */
export interface ContextShare {
  /** The probability that the context itself gives to a token. */
  seen(token: number): number
  /** The share that it leaves to the context without its first token. */
  readonly left: number
}

/**
 * Looks a context up: `longest` says that no longer one is used. Undefined where nothing was seen behind it.
 */
export type Smoother = (context: number, length: number, longest: boolean) => ContextShare | undefined

/** (c + T P') / (Σ c + T) with the number T of different tokens seen behind the context. */
function wittenBell(tree: NgramTree): Smoother {
  return (context) => {
    const followed = tree.followed(context)
    if (followed === 0) return undefined
    const all = followed + tree.followers(context)
    const seen = (token: number) => tree.countOf(context, token) / all
    return { seen, left: tree.followers(context) / all }
  }
}

/**
 * (max(c - D, 0) + D T P') / Σ c, where shorter contexts do not count how often a token was seen behind them but behind how many
 * different tokens they stood when it was; D = n₁ / (n₁ + 2 n₂) from the numbers of n-grams seen once and twice.
 */
function kneserNey(tree: NgramTree): Smoother {
  const { table, suffixes, lengths } = tree.links()
  const rows = table.tokens.length + 1
  const before = new Float64Array(rows) // different tokens seen before an n-gram
  for (let node = 1; node < rows; node++) if (lengths[node] > 1) before[suffixes[node]]++
  const sums = new Float64Array(rows)
  const kinds = new Float64Array(rows)
  for (let node = 1; node < rows; node++) {
    sums[table.parents[node - 1]] += before[node]
    if (before[node] > 0) kinds[table.parents[node - 1]]++
  }
  const raw = discounts(lengths, (node) => table.counts[node - 1])
  const different = discounts(lengths, (node) => before[node])
  return (context, length, longest) => {
    const total = longest ? tree.followed(context) : sums[context]
    if (total === 0) return undefined
    const discount = (longest ? raw : different)[length + 1]
    const count = (node: number) => (longest ? tree.counted(node) : before[node])
    const seen = (token: number) => {
      const node = tree.child(context, token)
      return node < 0 ? 0 : Math.max(0, count(node) - discount) / total
    }
    return { seen, left: (discount * (longest ? tree.followers(context) : kinds[context])) / total }
  }
}

/** D by the length of the n-grams; a half where too few were seen once or twice. */
function discounts(lengths: Int32Array, countOf: (node: number) => number): number[] {
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0)
  const once = new Array<number>(longest + 2).fill(0)
  const twice = new Array<number>(longest + 2).fill(0)
  for (let node = 1; node < lengths.length; node++) {
    const count = countOf(node)
    if (count === 1) once[lengths[node]]++
    if (count === 2) twice[lengths[node]]++
  }
  return once.map((n, length) => (n > 0 && twice[length] > 0 ? n / (n + 2 * twice[length]) : 0.5))
}

/** The ways of smoothing by name. */
export const smoothings: Readonly<Record<NgramSmoothing, (tree: NgramTree) => Smoother>> = {
  wittenBell,
  kneserNey,
}
