import { UsageError } from '../errors.js'

/**
 * One channel of several: y_i = (1 / channels) Σ x_i of each channel, so that samples from -1 to 1 stay there. One channel alone is copied.
 * Throws a `UsageError` for no channels, or channels of unequal length.
 *
 * ```ts
 * const samples = mono(readWav(file))
 * ```
 */
export function mono({ channels }: { readonly channels: readonly ArrayLike<number>[] }): Float32Array {
  const [first] = channels
  if (!first || channels.some(({ length }) => length !== first.length))
    throw new UsageError(
      `mono: got channels of lengths ${channels.map(({ length }) => length).join(', ') || 'none'}; expected at least one, all of one length`,
    )
  return Float32Array.from(
    { length: first.length },
    (_, i) => channels.reduce((sum, samples) => sum + samples[i], 0) / channels.length,
  )
}
