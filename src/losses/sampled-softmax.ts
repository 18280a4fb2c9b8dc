import { ShapeError, UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { Tensor } from '../tensor/index.js'
import { add, concat, describe, gatherRows, linear, multiply, reshape, sum } from '../tensor/index.js'
import { crossEntropy } from './cross-entropy.js'

/** A sampled token that is a row's target must not count against it. */
const NEVER = -1e9

/** What `sampledSoftmax` is computed from. */
export interface SampledSoftmax {
  /** The rows that predict [rows, size]. */
  readonly hidden: Tensor
  /** The output layer [tokens, size], as `Linear` has it, and its bias [tokens]. */
  readonly weight: Tensor
  readonly bias: Tensor
  /** The right token of each row. */
  readonly targets: ArrayLike<number>
  /** How many different tokens stand for all the wrong ones. */
  readonly samples: number
  readonly random: Random
}

/**
 * The mean cross-entropy of a softmax over very many tokens, estimated in training from the right token and a sample of the others: the
 * time no longer grows with the vocabulary. The sample is drawn once for the batch, token k with
 *
 *   p(k) = (log(k + 2) - log(k + 1)) / log(tokens + 1),
 *
 * which fits vocabularies that are sorted by falling count (Zipf's law), and without repetition; log of the expected count of each
 * token is subtracted from its logit, so that the estimate's gradient is that of the full softmax in the limit.
 *
 * @throws ShapeError for another number of targets than rows; UsageError unless samples is 1 to tokens - 1.
 *
 * Source: Jean et al. (2015), "On using very large target vocabulary for neural machine translation"; the sampler is TensorFlow's.
 *
 * ```ts
 * sampledSoftmax({ hidden, weight: head.weight, bias: head.bias, targets, samples: 2000, random })
 * ```
 */
export function sampledSoftmax({ hidden, weight, bias, targets, samples, random }: SampledSoftmax): Tensor {
  const [rows] = hidden.shape
  const [tokens] = weight.shape
  if (targets.length !== rows)
    throw new ShapeError(
      `sampledSoftmax: hidden ${describe(hidden.shape)} and ${targets.length} targets do not fit; expected ${rows} targets`,
    )
  if (!Number.isSafeInteger(samples) || samples < 1 || samples >= tokens)
    throw new UsageError(
      `sampledSoftmax: got samples ${samples}; expected a whole number from 1 to ${tokens - 1}`,
    )
  const { engine } = hidden
  const { drawn, expected } = drawTokens(tokens, samples, random)
  const biases = reshape(bias, [tokens, 1])
  const known = engine.indices(targets)
  const chosen = engine.indices(drawn)

  const right = add(
    sum(multiply(hidden, gatherRows(weight, known)), 1),
    reshape(gatherRows(biases, known), [rows]),
  )
  const others = linear(hidden, gatherRows(weight, chosen), reshape(gatherRows(biases, chosen), [samples]))
  const logits = concat([reshape(right, [rows, 1]), others], 1) // [rows, 1 + samples]
  const corrections = new Float64Array(rows * (1 + samples))
  for (let row = 0; row < rows; row++) {
    const from = row * (1 + samples)
    corrections[from] = -Math.log(expected(targets[row]))
    for (let i = 0; i < samples; i++)
      corrections[from + 1 + i] = drawn[i] === targets[row] ? NEVER : -Math.log(expected(drawn[i]))
  }
  const corrected = add(logits, engine.tensor(corrections, logits.shape))
  return crossEntropy(corrected, engine.indices(new Int32Array(rows)))
}

/** Different tokens, and how often each token was to be expected among the tries that this took. */
function drawTokens(tokens: number, samples: number, random: Random) {
  const scale = Math.log(tokens + 1)
  const drawn = new Set<number>()
  let tries = 0
  while (drawn.size < samples) {
    drawn.add(Math.min(tokens - 1, Math.floor(Math.exp(random.uniform() * scale)) - 1))
    tries++
  }
  const expected = (token: number) => {
    const share = Math.log((token + 2) / (token + 1)) / scale
    return -Math.expm1(tries * Math.log1p(-share))
  }
  return { drawn: Int32Array.from(drawn), expected }
}
