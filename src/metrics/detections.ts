import { UsageError } from '../errors.js'

/** A word in a recording, in seconds. */
export interface SpokenWord {
  readonly start: number
  readonly end: number
}

/** A recording: when the word is said and when a detector fired. */
export interface DetectedScene {
  readonly seconds: number
  /** In the order of time. */
  readonly words: readonly SpokenWord[]
  /** Seconds, in the order of time. */
  readonly detections: readonly number[]
}

/** How often a detector missed the word and how often it fired without it. */
export interface DetectionErrors {
  readonly words: number
  readonly missed: number
  /** Detections without a word. */
  readonly falseAccepts: number
  readonly hours: number
  /** The share of the words that was missed; NaN without words. */
  readonly falseRejects: number
  readonly falseAcceptsPerHour: number
  /** Seconds from the end of each word that was found to its detection, in order of time; below 0 where it came before the end. */
  readonly latencies: readonly number[]
}

/**
 * Counts the errors of a detector. A detection finds the first word that is not found yet and that it does not precede, up to `tolerance`
 * seconds after the word's end; every other detection is a false accept, also a second one for the same word.
 *
 * ```ts
 * const { falseRejects, falseAcceptsPerHour } = detectionErrors([{ seconds: 10, words: [{ start: 1, end: 2 }], detections: [2.1, 7] }])
 * // 0 and 360
 * ```
 */
export function detectionErrors(
  scenes: readonly DetectedScene[],
  { tolerance = 0.75 }: { readonly tolerance?: number } = {},
): DetectionErrors {
  if (!(tolerance >= 0))
    throw new UsageError(`detectionErrors: got tolerance ${tolerance}; expected seconds, 0 or more`)
  let [words, seconds, falseAccepts] = [0, 0, 0]
  const latencies: number[] = []
  for (const scene of scenes) {
    words += scene.words.length
    seconds += scene.seconds
    const missing = [...scene.words]
    for (const time of scene.detections) {
      const found = missing.findIndex(({ start, end }) => time >= start && time <= end + tolerance)
      if (found < 0) falseAccepts++
      else latencies.push(time - missing.splice(found, 1)[0].end)
    }
  }
  const hours = seconds / 3600
  const missed = words - latencies.length
  return {
    ...{ words, missed, falseAccepts, hours },
    falseRejects: missed / words,
    falseAcceptsPerHour: falseAccepts / hours,
    latencies,
  }
}

/** A point of a detector's trade-off. */
export interface DetPoint {
  readonly threshold: number
  readonly falseRejects: number
  readonly falseAcceptsPerHour: number
}

/**
 * The threshold to detect with: of those with at most `falseAccepts` an hour the ones that miss least, and of these the middle one, as far
 * from both errors as can be. Where none is so quiet, the quietest. Throws a `UsageError` without points, and for
 * points that are no numbers, as those of scenes without words.
 */
export function chooseThreshold(curve: readonly DetPoint[], falseAccepts: number): DetPoint {
  if (curve.length === 0) throw new UsageError('chooseThreshold: expected at least one point, got none')
  for (const { falseRejects, falseAcceptsPerHour } of curve)
    if (Number.isNaN(falseRejects) || Number.isNaN(falseAcceptsPerHour))
      throw new UsageError(
        `chooseThreshold: got ${falseRejects} as the share of missed words and ${falseAcceptsPerHour} false accepts an hour; expected scenes that hold the word`,
      )
  const fewest = Math.min(...curve.map((point) => point.falseAcceptsPerHour))
  const allowed = curve.filter((point) => point.falseAcceptsPerHour <= Math.max(fewest, falseAccepts))
  const least = Math.min(...allowed.map((point) => point.falseRejects))
  const best = allowed.filter((point) => point.falseRejects === least)
  best.sort((a, b) => a.threshold - b.threshold)
  return best[Math.floor((best.length - 1) / 2)]
}

/** What of a trade-off is worth having: points that no other beats in both errors, from the fewest false accepts to the most. */
export function detFrontier(curve: readonly DetPoint[]): DetPoint[] {
  const sorted = [...curve].sort(
    (a, b) => a.falseAcceptsPerHour - b.falseAcceptsPerHour || a.falseRejects - b.falseRejects,
  )
  let least = Number.POSITIVE_INFINITY
  return sorted.filter(({ falseRejects }) => {
    if (falseRejects >= least) return false
    least = falseRejects
    return true
  })
}
