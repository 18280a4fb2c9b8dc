import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examples } from '../../examples/index.js'
import { describeFigure, engineFor, passes } from '../../examples/kit/example.js'
import { embeddedReber, predictsSet, symbols } from '../../examples/kit/reber.js'
import { Random } from '../../src/random/index.js'

const data = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-examples-'))
beforeAll(() => writeDigits(path.join(data, 'mnist')))
afterAll(() => fs.rmSync(data, { recursive: true }))

/** Files as MNIST's: digit d is a bright bar in row 2d + 2, somewhere. */
function writeDigits(folder: string): void {
  fs.mkdirSync(folder)
  const random = new Random(1)
  for (const [part, count] of [
    ['train', 1500],
    ['t10k', 500],
  ] as const) {
    const images = new Uint8Array(16 + count * 784)
    const labels = new Uint8Array(8 + count)
    for (let image = 0; image < count; image++) {
      const digit = random.integer(10)
      labels[8 + image] = digit
      const begin = 16 + image * 784 + (2 * digit + 2) * 28 + random.integer(14)
      images.fill(255, begin, begin + 14)
    }
    fs.writeFileSync(path.join(folder, `${part}-images-idx3-ubyte.gz`), gzipSync(images))
    fs.writeFileSync(path.join(folder, `${part}-labels-idx1-ubyte.gz`), gzipSync(labels))
  }
}

describe('the page of the examples', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const page = fs.readFileSync(path.join(root, 'docs/examples.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \|.*\| (\d+) \|$/gm)]

  it('has a line for each, and their seconds add up to what it says', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(examples.map(({ name }) => name).sort())
    const seconds = rows.reduce((sum, [, , time]) => sum + Number(time), 0)
    expect(page).toContain(`add up to ${seconds}.`)
  })

  it('is named in README with their number', () => {
    const words = ['sixteen', 'seventeen', 'eighteen', 'nineteen', 'twenty', 'twenty-one', 'twenty-two']
    const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8')
    expect(readme).toContain(`[${words[examples.length - 16]} examples](docs/examples.md)`)
  })
})

// Each example in its shortened form: a smaller task, fewer steps, and bars that nobody reaches who has learned nothing.
describe('the examples in their short form', () => {
  it.each(examples)('$name: $shows', async (example) => {
    const engine = await engineFor(example)
    const log: string[] = []
    const given = { engine, seed: 1, short: true, data }
    const figures = await example.run({ ...given, log: (line) => log.push(line) })
    expect(figures.length).toBeGreaterThan(0)
    expect(figures.filter((figure) => !passes(figure)).map(describeFigure)).toEqual([])
    await engine.dispose()
  })

  it('give the same numbers again, to the last bit', async () => {
    const reber = examples.filter(({ name }) => name === 'reber')[0]
    const values = []
    for (let time = 0; time < 2; time++) {
      const engine = await engineFor(reber)
      const figures = await reber.run({ engine, seed: 3, short: true, data, log: () => {} })
      values.push(figures.map(({ value }) => value))
      await engine.dispose()
    }
    expect(values[1]).toEqual(values[0])
  })
})

describe('the list of examples', () => {
  it('has every script, and the page of the documentation has a line for each', () => {
    const folder = new URL('../../examples/', import.meta.url)
    const text = (name: string) => fs.readFileSync(fileURLToPath(new URL(name, folder)), 'utf8')
    const scripts = fs.readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith('.ts'))
    const own = scripts.filter((name) => text(name).includes('export const example: Example'))
    const names = own.map((name) => name.replace('.ts', ''))
    expect(examples.map(({ name }) => name).sort()).toEqual(names.sort())
    const page = text('../docs/examples.md')
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
  })
})

describe('the embedded Reber grammar', () => {
  const random = new Random(1)
  const strings = Array.from({ length: 5000 }, () => embeddedReber(random))

  it('repeats the second symbol before the last, and knows what may follow', () => {
    for (const { tokens, next } of strings) {
      expect(tokens.at(-2)).toBe(tokens[1])
      expect(next.every((allowed, step) => allowed.includes(tokens[step + 1]))).toBe(true)
      expect(next.length).toBe(tokens.length - 1)
    }
  })

  it('takes 0.44109 nats per symbol', () => {
    const sets = strings.flatMap(({ next }) => next)
    const entropy = sets.reduce((sum, allowed) => sum + Math.log(allowed.length), 0) / sets.length
    expect(entropy).toBeCloseTo(0.44109, 2)
  })

  it('counts a prediction as right when all that may follow is above all that may not', () => {
    const scores = symbols.map((_, symbol) => symbol)
    expect(predictsSet(scores, [6, 5])).toBe(true)
    expect(predictsSet(scores, [6, 4])).toBe(false)
  })
})
