import { problem } from '../data/problem.js'
import { completeParts } from '../data/split.js'
import {
  exampleOfSpans,
  examplesOfTags,
  requireTag,
  type TaggedExample,
  type TextSpan,
} from '../data/tagged.js'
import { Words } from '../data/words.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** A text with spans, in UTF-16 code units as in `text.slice(start, end)`, and its label (intent) if it has one. */
export interface SpanRow {
  readonly text: string
  readonly spans: readonly TextSpan[]
  readonly label?: string
}

/** Tokens with tags (`O`, `B-city`, `I-city` …) and their label if they have one. */
export interface TokenRow {
  readonly tokens: readonly string[]
  readonly tags: readonly string[]
  readonly label?: string
}

/** A row of the task `tag`: a text with spans, tokens with tags, or what `readTaggedFiles` gives. */
export type TaggedRow = SpanRow | TokenRow | TaggedExample

const words = new Words({ lowerCase: false })

/** A row in tokens. Throws a `DataError` that names the row when it is not right. */
export function exampleOf(row: TaggedRow, index: number): TaggedExample {
  const where = `rows[${index}]`
  const { label } = row
  if (label !== undefined && (typeof label !== 'string' || label.trim() === ''))
    throw problem(where, 0, 'a label that is a text', String(label))
  const labelled = label === undefined ? {} : { label: label.trim() }
  if ('starts' in row) return row
  if ('tokens' in row) return ofTokens(row, where, labelled)
  const { text, spans } = row
  if (typeof text !== 'string' || text.trim() === '') throw problem(where, 0, 'a text', 'none')
  for (const span of spans ?? [undefined])
    if (!isSpan(span, text.length))
      throw problem(where, 0, 'spans { type, start, end } inside the text', JSON.stringify(span ?? 'none'))
  const { example } = exampleOfSpans({ text, ...labelled, file: where, line: 0 }, spans, words)
  if (example.tokens.length === 0) throw problem(where, 0, 'a text with words', JSON.stringify(text))
  return example
}

function ofTokens({ tokens, tags }: TokenRow, where: string, labelled: { label?: string }): TaggedExample {
  const right = Array.isArray(tokens) && tokens.length > 0 && tokens.every((token) => /^\S+$/.test(token))
  if (!right) throw problem(where, 0, 'tokens without blanks, at least one', JSON.stringify(tokens))
  if (!Array.isArray(tags) || tags.length !== tokens.length)
    throw problem(where, 0, `${tokens.length} tags, one per token`, JSON.stringify(tags))
  for (const tag of tags) requireTag(tag, where, 0)
  return examplesOfTags([{ tokens, tags, line: 0, ...labelled }], where, '').examples[0]
}

function isSpan(span: TextSpan | undefined, length: number): boolean {
  if (typeof span !== 'object' || span === null || typeof span.type !== 'string' || span.type === '')
    return false
  const { start, end } = span
  return Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= length
}

/**
 * Rows that the caller has in memory: a list, of which a tenth each is held out for validation and test, or
 * `{ train, valid?, test? }`.
 *
 * @throws DataError for a row that is not right (it says which), and when no training row has a span.
 */
export function taggedRowsInMemory(given: unknown, random: Random): DataParts<TaggedExample> {
  const parts = (Array.isArray(given) ? { all: given } : (given ?? {})) as Record<string, unknown>
  const rows = Object.fromEntries(
    ['all', 'train', 'valid', 'test'].flatMap((part) => {
      const list = parts[part]
      return Array.isArray(list) ? [[part, list.map(exampleOf)]] : []
    }),
  ) as Partial<Record<'all' | 'train' | 'valid' | 'test', TaggedExample[]>>
  const learned = rows.all ?? rows.train
  if (learned === undefined)
    throw new DataError(
      'data: expected a list of { text, spans } or { tokens, tags }, or { train, valid, test } with such lists',
    )
  if (!learned.some(({ spans }) => spans.length > 0))
    throw new DataError('data: expected training rows with spans, found none')
  const { train, valid, test } = completeParts(rows, ({ text, label = '' }) => ({ text, label }), random)
  return { train, valid, test }
}
