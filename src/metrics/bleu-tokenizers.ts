import { splitWords } from './python-text.js'

/** How BLEU cuts texts into tokens; the names are sacrebleu's. */
export type BleuTokenizer = '13a' | 'intl' | 'char' | 'none'

/**
 * The tokenisers of BLEU: `13a` of NIST's mteval-v13a.pl (Western punctuation; the default of WMT), `intl` of mteval-v14.pl
 * (punctuation and symbols of all of Unicode), `char` (one token per character), `none` (already cut by blanks).
 */
export const bleuTokenizers: Readonly<Record<BleuTokenizer, (text: string) => string[]>> = {
  '13a': tokenize13a,
  intl: tokenizeInternational,
  char: (text) => splitWords(Array.from(text).join(' ')),
  none: splitWords,
}

function tokenize13a(text: string): string[] {
  let line = text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ')
  for (const [entity, character] of entities) line = line.replaceAll(entity, character)
  line = ` ${line} `
    .replace(/[{-~[-` -&(-+:-@/]/gu, ' $& ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ') // . and , unless a digit is before them …
    .replace(/([.,])([^0-9])/gu, ' $1 $2') // … or behind them
    .replace(/([0-9])(-)/gu, '$1 $2 ')
  return splitWords(line)
}

// In this order, one after the other, so that &amp;lt; becomes <.
const entities = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
] as const

function tokenizeInternational(text: string): string[] {
  const line = text
    .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
    .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
    .replace(/\p{S}/gu, ' $& ')
  return splitWords(line)
}
