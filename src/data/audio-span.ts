/** Where somebody speaks in a clip: samples from `begin` to before `end`. */
export interface SpokenSpan {
  readonly begin: number
  readonly end: number
}

/** Frames of a hundredth of a second this many times weaker than the loudest (30 dB) are no speech … */
const weakest = 1e-3
/** … nor are those within this many times the power of the quietest tenth. */
const aboveQuiet = 4

/**
 * Where the sound of a clip begins and ends, without the quiet before and after it: from the first to the last hundredth of a second that
 * is at most 30 dB below the loudest and stands out from the quietest tenth. A clip that is equally loud all through is taken whole.
 *
 * ```ts
 * const { end } = spokenSpan(samples, 16_000) // where the word is over
 * ```
 */
export function spokenSpan(samples: ArrayLike<number>, sampleRate: number): SpokenSpan {
  const length = Math.max(1, Math.round(sampleRate / 100))
  const powers = Array.from({ length: Math.ceil(samples.length / length) }, (_, frame) => {
    const end = Math.min(samples.length, (frame + 1) * length)
    let sum = 0
    for (let i = frame * length; i < end; i++) sum += samples[i] * samples[i]
    return sum / (end - frame * length)
  })
  const sorted = [...powers].sort((a, b) => a - b)
  const [loudest, quiet] = [sorted[sorted.length - 1], sorted[Math.floor(sorted.length / 10)]]
  const least = Math.min(Math.max(weakest * loudest, aboveQuiet * quiet), loudest / 2)
  const first = powers.findIndex((power) => power >= least && power > 0)
  if (first < 0) return { begin: 0, end: samples.length }
  const last = powers.findLastIndex((power) => power >= least)
  return { begin: first * length, end: Math.min(samples.length, (last + 1) * length) }
}
