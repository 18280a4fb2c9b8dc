import { sortedBatches } from '../data/batches.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { likeliest } from '../models/scheduled-sampling.js'
import type { Engine, Indices, PackedLayout, Tensor } from '../tensor/index.js'
import type { Metrics } from '../train/index.js'

/** Lessons computed at once in a validation; it changes nothing but the speed. */
const BATCH = 64

/** What a decoder says with a teacher, and what it should have said, row by row. */
export interface Taught {
  readonly logits: Tensor
  readonly next: Indices
}

/** What a decoder reads of targets that it is taught: the start, and each target but for its end. */
export function readByDecoder(targets: readonly Int32Array[], start: number): Int32Array[] {
  return targets.map((target) => Int32Array.of(start, ...target.subarray(0, -1)))
}

/** Logits beside the tokens of the targets, in the order of the logits' rows. */
export function besideTargets(
  { logits, layout }: { readonly logits: Tensor; readonly layout: PackedLayout },
  targets: readonly Int32Array[],
): Taught {
  return { logits, next: logits.engine.indices(layout.arrange(targets)) }
}

/** The mean loss of a token, and the share of tokens that would be right if those before them were. */
export function tokenMetrics<Lesson>(
  engine: Engine,
  lessons: readonly Lesson[],
  lengthOf: (lesson: Lesson) => number,
  taught: (lessons: readonly Lesson[]) => Taught,
): Metrics {
  let loss = 0
  let right = 0
  let count = 0
  for (const batch of sortedBatches(lessons.map(lengthOf), BATCH))
    engine.scope(() => {
      const { logits, next } = taught(Array.from(batch, (row) => lessons[row]))
      loss += crossEntropy(logits, next, { reduction: 'sum' }).item()
      const best = likeliest(logits)
      count += best.length
      for (const [row, token] of best.entries()) if (token === next.data[row]) right++
    })
  return { accuracy: right / count, loss: loss / count }
}
