import { UsageError } from '../errors.js'

/** One window of a long text, for all its parallel streams; row `step * streams + stream`, as packed batches have it. */
export interface StreamBatch {
  /** How many streams, side by side. */
  readonly streams: number
  readonly steps: number
  /** What the model reads [steps · streams]. */
  readonly inputs: Int32Array
  /** What it is to predict: the token after each input. */
  readonly targets: Int32Array
}

/** Where the windows of a text come from, for `fit`: the same in every epoch. */
export interface StreamBatches {
  readonly batchesPerEpoch: number
  batches(): Iterable<StreamBatch>
}

/**
 * Lays one long sequence of tokens out for training a language model by truncated backpropagation through time: it is cut into
 * `streams` long pieces that are read in parallel, and these into windows of `steps` tokens (the last window may be shorter). Stream b of
 * a window goes on where stream b of the window before it ended, so the model's state is to be carried over (`CarriedState`).
 *
 * Every token but the first is predicted once, but for fewer than `streams` at the end. There is no chance in it. Throws a `UsageError`
 * when there are too few tokens for one step, or for sizes that are no positive whole numbers.
 *
 * ```ts
 * // tokens 0 1 2 3 4 5 6 in two streams: 0 1 2 and 3 4 5, in windows of two steps
 * const [first] = streamBatches([0, 1, 2, 3, 4, 5, 6], { streams: 2, steps: 2 }).batches()
 * first.inputs  // 0 3, 1 4
 * first.targets // 1 4, 2 5
 * ```
 */
export function streamBatches(
  tokens: ArrayLike<number>,
  { streams, steps }: { streams: number; steps: number },
): StreamBatches {
  for (const [name, value] of Object.entries({ streams, steps }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`streamBatches: ${name} must be a whole number of at least 1, got ${value}`)
  const length = Math.floor((tokens.length - 1) / streams)
  if (length < 1)
    throw new UsageError(
      `streamBatches: got ${tokens.length} tokens for ${streams} streams; expected at least ${streams + 1}`,
    )
  const window = (from: number): StreamBatch => {
    const count = Math.min(steps, length - from)
    const at = (row: number) => (row % streams) * length + from + Math.floor(row / streams)
    const inputs = Int32Array.from({ length: count * streams }, (_, row) => tokens[at(row)])
    const targets = inputs.map((_, row) => tokens[at(row) + 1])
    return { streams, steps: count, inputs, targets }
  }
  return {
    batchesPerEpoch: Math.ceil(length / steps),
    *batches() {
      for (let from = 0; from < length; from += steps) yield window(from)
    },
  }
}
