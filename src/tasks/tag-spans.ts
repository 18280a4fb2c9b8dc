import type { Chunk } from '../codecs/tags.js'
import type { TagRun } from '../models/tagger.js'
import type { TagSet } from './tag-tags.js'
import type { Tokens } from './tag-words.js'

/** A span of a text: `text.slice(start, end)`, in UTF-16 code units. */
export interface SpanPrediction {
  readonly type: string
  readonly text: string
  readonly start: number
  readonly end: number
  /** The probability that exactly this span is there. */
  readonly score: number
  /** The same place in tokens. */
  readonly tokens: readonly [start: number, end: number]
}

/** What has to stand where for exactly this span to be there. */
export function runOf(
  { type, start, end }: Chunk,
  sequence: number,
  decoded: Int32Array,
  tags: TagSet,
): TagRun {
  return { sequence, start, tags: decoded.subarray(start, end), closedTo: tags.goingOn(type) }
}

/** A span of tokens in its text. */
export function spanIn(
  { text, starts, ends }: Tokens & { readonly text: string },
  { type, start: first, end: after }: Chunk,
  score: number,
): SpanPrediction {
  const [start, end] = [starts[first], ends[after - 1]]
  return { type, text: text.slice(start, end), start, end, score, tokens: [first, after] }
}
