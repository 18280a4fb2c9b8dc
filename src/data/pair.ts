/** A text and what it is to become, with the place it was read from. */
export interface TextPair {
  readonly source: string
  readonly target: string
  readonly file: string
  readonly line: number
}

/** Which of several languages or columns are the source and the target: `de`, `en`; a column's name. */
export interface PairOptions {
  readonly source?: string
  readonly target?: string
}

/** A pair, or undefined when one of the texts is blank. */
export function pairOf(source: string, target: string, file: string, line: number): TextPair | undefined {
  const pair = { source: source.trim(), target: target.trim(), file, line }
  return pair.source === '' || pair.target === '' ? undefined : pair
}
