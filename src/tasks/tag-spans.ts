import type { DecodedTags } from '../models/tagger.js'
import type { TagSet } from './tag-tags.js'
import type { Tokens } from './tag-words.js'

/** A span of a text: `text.slice(start, end)`, in UTF-16 code units. */
export interface SpanPrediction {
  readonly type: string
  readonly text: string
  readonly start: number
  readonly end: number
  /** How sure the model is, 0 to 1: the probability of the least sure of its tags. */
  readonly score: number
  /** The same place in tokens. */
  readonly tokens: readonly [start: number, end: number]
}

/** The spans that decoded tags mark in a text. */
export function foundSpans(
  { text, starts, ends }: Tokens & { readonly text: string },
  tags: TagSet,
  decoded: DecodedTags,
): SpanPrediction[] {
  return tags.spans(decoded.tags).map(({ type, start: first, end: after }) => {
    const [start, end] = [starts[first], ends[after - 1]]
    const score = Math.min(1, ...decoded.confidences.subarray(first, after))
    return { type, text: text.slice(start, end), start, end, score, tokens: [first, after] }
  })
}
