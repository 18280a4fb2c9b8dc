/** A run of tokens with a type: a name, a slot. `end` is the place after its last token. */
export interface Chunk {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * The chunks that a sequence of tags marks, read as the CoNLL script does: whatever the scheme (IOB1, IOB2, IOE, BIOES; also the
 * letters of BILOU and BMES), and without complaint about tags that no scheme allows, since models predict such.
 *
 * A chunk begins at B and S, at any tag after O or after E and S, and where the type changes; it ends before O, before B and S,
 * after E and S, and where the type changes. A tag without a `-` is O, or a letter with an empty type.
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
    const tag = tagOf(text)
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

interface Tag {
  readonly letter: string
  readonly type: string
}

const OUTSIDE: Tag = { letter: 'O', type: '' }
const same: Readonly<Record<string, string>> = {
  L: 'E',
  U: 'S',
  W: 'S',
  M: 'I',
  B: 'B',
  I: 'I',
  E: 'E',
  S: 'S',
}

function tagOf(text: string): Tag {
  const letter = same[text.slice(0, 1)]
  if (letter === undefined || (text.length > 1 && text[1] !== '-')) return OUTSIDE
  return { letter, type: text.slice(2) }
}

/** Whether a chunk whose last token has the tag `before` is over when `tag` follows. */
function ends(before: Tag, tag: Tag): boolean {
  return 'ES'.includes(before.letter) || 'BSO'.includes(tag.letter) || before.type !== tag.type
}
