/**
 * Small pieces in a simple style: four chords in a row that all pieces share, each held for two steps, in one of three places of the
 * keyboard. What comes next follows from what sounded, so that a network can be far better than keys by themselves.
 */
export function chorales(count: number): number[][][] {
  const chords = [
    [0, 4, 7],
    [5, 9, 12],
    [7, 11, 14],
    [0, 4, 7, 12],
  ]
  return Array.from({ length: count }, (_, piece) =>
    Array.from({ length: 16 }, (_, step) => {
      const chord = chords[Math.floor(step / 2 + piece) % chords.length]
      return chord.map((pitch) => 48 + 2 * (piece % 3) + pitch)
    }),
  )
}

/** A small network for them. */
export const smallMusic = {
  model: { hiddenSize: 16 },
  train: { batchSize: 4, epochs: 20, learningRate: 0.02 },
}
