/**
 * GPT-2's pieces: English clitics, words, numbers and runs of other marks, each with the blank before it, and white space.
 * No token spans two of them. White space is Unicode's, as in the reference implementation, not JavaScript's `\s`.
 */
const pieces =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu

/** The pieces of a text; joined they are the text. */
export const piecesOf = (text: string): readonly string[] => text.match(pieces) ?? []

/** A part of a text: a special token, or text between them. */
export interface Section {
  readonly text: string
  readonly start: number
  readonly special: boolean
}

/** An expression that finds special tokens (the longest that fits), undefined when there are none. */
export function specialPattern(specials: readonly string[]): RegExp | undefined {
  if (specials.length === 0) return undefined
  const longestFirst = [...specials].sort((a, b) => b.length - a.length)
  const escaped = longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
  return new RegExp(escaped.join('|'), 'gu')
}

/** Cuts a text at the special tokens in it. */
export function sectionsOf(text: string, pattern: RegExp | undefined): Section[] {
  const sections: Section[] = []
  let start = 0
  const add = (end: number, special: boolean) => {
    if (end > start) sections.push({ text: text.slice(start, end), start, special })
    start = end
  }
  for (const found of pattern === undefined ? [] : text.matchAll(pattern)) {
    add(found.index, false)
    add(found.index + found[0].length, true)
  }
  add(text.length, false)
  return sections
}
