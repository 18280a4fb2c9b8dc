import { UsageError } from '../errors.js'

/** Which pieces of a word are hashed, and into how many rows. */
export interface GramOptions {
  /** Rows that the pieces share (default 4096); 0 for none. */
  readonly buckets?: number
  /** The shortest and longest piece in characters, `<` and `>` at the ends of the word included (default 3 to 5). */
  readonly shortest?: number
  readonly longest?: number
}

/** Pieces are taken from this many leading characters of a word; what is longer is no word. */
const LONGEST_WORD = 48
const encoder = new TextEncoder()

/**
 * The 32-bit FNV-1a hash of some bytes, bytes above 127 sign-extended as fastText does (Dictionary::hash).
 *
 * @example
 * fnv1a(new TextEncoder().encode('foobar'))  // 0xbf9cf968
 */
export function fnv1a(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let hash = 2166136261
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ ((bytes[i] << 24) >> 24), 16777619)
  return hash >>> 0
}

/**
 * The character n-grams of a word as rows of a hashed table (Bojanowski et al. 2017, "Enriching word vectors with subword
 * information"): a word that was never seen shares most of its pieces with words that were.
 *
 * @example
 * const grams = new CharacterGrams({ buckets: 1000 })
 * grams.of('time')     // the rows of <ti tim ime me> <tim time ime> <time time>
 */
export class CharacterGrams {
  readonly options: Required<GramOptions>

  constructor(options: GramOptions = {}) {
    const { buckets = 4096, shortest = 3, longest = 5 } = options
    for (const [name, value, minimum] of [
      ['buckets', buckets, 0],
      ['shortest', shortest, 1],
      ['longest', longest, shortest],
    ] as const)
      if (!Number.isSafeInteger(value) || value < minimum)
        throw new UsageError(
          `CharacterGrams: ${name} must be a whole number of at least ${minimum}, got ${value}`,
        )
    this.options = { buckets, shortest, longest }
  }

  /** The rows of a word's pieces, from its start to its end, shorter pieces first; each in 0 … buckets - 1. */
  of(word: string): Int32Array {
    const { buckets, shortest, longest } = this.options
    if (buckets === 0) return new Int32Array(0)
    const characters = ['<', ...Array.from(word.slice(0, 2 * LONGEST_WORD)).slice(0, LONGEST_WORD), '>']
    const bytes = encoder.encode(characters.join(''))
    const starts = startsOf(characters)
    const rows: number[] = []
    for (let from = 0; from < characters.length; from++)
      for (let length = shortest; length <= longest && from + length <= characters.length; length++)
        rows.push(fnv1a(bytes, starts[from], starts[from + length]) % buckets)
    return Int32Array.from(rows)
  }
}

/** The byte at which each character begins in UTF-8, and the end. */
function startsOf(characters: readonly string[]): number[] {
  const starts = [0]
  for (const character of characters) starts.push((starts.at(-1) ?? 0) + encoder.encode(character).length)
  return starts
}
