import type { Stepper } from '../../src/decoding/index.js'
import { Random } from '../../src/random/index.js'

/** The probabilities of the next token after a prefix of an input. */
export type Table = (input: number, prefix: readonly number[]) => readonly number[]

/** Where a hypothesis of a toy model stands. */
export interface ToyRow {
  readonly input: number
  /** Everything fed, the start token first. */
  readonly fed: readonly number[]
}

/** A stepper that looks its probabilities up; it also counts the rows it computes. */
export interface ToyStepper extends Stepper<readonly ToyRow[]> {
  rows: number
}

/** A model given by a table; with `attention` it has that of each input and step. */
export function toyStepper(
  table: Table,
  attention?: (input: number, step: number) => readonly number[],
): ToyStepper {
  const stepper: ToyStepper = {
    rows: 0,
    initial: (batch) => Array.from({ length: batch }, (_, input) => ({ input, fed: [] })),
    step: (state, tokens) => {
      const next = state.map(({ input, fed }, row) => ({ input, fed: [...fed, tokens[row]] }))
      const rows = next.map(({ input, fed }) => table(input, fed.slice(1)).map(Math.log))
      stepper.rows += rows.length
      return {
        logProbs: { shape: [rows.length, rows[0].length], data: rows.flat() },
        state: next,
        ...(attention && { attention: (row) => attention(next[row].input, next[row].fed.length - 1) }),
      }
    },
    reorder: (state, rows) => Array.from(rows, (row) => state[row]),
  }
  return stepper
}

/** Random probabilities that depend on everything before. */
export function randomTable(seed: number, tokens: number): Table {
  const root = new Random(seed)
  return (input, prefix) => {
    const random = root.split([input, ...prefix].join())
    const weights = Array.from({ length: tokens }, () => random.uniform() ** 3 + 1e-3)
    const sum = weights.reduce((a, b) => a + b)
    return weights.map((weight) => weight / sum)
  }
}

/** A sequence as the oracle finds it. */
export interface Found {
  tokens: number[]
  logProb: number
  score: number
}

/** Every sequence that a table allows, best first, by plain recursion. The last token ends a sequence. */
export function allSequences(
  table: Table,
  input: number,
  end: number,
  longest: number,
  alpha: number,
  allows: (tokens: readonly number[]) => boolean = () => true,
): Found[] {
  const found: Found[] = []
  const visit = (prefix: number[], logProb: number): void => {
    const probabilities = table(input, prefix)
    const withEnd = logProb + Math.log(probabilities[end])
    if (allows([...prefix, end]))
      found.push({ tokens: prefix, logProb: withEnd, score: withEnd / (prefix.length + 1) ** alpha })
    if (prefix.length === longest) return
    for (const [token, probability] of probabilities.entries())
      if (token !== end && allows([...prefix, token]))
        visit([...prefix, token], logProb + Math.log(probability))
  }
  visit([], 0)
  return found.sort((a, b) => b.score - a.score)
}
