import { DataError, UsageError } from '../errors.js'
import type { WordReader } from './classify-words.js'
import { checkText } from './prediction.js'
import type { ReplySettings } from './reply-settings.js'

/** What replies are told apart by: those that are read as the same words are one reply. */
export function keyOf(reader: Pick<WordReader, 'words'>, reply: string): string {
  return reader.words.of(reply).join(' ')
}

/** Throws a `UsageError` unless there are replies to choose from, none of them empty. */
export function checkReplies(replies: unknown): asserts replies is readonly string[] {
  if (!Array.isArray(replies) || replies.length === 0)
    throw new UsageError('replies: expected a list of at least one, got none')
  for (const [index, reply] of replies.entries())
    checkText(reply, `replies: reply ${index + 1} of ${replies.length}`)
}

/** The different replies of a list by their keys, each as it is written most often (of equals, first), the most frequent first. */
export function distinctReplies(
  reader: Pick<WordReader, 'words'>,
  replies: readonly string[],
): { reply: string; count: number }[] {
  const written = new Map<string, Map<string, number>>()
  for (const reply of replies) {
    const key = keyOf(reader, reply)
    const forms = written.get(key) ?? new Map<string, number>()
    written.set(key, forms.set(reply, (forms.get(reply) ?? 0) + 1))
  }
  const byCount = <T>(list: [T, number][]) => list.sort(([, a], [, b]) => b - a)
  const counted = [...written.values()].map((forms): [string, number] => {
    const sum = [...forms.values()].reduce((total, count) => total + count, 0)
    return [byCount([...forms])[0][0], sum]
  })
  return byCount(counted).map(([reply, count]) => ({ reply, count }))
}

/** The replies to choose from, out of those of the training rows. Throws a `DataError` when fewer than two are left. */
export function dictionaryOf(
  reader: Pick<WordReader, 'words'>,
  replies: readonly string[],
  { minimumCount, most }: ReplySettings['replies'],
): string[] {
  const all = distinctReplies(reader, replies)
  const kept = all.filter(({ count }) => count >= minimumCount).slice(0, most)
  if (kept.length < 2)
    throw new DataError(
      `the training rows: expected at least two different replies with ${minimumCount} ${minimumCount === 1 ? 'row' : 'rows'} each (replies.minimumCount), found ${kept.length} of ${all.length}`,
    )
  return kept.map(({ reply }) => reply)
}
