import { expect } from 'vitest'

/** Tags are balanced, coordinates are numbers, and shapes lie on the picture. */
export function expectSound(svg: string): void {
  const open: string[] = []
  for (const [tag, name] of svg.matchAll(/<\/?([a-z]+)[^>]*>/g)) {
    if (tag.startsWith('</')) expect(open.pop()).toBe(name)
    else if (!tag.endsWith('/>')) open.push(name)
  }
  expect(open).toEqual([])
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)?.map(Number) ?? []
  for (const [, x, y, w, h] of svg.matchAll(
    /<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"/g,
  )) {
    expect(Number(x)).toBeGreaterThanOrEqual(0)
    expect(Number(x) + Number(w)).toBeLessThanOrEqual(width + 1)
    expect(Number(y) + Number(h)).toBeLessThanOrEqual(height + 1)
  }
  for (const [, x, y] of svg.matchAll(/<text x="([^"]+)" y="([^"]+)"/g)) {
    expect(Number(x)).toBeLessThanOrEqual(width)
    expect(Number(y)).toBeLessThanOrEqual(height)
  }
}
