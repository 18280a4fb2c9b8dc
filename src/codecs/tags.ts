import { UsageError } from '../errors.js'

/** A run of tokens with a type: a name, a slot. `end` is the place after its last token. */
export interface Chunk {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * How tags write chunks down. `iob2` (also called BIO): B begins every chunk, I goes on. `iob1`: B only where a chunk follows one of
 * its type. `bioes` (also IOBES): also E at the end, S for a chunk of one token. O is outside of all chunks everywhere.
 */
export type TagScheme = 'iob1' | 'iob2' | 'bioes'

/**
 * The chunks that a sequence of tags marks, read as the CoNLL script does: whatever the scheme (those of `TagScheme`, IOE, also the
 * letters of BILOU and BMES), and without complaint about tags that no scheme allows, since models predict such.
 *
 * A chunk begins at B and S, at any tag after O or after E and S, and where the type changes; it ends before O, before B and S,
 * after E and S, and where the type changes. A tag that is neither a letter nor a letter, `-` and a type is O.
 *
 * Source: conlleval.pl (Sang and Buchholz 2000); S as in seqeval.
 *
 * @example
 * chunksOf(['B-PER', 'I-PER', 'O', 'I-LOC'])  // [{ type: 'PER', start: 0, end: 2 }, { type: 'LOC', start: 3, end: 4 }]
 */
export function chunksOf(tags: readonly string[]): Chunk[] {
  const chunks: Chunk[] = []
  let start = -1
  let before: Tag = OUTSIDE
  for (const [place, text] of tags.entries()) {
    const tag = parseTag(text) ?? OUTSIDE
    if (start >= 0 && ends(before, tag)) {
      chunks.push({ type: before.type, start, end: place })
      start = -1
    }
    if (start < 0 && tag.letter !== 'O') start = place
    before = tag
  }
  if (start >= 0) chunks.push({ type: before.type, start, end: tags.length })
  return chunks
}

/** A tag in two parts: one of the letters B, I, O, E, S, and the type. */
export interface Tag {
  readonly letter: 'B' | 'I' | 'O' | 'E' | 'S'
  readonly type: string
}

const OUTSIDE: Tag = { letter: 'O', type: '' }
const letters: Readonly<Record<string, Tag['letter']>> = {
  B: 'B',
  I: 'I',
  E: 'E',
  S: 'S',
  O: 'O',
  L: 'E',
  U: 'S',
  M: 'I',
}

/** The parts of a tag, BILOU's and BMES's letters as those of BIOES; undefined for what is no tag. */
export function parseTag(text: string): Tag | undefined {
  const letter = letters[text.slice(0, 1)]
  if (letter === undefined || (text.length > 1 && (text[1] !== '-' || letter === 'O'))) return undefined
  return letter === 'O' ? OUTSIDE : { letter, type: text.slice(2) }
}

/** Whether a chunk whose last token has the tag `before` is over when `tag` follows. */
function ends(before: Tag, tag: Tag): boolean {
  return 'ES'.includes(before.letter) || 'BSO'.includes(tag.letter) || before.type !== tag.type
}

/**
 * The tags that write chunks down in a scheme. `chunksOf` gives the chunks back.
 *
 * Throws `UsageError` when chunks overlap, are empty or go beyond `length`.
 *
 * @example
 * tagsOf([{ type: 'PER', start: 1, end: 3 }], 4, 'bioes')  // ['O', 'B-PER', 'E-PER', 'O']
 */
export function tagsOf(chunks: readonly Chunk[], length: number, scheme: TagScheme): string[] {
  const tags = new Array<string>(length).fill('O')
  let before: Chunk | undefined
  for (const chunk of [...chunks].sort((a, b) => a.start - b.start)) {
    const { type, start, end } = chunk
    if (start < (before?.end ?? 0) || end <= start || end > length)
      throw new UsageError(
        `tagsOf: expected chunks that do not overlap inside ${length} tokens, got ${start} to ${end} after ${before?.end ?? 0}`,
      )
    const follows = before?.end === start && before.type === type
    for (let place = start; place < end; place++)
      tags[place] = `${letterAt(chunk, place, scheme, follows)}-${type}`
    before = chunk
  }
  return tags
}

function letterAt({ start, end }: Chunk, place: number, scheme: TagScheme, follows: boolean): string {
  if (scheme === 'bioes' && place === end - 1) return place === start ? 'S' : 'E'
  if (place > start || (scheme === 'iob1' && !follows)) return 'I'
  return 'B'
}

/** The scheme in which a data set is written, and how many chunks begin otherwise than it says. */
export interface FoundScheme {
  readonly scheme: TagScheme
  readonly exceptions: number
}

/**
 * Finds out the scheme of some tag sequences: E or S means `bioes`; chunks that begin with I where others begin with B only after
 * their own type mean `iob1`; else it is `iob2`. `exceptions` counts the chunks that break it (in clean data none).
 *
 * @example
 * schemeOf([['I-PER', 'B-PER', 'O']])  // { scheme: 'iob1', exceptions: 0 }
 */
export function schemeOf(sequences: Iterable<readonly string[]>): FoundScheme {
  const begins = { I: 0, needed: 0, other: 0 }
  let bioes = false
  for (const tags of sequences) {
    const parsed = tags.map((tag) => parseTag(tag) ?? OUTSIDE)
    if (parsed.some(({ letter }) => letter === 'E' || letter === 'S')) bioes = true
    for (const { type, start } of chunksOf(tags)) {
      const before = parsed[start - 1] ?? OUTSIDE
      if ('IE'.includes(parsed[start].letter)) begins.I++
      else if (before.letter !== 'O' && before.type === type) begins.needed++
      else begins.other++
    }
  }
  if (bioes) return { scheme: 'bioes', exceptions: begins.I }
  return begins.I > begins.other
    ? { scheme: 'iob1', exceptions: begins.other }
    : { scheme: 'iob2', exceptions: begins.I }
}
