// Generated videos of a ball that flies in one of four directions.
import type { Random } from 'unrolled/random'

/** Pixels of a side of the picture. */
export const side = 12
/** Steps to the right and down: the places of the list are the directions. */
export const directions = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const

/** A picture of side × side pixels with a soft round spot at a place, and a little noise. */
function picture(x: number, y: number, random: Random): Float32Array {
  return Float32Array.from({ length: side * side }, (_, pixel) => {
    const distance = ((pixel % side) - x) ** 2 + (Math.floor(pixel / side) - y) ** 2
    return Math.exp(-distance / 2) + 0.05 * random.normal()
  })
}

/**
 * `frames` pictures of a ball at any speed from 0.7 to 1.5 pixels per picture. The place in the middle picture is chosen first, and with
 * it nothing is said about the direction.
 */
export function video(frames: number, random: Random): { pictures: Float32Array[]; direction: number } {
  const direction = random.integer(directions.length)
  const [dx, dy] = directions[direction]
  const speed = 0.7 + 0.8 * random.uniform()
  const place = () => 2 + (side - 5) * random.uniform()
  const [x, y] = [place(), place()]
  const pictures = Array.from({ length: frames }, (_, frame) => {
    const moved = speed * (frame - (frames - 1) / 2)
    return picture(x + dx * moved, y + dy * moved, random)
  })
  return { pictures, direction }
}
