// UAX 11 (East Asian Width) W and F in blocks, and what terminals show as pictures.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const nothing = /[\p{M}\p{Cf}\p{Emoji_Modifier}]/u

/**
 * How many columns of a terminal a text takes: 2 for each Chinese, Japanese or Korean character and each emoji, none for marks that combine
 * with the character before.
 *
 * ```ts
 * columnsOf('漢a') // 3
 * ```
 */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text)
    if (columns === 0 || !nothing.test(character)) columns += wide.test(character) ? 2 : 1
  return columns
}

/** Text in at most `most` columns, what is cut off replaced by an ellipsis. */
export function cutTo(most: number, text: string): string {
  if (columnsOf(text) <= most) return text
  let kept = ''
  for (const character of text) {
    if (columnsOf(kept + character) > most - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Text with blanks behind it, or before it with `side` `'before'`, up to so many columns. */
export function paddedTo(columns: number, text: string, side: 'before' | 'behind' = 'behind'): string {
  const blanks = ' '.repeat(Math.max(0, columns - columnsOf(text)))
  return side === 'before' ? blanks + text : text + blanks
}
