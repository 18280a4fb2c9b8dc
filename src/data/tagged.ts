import { type Chunk, chunksOf, parseTag, schemeOf, type TagScheme } from '../codecs/tags.js'
import { problem, shown } from './problem.js'
import type { Words } from './words.js'

/** A text in tokens, with spans of tokens that have a type, and where it was read from. */
export interface TaggedExample {
  readonly text: string
  readonly tokens: readonly string[]
  /** Where each token stands in the text, in UTF-16 code units. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Names, slots: in order, without overlap; `start` and `end` count tokens. */
  readonly spans: readonly Chunk[]
  /** The label of the whole text (its intent), where the data has one. */
  readonly label?: string
  readonly file: string
  readonly line: number
}

/** What was read from one source of tagged texts. */
export interface TaggedRows {
  readonly examples: readonly TaggedExample[]
  /** What the format is called in the printed detection. */
  readonly title: string
  /** The scheme in which the tags were written, where there were tags. */
  readonly scheme?: TagScheme
  readonly notes: readonly string[]
}

/** Tokens and their tags, as files with tags hold them. */
export interface TaggedTokens {
  readonly tokens: readonly string[]
  readonly tags: readonly string[]
  readonly label?: string
  readonly line: number
}

/** Sentences with tags as examples; their text is the tokens with blanks between. The scheme is found out from all of them. */
export function examplesOfTags(sentences: readonly TaggedTokens[], file: string, title: string): TaggedRows {
  const { scheme, exceptions } = schemeOf(sentences.map(({ tags }) => tags))
  const names = { iob1: 'IOB1', iob2: 'IOB2 (BIO)', bioes: 'BIOES' }
  const notes =
    exceptions > 0
      ? [
          `${file}: ${exceptions} spans begin otherwise than ${names[scheme]} says; read as conlleval reads them`,
        ]
      : []
  const examples = sentences.map(({ tokens, tags, label, line }): TaggedExample => {
    let place = 0
    const starts = tokens.map((token) => {
      const start = place
      place += token.length + 1
      return start
    })
    return {
      text: tokens.join(' '),
      tokens,
      starts,
      ends: starts.map((start, i) => start + tokens[i].length),
      spans: chunksOf(tags),
      ...(label !== undefined && { label }),
      file,
      line,
    }
  })
  return { examples, title: `${title}, ${names[scheme]} tags`, scheme, notes }
}

/** Throws `DataError` unless a text is a tag. */
export function requireTag(tag: string, file: string, line: number): string {
  const parsed = parseTag(tag)
  if (parsed === undefined || (parsed.letter !== 'O' && parsed.type === ''))
    throw problem(file, line, 'a tag such as O, B-PER or I-PER', shown(tag))
  return tag
}

/** A span of a text in UTF-16 code units. */
export interface TextSpan {
  readonly type: string
  readonly start: number
  readonly end: number
}

/**
 * A text with spans as an example: its tokens are words, and a span that begins or ends inside a word is widened to it.
 * `widened` says how many were; of two that meet in one word the first keeps it.
 */
export function exampleOfSpans(
  source: { readonly text: string; readonly label?: string; readonly file: string; readonly line: number },
  spans: readonly TextSpan[],
  words: Words,
): { example: TaggedExample; widened: number } {
  const { text, file, line } = source
  const places = words.spans(text)
  const chunks: Chunk[] = []
  let widened = 0
  let before: TextSpan | undefined
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (before !== undefined && span.start < before.end)
      throw problem(
        file,
        line,
        'spans that do not overlap',
        `${shown(text.slice(before.start, before.end))} and ${shown(text.slice(span.start, span.end))}`,
      )
    before = span
    const first = places.findIndex(({ end }) => end > span.start)
    const last = places.findLastIndex(({ start }) => start < span.end)
    const start = Math.max(first, chunks.at(-1)?.end ?? 0)
    if (first < 0 || last < start) continue // nothing but white space, or all of it is in a widened span
    if (places[start].start < span.start || places[last].end > span.end) widened++
    chunks.push({ type: span.type, start, end: last + 1 })
  }
  const example = {
    ...source,
    tokens: places.map(({ start, end }) => text.slice(start, end)),
    starts: places.map(({ start }) => start),
    ends: places.map(({ end }) => end),
    spans: chunks,
  }
  return { example, widened }
}
