import { describe, expect, it } from 'vitest'
import { drawGaze, type GazeMap, renderGaze } from '../../src/inspect/index.js'

const map: GazeMap = {
  words: ['a', 'red', '</s>'],
  rows: 2,
  columns: 3,
  weights: [
    [0.5, 0.25, 0.25, 0, 0, 0],
    [0, 0, 0, 0, 0, 1],
    [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6],
  ],
}

describe('renderGaze', () => {
  it('draws a grid for each word, full where most was read', () => {
    expect(renderGaze(map)).toBe(
      [
        'a        red      </s>',
        '┌──────┐ ┌──────┐ ┌──────┐',
        '│██▒▒▒▒│ │      │ │██████│',
        '│      │ │    ██│ │██████│',
        '└──────┘ └──────┘ └──────┘',
      ].join('\n'),
    )
  })

  it('goes on below where the room ends, and keeps lines that would break it apart', () => {
    const narrow = renderGaze({ ...map, words: ['a\nb', 'red', '</s>'] }, { width: 20 })
    const lines = narrow.split('\n')
    expect(lines).toHaveLength(10)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(20)
    expect(lines[0]).toBe('a␣b      red')
    expect(lines[5]).toBe('</s>')
  })
})

describe('drawGaze', () => {
  const image = { width: 30, height: 20, uri: 'data:image/png;base64,AAAA' }
  const darkness = (svg: string) =>
    [...svg.matchAll(/fill="#000000" opacity="([\d.]+)"/g)].map(([, value]) => Number(value))

  it('lays the image under each word, dark in proportion to what was not read', () => {
    const svg = drawGaze({ ...map, image }, 'A red thing')
    expect(svg.match(/<image /g)).toHaveLength(1)
    expect(svg.match(/<use /g)).toHaveLength(3)
    expect(svg).toContain(image.uri)
    expect(svg).toContain('A red thing')
    expect(darkness(svg).slice(0, 6)).toEqual([0, 0.41, 0.41, 0.82, 0.82, 0.82])
    expect(darkness(svg).slice(12)).toEqual([0, 0, 0, 0, 0, 0])
    expect(svg).toContain('“red” read 100.0 % here')
    // the image keeps its proportions: 3 to 2
    const [, width, height] = /<image [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []
    expect(Number(width) / Number(height)).toBeCloseTo(1.5, 6)
  })

  it('gives different images different names, so that several stand on one page', () => {
    const ids = [image, { ...image, uri: 'data:image/png;base64,BBBB' }].map(
      (one) => /<image id="([^"]+)"/.exec(drawGaze({ ...map, image: one }))?.[1],
    )
    expect(new Set(ids).size).toBe(2)
    expect(drawGaze({ ...map, image })).toContain(`href="#${ids[0]}"`)
  })

  it('without an image draws the weights alone', () => {
    const svg = drawGaze(map)
    expect(svg).not.toContain('<image')
    expect(svg.match(/<title>“/g)).toHaveLength(18)
  })
})
