/** Numbers that look random and are the same each time. */
function* draws(seed: number): Generator<number> {
  for (let state = seed * 2654435761; ; ) {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    yield state / 2 ** 32
  }
}

const directions = [
  ['right', 1],
  ['left', -1],
  ['still', 0],
] as const

/** A spot on a line of eight pixels that goes right, goes left or stays: no frame alone says which. */
function clip(seed: number): { frames: number[][]; direction: string; places: number[] } {
  const random = draws(seed)
  const [direction, step] = directions[seed % directions.length]
  const length = 3 + (seed % 3)
  const middle = 2 + Math.floor(4 * (random.next().value as number))
  const places = Array.from({ length }, (_, frame) => middle + step * (frame - 1))
  const frames = places.map((place) =>
    Array.from(
      { length: 8 },
      (_, pixel) => (pixel === place ? 1 : 0) + 0.1 * (random.next().value as number),
    ),
  )
  return { frames, direction, places }
}

/** Videos with a label of the whole: where the spot goes. */
export const clips = (count: number) =>
  Array.from({ length: count }, (_, seed) => {
    const { frames, direction } = clip(seed)
    return { frames, label: direction }
  })

/** Videos with labels of the frames: whether the spot is further right than before. */
export const frameClips = (count: number) =>
  Array.from({ length: count }, (_, seed) => {
    const { frames, places } = clip(seed)
    const labels = places.map((place, frame) => (frame > 0 && place > places[frame - 1] ? 'forth' : 'else'))
    return { frames, labels }
  })

/** A small network for them. */
export const smallVideo = {
  model: { hiddenSize: 16 },
  train: { batchSize: 8, epochs: 20, learningRate: 0.02 },
}
