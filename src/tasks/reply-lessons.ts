import { rankOf } from '../metrics/ranking.js'
import type { DualEncoder } from '../models/dual-encoder.js'
import { Random } from '../random/index.js'
import type { Tensor } from '../tensor/index.js'
import { hideWords, type WordReader, type WordRows } from './classify-words.js'
import { keyOf } from './reply-distinct.js'
import type { PairRow } from './translate-rows.js'

/** A pair as the network reads it. */
export interface Lesson {
  /** The message as it is written. */
  readonly text: string
  readonly message: WordRows
  readonly reply: WordRows
  /** Equal for replies that read alike. */
  readonly key: string
}

/** How words are made unknown in training. */
export interface WordNoise {
  readonly random: Random
  /** The share of words that is hidden. */
  readonly wordDropout: number
}

/** Rows at a time in which a reply has to be found among those of the others, as the literature has it ("1 of 100"). */
export const AMONG = 100

/** Pairs read word by word. */
export function lessonsOf(reader: WordReader, rows: readonly PairRow[]): Lesson[] {
  return rows.map(({ source, target }) => ({
    text: source,
    message: reader.read(source),
    reply: reader.read(target),
    key: keyOf(reader, target),
  }))
}

/**
 * The score of each reply of a batch for each of its messages, and which reply is right. A reply that several messages have is one column:
 * it is never its own wrong answer, and as a wrong answer to the others it counts once.
 */
export function batchScores(
  network: DualEncoder<Int32Array>,
  lessons: readonly Lesson[],
  noise?: WordNoise,
): { scores: Tensor; right: number[] } {
  const columns = [...new Map(lessons.map((lesson) => [lesson.key, lesson])).values()]
  const places = new Map(columns.map(({ key }, place) => [key, place]))
  const training = noise && { random: noise.random }
  const read = (texts: readonly WordRows[], name: string) => {
    const hidden = noise?.random.split('words').split(name)
    return texts.map((words) => (hidden ? hideWords(words, noise?.wordDropout ?? 0, hidden) : words))
  }
  const messages = read(
    lessons.map(({ message }) => message),
    'message',
  )
  const replies = read(
    columns.map(({ reply }) => reply),
    'reply',
  )
  return {
    scores: network.scores(
      network.encodeMessages(messages, training),
      network.encodeReplies(replies, training),
    ),
    right: lessons.map(({ key }) => places.get(key) as number),
  }
}

/**
 * The rank of each pair's reply among the different replies of a hundred rows, its own among them. The hundreds are drawn, the same
 * whatever the order of the rows: neighbours in a file often have one reply. The last rows are ranked among the last hundred.
 */
export function ranksAmong(network: DualEncoder<Int32Array>, lessons: readonly Lesson[]): number[] {
  const drawn = inOrder(lessons)
  new Random('ranks among a hundred').shuffle(drawn)
  const ranks: number[] = []
  for (let begin = 0; begin < drawn.length; begin += AMONG)
    network.engine.scope(() => {
      const from = Math.max(0, Math.min(begin, drawn.length - AMONG))
      const { scores, right } = batchScores(network, drawn.slice(from, from + AMONG))
      const [, columns] = scores.shape
      for (let row = begin - from; row < right.length; row++)
        ranks.push(rankOf(scores.data.subarray(row * columns, (row + 1) * columns), right[row]))
    })
  return ranks
}

/** The pairs by their texts, in an order that does not depend on the one in which they came. */
function inOrder(lessons: readonly Lesson[]): Lesson[] {
  return [...lessons].sort((a, b) => compared(a.key, b.key) || compared(a.text, b.text))
}

const compared = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
