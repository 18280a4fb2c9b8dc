import type { Random } from 'unrolled/random'

/** The symbols of Reber's grammar; their numbers are their places here. */
export const symbols = ['B', 'T', 'P', 'S', 'X', 'V', 'E'] as const
const [B, T, P, S, X, V, E] = symbols.keys()

// For each node of the inner graph: the symbols that may come next, and the nodes that they lead to.
const inner: readonly (readonly (readonly [symbol: number, node: number])[])[] = [
  [[B, 1]],
  [
    [T, 2],
    [P, 3],
  ],
  [
    [S, 2],
    [X, 4],
  ],
  [
    [T, 3],
    [V, 5],
  ],
  [
    [X, 3],
    [S, 6],
  ],
  [
    [P, 4],
    [V, 6],
  ],
  [[E, 7]],
]

/** A string, and for each of its symbols but the last the set of symbols that may follow. */
export interface ReberString {
  readonly tokens: readonly number[]
  readonly next: readonly (readonly number[])[]
}

/**
 * A string of the embedded grammar: B, T or P, a string of the inner grammar, the same T or P again, E. The second T or P can only be
 * known by whoever remembers the first one over the whole inner string. At each fork both ways are equally likely.
 */
export function embeddedReber(random: Random): ReberString {
  const outer = random.integer(2) === 0 ? T : P
  const tokens = [B, outer]
  const next: number[][] = [[T, P]]
  for (let node = 0; node < inner.length; ) {
    const ways = inner[node]
    const [symbol, to] = ways[random.integer(ways.length)]
    next.push(ways.map(([symbol]) => symbol))
    tokens.push(symbol)
    node = to
  }
  return { tokens: [...tokens, outer, E], next: [...next, [outer], [E]] }
}

/** Whether every symbol that may follow got a higher score than every symbol that may not. */
export function predictsSet(scores: ArrayLike<number>, allowed: readonly number[]): boolean {
  const all = Array.from(scores)
  const lowest = Math.min(...allowed.map((symbol) => all[symbol]))
  return all.every((score, symbol) => allowed.includes(symbol) || score < lowest)
}
