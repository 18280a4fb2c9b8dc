import type { ScaledFrames } from './video-form.js'

/**
 * A rule that needs no network and knows no order: the label whose mean frame is nearest, frame by frame, or for a whole video to the mean
 * of its frames. What it reaches could be seen in single frames.
 */
export class NearestMean {
  /** `means` are those of the labels, in their order. */
  constructor(readonly means: readonly Float32Array[]) {}

  /** Counts the means; `targets` are the numbers of the labels, one for a whole video or one for each frame. */
  static of(
    videos: readonly ScaledFrames[],
    targets: readonly (readonly number[])[],
    labels: number,
  ): NearestMean {
    const [size] = videos[0].map((frame) => frame.length)
    const sums = Array.from({ length: labels }, () => new Float64Array(size))
    const counts = new Float64Array(labels)
    for (const [place, video] of videos.entries())
      for (const [step, frame] of video.entries()) {
        const label = targets[place][step] ?? targets[place][0]
        counts[label]++
        for (let i = 0; i < size; i++) sums[label][i] += frame[i]
      }
    return new NearestMean(
      sums.map((sum, label) => Float32Array.from(sum, (value) => value / Math.max(1, counts[label]))),
    )
  }

  /** The numbers of the labels: of the whole, or of each frame. */
  predict(video: ScaledFrames, kind: 'label' | 'labels'): number[] {
    return kind === 'label' ? [this.#nearest(meanOf(video))] : video.map((frame) => this.#nearest(frame))
  }

  #nearest(frame: Float32Array): number {
    const distances = this.means.map((mean) =>
      mean.reduce((sum, value, i) => sum + (value - frame[i]) ** 2, 0),
    )
    return distances.indexOf(Math.min(...distances))
  }
}

function meanOf(video: ScaledFrames): Float32Array {
  const mean = new Float64Array(video[0].length)
  for (const frame of video) for (const [i, value] of frame.entries()) mean[i] += value / video.length
  return Float32Array.from(mean)
}
