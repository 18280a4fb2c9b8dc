/** How a text is cut into words. */
export interface WordOptions {
  /** Lower-case every word (default true). */
  readonly lowerCase?: boolean
  /** `zero` writes every digit as 0, so that numbers of one shape are one word (default `keep`). */
  readonly digits?: 'keep' | 'zero'
  /** `blanks` takes whatever stands between white space as a word: for texts that were cut into tokens before (default `unicode`). */
  readonly boundaries?: 'unicode' | 'blanks'
}

/** A word and where it stands in the text. */
export interface WordSpan {
  readonly word: string
  readonly start: number
  readonly end: number
}

/** Longer pieces without white space are not remembered. */
const LONGEST_REMEMBERED = 64
const REMEMBERED = 50_000

/** Intl.Segmenter's time grows with the square of the length (V8, Node 20), so long pieces are cut into slices first. */
const SLICE = 256
const ASCII_SLICE = 4096

/**
 * Cuts texts into words and punctuation marks.
 *
 * Words are those of Unicode's word boundaries (UAX 29): by `Intl.Segmenter`, and for ASCII by an expression for the same
 * rules, equal on every engine. On top of them English clitics stand alone, as treebanks write them (`it's` is `it 's`,
 * `won't` is `wo n't`), and runs of one mark are one word (`...`). Cutting words that were joined by blanks gives the same
 * words again, so that text which is in this form already stays as it is.
 *
 * Pieces between blanks are remembered; a text of 1 MB takes well under a second.
 *
 * @example
 * new Words().of("What's the time?")                  // ['what', "'s", 'the', 'time', '?']
 * new Words({ digits: 'zero' }).of('Wake me at 6:45')  // ['wake', 'me', 'at', '0', ':', '00']
 */
export class Words {
  readonly options: Required<WordOptions>
  readonly #segmenter = new Intl.Segmenter('en', { granularity: 'word' })
  readonly #remembered = new Map<string, readonly string[]>()

  constructor(options: WordOptions = {}) {
    const { lowerCase = true, digits = 'keep', boundaries = 'unicode' } = options
    this.options = { lowerCase, digits, boundaries }
  }

  /** The words of a text, none for a blank one. */
  of(text: string): string[] {
    const words: string[] = []
    for (const piece of text.split(/\s+/)) {
      if (piece === '') continue
      for (const word of this.#piece(piece)) words.push(word)
    }
    return words
  }

  /**
   * The words of a text and where each stands in it, in UTF-16 code units: the place of the characters it was made from, even
   * where lower-casing or composing changed how many they are.
   *
   * @example
   * new Words().spans("It's CAFE\u0301")  // [{ word: 'it', start: 0, end: 2 }, { word: "'s", … }, { word: 'café', start: 5, end: 10 }]
   */
  spans(text: string): WordSpan[] {
    const spans: WordSpan[] = []
    for (const { 0: piece, index } of text.matchAll(/\S+/g)) {
      const normal = this.#normal(piece)
      const { starts, ends } = this.#places(piece, normal)
      let place = 0
      for (const word of this.#piece(piece)) {
        const begin = normal.indexOf(word, place)
        place = begin + word.length
        spans.push({ word, start: index + starts[begin], end: index + ends[place - 1] })
      }
    }
    return spans
  }

  /** For each unit of a normalised piece where in the piece the character that it comes from begins and ends. */
  #places(piece: string, normal: string): { starts: readonly number[]; ends: readonly number[] } {
    const starts: number[] = []
    const ends: number[] = []
    let begin = 0
    for (const cluster of ascii.test(piece) ? piece : clustersOf(piece)) {
      for (let unit = this.#normal(cluster).length; unit > 0; unit--) {
        starts.push(begin)
        ends.push(begin + cluster.length)
      }
      begin += cluster.length
    }
    if (starts.length === normal.length) return { starts, ends }
    // Characters that change with their neighbours: the whole piece is all that is certain.
    return { starts: Array.from(normal, () => 0), ends: Array.from(normal, () => piece.length) }
  }

  #piece(piece: string): readonly string[] {
    const known = this.#remembered.get(piece)
    if (known !== undefined) return known
    const words = this.#cut(this.#normal(piece))
    if (piece.length <= LONGEST_REMEMBERED) {
      if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
      this.#remembered.set(piece, words)
    }
    return words
  }

  #normal(piece: string): string {
    const cased = this.options.lowerCase ? piece.toLowerCase() : piece
    const asItIs = this.options.boundaries === 'blanks' || ascii.test(cased)
    const composed = asItIs ? cased : cased.replace(/[’ʼ]/g, "'").normalize('NFC')
    return this.options.digits === 'zero' ? composed.replace(/\p{Nd}/gu, '0') : composed
  }

  #cut(piece: string): string[] {
    if (this.options.boundaries === 'blanks' || onlyLetters.test(piece) || clitic.test(piece)) return [piece]
    const words: string[] = []
    let run = '' // the mark that the last word repeats
    for (const segment of this.#segments(piece)) {
      if (segment === run) words[words.length - 1] += segment
      else if (!invisible.test(segment)) words.push(...withoutClitics(segment))
      run = mark.test(segment) ? segment : ''
    }
    return words
  }

  *#segments(piece: string): Iterable<string> {
    const plain = ascii.test(piece)
    for (let start = 0; start < piece.length; ) {
      const end = sliceEnd(piece, start, plain ? ASCII_SLICE : SLICE)
      // Whether a colon joins letters depends on the engine's version of Unicode, so it is cut here.
      const runs = plain ? [piece.slice(start, end)] : piece.slice(start, end).split(/(:)/)
      for (const run of runs) yield* this.#run(run)
      start = end
    }
  }

  *#run(run: string): Iterable<string> {
    if (ascii.test(run)) for (const [segment] of run.matchAll(asciiWords)) yield segment
    else for (const { segment } of this.#segmenter.segment(run)) yield segment
  }
}

const onlyLetters = /^[a-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range begins with control characters
const ascii = /^[\x00-\x7f]*$/
const invisible = /^[\p{C}\p{Z}]+$/u
const clitic = /^(n't|'(s|m|d|ll|re|ve))$/i

/** UAX 29 for ASCII: letters, digits and _ together, with ' or . between letters and ' . , ; between digits; else one mark. */
const asciiWords =
  /[A-Za-z0-9_]+(?:(?:(?<=[A-Za-z])['.](?=[A-Za-z])|(?<=[0-9])['.,;](?=[0-9]))[A-Za-z0-9_]+)*|[\s\S]/g

const mark = /^[!-/:-@[-^`{-~]$/

/** `do n't`, `i 'm`, `they 'd 've`: the ends of a word that treebanks write as words of their own. */
function withoutClitics(word: string): string[] {
  if (word.length > LONGEST_REMEMBERED) return [word]
  const ends: string[] = []
  let rest = word
  for (let found = cliticEnd.exec(rest); found !== null; found = cliticEnd.exec(rest)) {
    ends.unshift(found[0])
    rest = rest.slice(0, -found[0].length)
  }
  return [rest, ...ends]
}

const cliticEnd = /(?<=[\p{L}\p{N}])(?:n't|'(?:s|m|d|ll|re|ve))$/iu

/** Characters with the marks that combine with them. */
const clustersOf = (piece: string): readonly string[] => piece.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []

/** The end of a slice: never between the halves of a surrogate pair. */
function sliceEnd(piece: string, start: number, length: number): number {
  const end = Math.min(piece.length, start + length)
  const code = piece.charCodeAt(end - 1)
  return end < piece.length && code >= 0xd800 && code < 0xdc00 ? end - 1 : end
}
