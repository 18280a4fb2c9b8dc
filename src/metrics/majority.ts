import { UsageError } from '../errors.js'

/**
 * The most frequent label (of equally frequent ones the first in order): the answer of a model that has not read the text.
 *
 * @example
 * majority(['a', 'b', 'b'])  // 'b'
 */
export function majority(labels: readonly string[]): string {
  if (labels.length === 0) throw new UsageError('majority: expected at least one label, got none')
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))[0][0]
}
