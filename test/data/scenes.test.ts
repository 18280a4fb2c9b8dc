import { describe, expect, it } from 'vitest'
import { drawScene, type Scene, sceneColours, sceneShapes } from '../../src/data/index.js'
import { UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

const random = new Random(4)
const scenes = Array.from({ length: 400 }, (_, k) => drawScene(random.split(k)))

/** What a person would call the colour of a pixel: ground is dark and grey. */
function colourOf([red, green, blue]: readonly number[]): string {
  const [low, high] = [Math.min(red, green, blue), Math.max(red, green, blue)]
  if (high < 0.45) return 'ground'
  if (high - low < 0.2) return 'white'
  if (low < 0.32 && Math.min(red, green) > 0.6) return 'yellow'
  if (red > 0.5 && blue > 0.5) return 'purple'
  return red === high ? 'red' : green === high ? 'green' : 'blue'
}

/** How many pixels of a scene have a colour, inside a box and outside of all. */
function counted({ image, shapes }: Scene, colour: string) {
  const counts = { inside: 0, outside: 0, x: 0, y: 0 }
  for (let y = 0; y < image.height; y++)
    for (let x = 0; x < image.width; x++) {
      const pixel = Array.from(image.data.subarray(3 * (y * image.width + x), 3 * (y * image.width + x) + 3))
      if (colourOf(pixel) !== colour) continue
      const box = shapes.find(
        ({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height,
      )
      if (box?.colour === colour) {
        counts.inside++
        counts.x += x
        counts.y += y
      } else if (!box) counts.outside++
    }
  return { ...counts, x: counts.x / counts.inside, y: counts.y / counts.inside }
}

describe('scenes', () => {
  it('show what they are said to show: in each box its colour, outside of the boxes only ground', () => {
    for (const scene of scenes) {
      for (const { colour } of scene.shapes) {
        const { inside } = counted(scene, colour)
        expect(inside, scene.captions[0]).toBeGreaterThan(12)
      }
      for (const colour of sceneColours) expect(counted(scene, colour).outside, scene.captions[0]).toBe(0)
    }
  })

  it('stand where the captions say, seen from either shape', () => {
    const pairs = scenes.filter(({ shapes }) => shapes.length === 2)
    expect(pairs.length).toBeGreaterThan(200)
    for (const scene of pairs) {
      const { captions } = scene
      expect(captions).toHaveLength(2)
      const said = captions.map((caption) =>
        /^a (\w+) (\w+) (above|below|left of|right of) a (\w+) (\w+)$/.exec(caption),
      )
      for (const match of said) {
        const [, colour, , relation, otherColour] = match as RegExpExecArray
        const [one, other] = [counted(scene, colour), counted(scene, otherColour)]
        const [across, down] = [one.x - other.x, one.y - other.y]
        const right = { above: down < 0, below: down > 0, 'left of': across < 0, 'right of': across > 0 }
        expect(right[relation as keyof typeof right], captions.join()).toBe(true)
        const vertical = relation === 'above' || relation === 'below'
        expect(Math.abs(down) > Math.abs(across), captions.join()).toBe(vertical)
      }
    }
  })

  it('come in all colours and shapes, one or two at a time', () => {
    const kinds = new Set(
      scenes.flatMap(({ shapes }) => shapes.map(({ colour, shape }) => `${colour} ${shape}`)),
    )
    expect(kinds.size).toBe(sceneColours.length * sceneShapes.length)
    const alone = scenes.filter(({ shapes }) => shapes.length === 1)
    expect(alone.length / scenes.length).toBeGreaterThan(0.18)
    expect(alone.length / scenes.length).toBeLessThan(0.32)
    for (const { captions, shapes } of alone)
      expect(captions).toEqual([`a ${shapes[0].colour} ${shapes[0].shape}`])
  })

  it('are the same from the same stream, to the last bit, at any side', () => {
    expect(drawScene(random.split(7))).toEqual(scenes[7])
    expect(drawScene(random.split(8)).image.data).not.toEqual(scenes[7].image.data)
    const large = drawScene(random.split(7), { side: 48 })
    expect([large.image.width, large.image.height, large.image.data.length]).toEqual([48, 48, 48 * 48 * 3])
    expect(() => drawScene(random, { side: 8 })).toThrow(UsageError)
    expect(() => drawScene(random, { side: 20.5 })).toThrow(UsageError)
  })
})
