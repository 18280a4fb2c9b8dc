// sacrebleu is written in Python, whose white space differs from JavaScript's: U+001C to U+001F and U+0085 belong to it, U+FEFF does not.
const white = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const blanks = new RegExp(`[${white}]+`, 'u')
const lastBlanks = new RegExp(`(?<![${white}])[${white}]+$`, 'u')

/** The pieces between white space, as Python's `str.split()` gives them. */
export function splitWords(text: string): string[] {
  return text.split(blanks).filter((piece) => piece !== '')
}

/** The text without white space at its end, as Python's `str.rstrip()` gives it. */
export const withoutLastBlanks = (text: string): string => text.replace(lastBlanks, '')
