import { crossEntropy } from '../losses/index.js'
import { rankOf } from '../metrics/ranking.js'
import type { DualEncoder } from '../models/dual-encoder.js'
import type { Random } from '../random/index.js'
import type { Tensor } from '../tensor/index.js'
import { hideWords, type WordReader, type WordRows } from './classify-words.js'
import { keyOf } from './reply-distinct.js'
import type { PairRow } from './translate-rows.js'

/** A pair as the network reads it. */
export interface Lesson {
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

/** The rank of each pair's reply among the different replies of a hundred rows, its own among them, and the mean loss. */
export function rankAmong(
  network: DualEncoder<Int32Array>,
  lessons: readonly Lesson[],
): { ranks: number[]; loss: number } {
  const { engine } = network
  const ranks: number[] = []
  let loss = 0
  for (let first = 0; first < lessons.length; first += AMONG)
    engine.scope(() => {
      const { scores, right } = batchScores(network, lessons.slice(first, first + AMONG))
      const [, columns] = scores.shape
      for (const [row, place] of right.entries())
        ranks.push(rankOf(scores.data.subarray(row * columns, (row + 1) * columns), place))
      loss += crossEntropy(scores, engine.indices(right), { reduction: 'sum' }).item()
    })
  return { ranks, loss: loss / lessons.length }
}
