/**
 * The errors of the toolkit. Every message says what was expected, what was found, where, and what to do.
 * The command line exits with 2 for a `UsageError` or a `DataError` (the caller can mend it) and 1 for the rest.
 */
export class UnrolledError extends Error {
  override name = 'UnrolledError'
}

/** An argument, option or configuration is wrong. */
export class UsageError extends UnrolledError {
  override name = 'UsageError'
}

/** A file or a value in it is wrong; the message begins with `file:line` where there is one. */
export class DataError extends UnrolledError {
  override name = 'DataError'
}

/** Two tensors, or a tensor and a layer, do not fit: names the operation, both shapes and what was expected. */
export class ShapeError extends UsageError {
  override name = 'ShapeError'
}

/** A model file or checkpoint is damaged, foreign or of a later version. */
export class FormatError extends DataError {
  override name = 'FormatError'
}

/** The heap cannot grow any further, or a tensor is used after its memory was released. */
export class MemoryError extends UnrolledError {
  override name = 'MemoryError'
}

/** A computation met a number that is not finite; says where: training at which step and batch. */
export class NonFiniteError extends UnrolledError {
  override name = 'NonFiniteError'
}

/** The valid choice nearest to a mistyped one (edit distance at most a third of its length), for "did you mean". */
export function nearest(word: string, choices: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.ceil(word.length / 3)) + 1
  for (const choice of choices) {
    const distance = editDistance(word.toLowerCase(), choice.toLowerCase())
    if (distance < bestDistance) {
      best = choice
      bestDistance = distance
    }
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]
}
