import type { Image } from '../codecs/image.js'
import { UsageError } from '../errors.js'
import type { Random } from '../random/random.js'
import type { Box } from './images.js'

const colours = {
  red: [0.9, 0.15, 0.15],
  green: [0.15, 0.75, 0.2],
  blue: [0.2, 0.35, 0.95],
  yellow: [0.95, 0.9, 0.2],
  purple: [0.65, 0.2, 0.75],
  white: [0.95, 0.95, 0.95],
} as const

/** Whether a point belongs to a shape of radius 1 around the origin; y points down. */
const shapes = {
  circle: (x: number, y: number) => x * x + y * y <= 1,
  square: (x: number, y: number) => Math.max(Math.abs(x), Math.abs(y)) <= 0.87,
  triangle: (x: number, y: number) => y <= 0.85 && Math.abs(x) <= (y + 1) * 0.54,
  cross: (x: number, y: number) =>
    Math.max(Math.abs(x), Math.abs(y)) <= 1 && Math.min(Math.abs(x), Math.abs(y)) <= 0.34,
} as const

/** The names of the colours in scenes. */
export const sceneColours = Object.keys(colours) as readonly (keyof typeof colours)[]
/** The names of the shapes in scenes. */
export const sceneShapes = Object.keys(shapes) as readonly (keyof typeof shapes)[]

/** A shape of a scene, and the pixels that it reaches. */
export interface SceneShape extends Box {
  readonly colour: keyof typeof colours
  readonly shape: keyof typeof shapes
}

/** A picture with what can be said about it. */
export interface Scene {
  readonly image: Image
  /** Every right caption: with two shapes, one from the view of each. */
  readonly captions: readonly string[]
  readonly shapes: readonly SceneShape[]
}

/** How a scene is drawn. */
export interface DrawSceneOptions {
  /** Pixels a side; 32 by default, 16 at least. */
  readonly side?: number
}

/** A shape before it is drawn: its middle and half its size, in pixels. */
interface Placed {
  readonly colour: SceneShape['colour']
  readonly shape: SceneShape['shape']
  readonly x: number
  readonly y: number
  readonly radius: number
}

/**
 * A scene drawn by chance: one shape or two of different colours on a dark ground with a little noise, and what can be said about it: "a red
 * circle", or "a red circle above a blue square" and "a blue square below a red circle". Two shapes never touch, and always
 * stand clearly beside or above each other. The same stream draws the same scene, to the last bit. Throws a `UsageError` for a side out of range.
 *
 * ```ts
 * const scenes = Array.from({ length: 1000 }, (_, k) => drawScene(random.split(k)))
 * ```
 */
export function drawScene(random: Random, { side = 32 }: DrawSceneOptions = {}): Scene {
  if (!Number.isInteger(side) || side < 16)
    throw new UsageError(`drawScene: got side ${side}; expected a whole number of at least 16`)
  const placed = place(random, side)
  return {
    image: paint(placed, side, random),
    captions: captionsOf(placed),
    shapes: placed.map(({ colour, shape, x, y, radius }) => {
      const [left, top] = [Math.floor(x - radius), Math.floor(y - radius)]
      return {
        ...{ colour, shape, left, top },
        ...{ width: Math.ceil(x + radius) - left, height: Math.ceil(y + radius) - top },
      }
    }),
  }
}

/** One shape in a quarter of the scenes, else two, drawn anew until they stand clearly apart. */
function place(random: Random, side: number): Placed[] {
  const count = random.uniform() < 0.25 ? 1 : 2
  const hues = random.shuffle([...sceneColours]).slice(0, count)
  for (;;) {
    const placed = hues.map((colour): Placed => {
      const radius = (0.13 + 0.06 * random.uniform()) * side
      const along = () => radius + random.uniform() * (side - 2 * radius)
      const shape = sceneShapes[random.integer(sceneShapes.length)]
      return { colour, shape, radius, x: along(), y: along() }
    })
    if (areApart(placed, side)) return placed
  }
}

function areApart([first, second]: readonly Placed[], side: number): boolean {
  if (!second) return true
  const [across, down] = [Math.abs(first.x - second.x), Math.abs(first.y - second.y)]
  const gap = Math.max(across, down) - first.radius - second.radius
  return gap >= side / 32 && Math.abs(across - down) >= side / 8
}

function captionsOf([first, second]: readonly Placed[]): string[] {
  if (!second) return [named(first)]
  const relation = (one: Placed, other: Placed) => {
    const [across, down] = [one.x - other.x, one.y - other.y]
    if (Math.abs(across) > Math.abs(down)) return across < 0 ? 'left of' : 'right of'
    return down < 0 ? 'above' : 'below'
  }
  const said = (one: Placed, other: Placed) => `${named(one)} ${relation(one, other)} ${named(other)}`
  return [said(first, second), said(second, first)]
}

const named = ({ colour, shape }: Placed) => `a ${colour} ${shape}`

/** Edges are smooth: a pixel is covered by as many of its 4 x 4 points as lie in the shape. */
function paint(placed: readonly Placed[], side: number, random: Random): Image {
  const points = [0.125, 0.375, 0.625, 0.875]
  const ground = 0.05 + 0.15 * random.uniform()
  const tints = placed.map(({ colour }) =>
    colours[colour].map((part) => part + 0.08 * (random.uniform() - 0.5)),
  )
  const data = new Float32Array(side * side * 3)
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const pixel = [ground, ground, ground]
      for (const [k, { shape, radius, ...middle }] of placed.entries()) {
        if (Math.max(Math.abs(x + 0.5 - middle.x), Math.abs(y + 0.5 - middle.y)) > radius + 1) continue
        const inside = (dx: number, dy: number) =>
          shapes[shape]((x + dx - middle.x) / radius, (y + dy - middle.y) / radius)
        const covered = points.flatMap((dy) => points.filter((dx) => inside(dx, dy))).length / 16
        for (let c = 0; c < 3; c++) pixel[c] += covered * (tints[k][c] - pixel[c])
      }
      for (const part of pixel) data[i++] = Math.max(0, Math.min(1, part + 0.02 * random.normal()))
    }
  return { width: side, height: side, channels: 3, data }
}
