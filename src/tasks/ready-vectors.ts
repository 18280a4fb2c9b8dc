import type { Vocabulary } from '../data/vocabulary.js'
import type { WordVectors } from '../data/word-vectors.js'
import { UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import type { LearningJob } from './task.js'

type Job = Pick<LearningJob<unknown, unknown>, 'fit'>

/** So many words of a file of vectors are known even if no training text holds them: its first, which are the most frequent. */
const FREQUENT = 20_000

/**
 * The vocabulary of the training texts, extended by the frequent words of the job's ready-made vectors, and the vectors of its
 * words; the same vocabulary where the job has none. `normal` says how words are written in the vocabulary.
 */
export async function withReadyVectors(
  { vectors: source }: Pick<LearningJob<unknown, unknown>, 'vectors'>,
  vocabulary: Vocabulary,
  normal: (word: string) => string,
): Promise<{ readonly vocabulary: Vocabulary; readonly vectors?: WordVectors }> {
  if (source === undefined) return { vocabulary }
  const wanted = (word: string) => vocabulary.id(normal(word)) > 0
  const vectors = (await source({ wanted, first: FREQUENT })).renamed(normal)
  return { vocabulary: vocabulary.extended(vectors.vectors.keys()), vectors }
}

/**
 * Puts ready-made vectors into the rows of a table that `rowOf` names, before it is trained, and says how many they are. Throws a
 * `UsageError` when they have another size than the rows.
 */
export function putInto(
  table: Tensor,
  vectors: WordVectors,
  rowOf: (word: string) => number | undefined,
  { fit }: Job,
): void {
  const [rows, size] = table.shape
  if (vectors.size !== size)
    throw new UsageError(
      `model.embeddingSize: the ready-made vectors have ${vectors.size} numbers, the words ${size}; set it to ${vectors.size}`,
    )
  const values = table.data.slice()
  const filled = vectors.fill(values, rowOf)
  table.set(values)
  const counts = [filled, rows].map((count) => count.toLocaleString('en'))
  fit.on?.({
    type: 'notice',
    message: `${counts[0]} of the table's ${counts[1]} rows begin as ready-made vectors`,
  })
}
