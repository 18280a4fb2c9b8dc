import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Image } from '../../src/codecs/index.js'
import { FormatError, UsageError } from '../../src/errors.js'
import { type Captioner, type Engine, restoreModel, train } from '../../src/index.js'
import { drawGaze, renderHtml, renderTerminal } from '../../src/inspect/index.js'
import { Random } from '../../src/random/index.js'
import { numbersOf, readerFor } from '../../src/tasks/caption-pictures.js'
import type { CaptionRow, RegionFeatures } from '../../src/tasks/index.js'
import { openEngine } from '../tensor/engines.js'
import { sceneRows, scenes, smallCaptioner } from './caption-scenes.js'

let engine: Engine
let model: Captioner
const rows = sceneRows(500)
const unseen = sceneRows(80, { seed: 2 })
const images = unseen.map(({ image }) => image)

beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  model = await train({
    task: 'caption',
    data: { train: rows, valid: sceneRows(40, { seed: 3 }) },
    engine,
    model: { filters: 8, convolutions: 2, grid: 4, hiddenSize: 32 },
    train: { epochs: 6, learningRate: 0.008 },
    scores: { headline: 'exactMatch' },
  })
}, 120_000)
afterAll(() => engine.dispose())

describe('predict', () => {
  it('names colours that are there, which simple rules do not', () => {
    const colours = (text: string) =>
      text.split(' ').filter((word) => /red|green|blue|yellow|purple|white/.test(word))
    const share = (texts: readonly string[]) => {
      const right = texts.flatMap((text, k) =>
        colours(text).map((colour) => unseen[k].captions[0].includes(colour)),
      )
      return right.filter(Boolean).length / right.length
    }
    const found = model.predict(images).map(([{ text }]) => text)
    expect(share(found)).toBeGreaterThan(0.8)
    expect(share(images.map((image) => model.nearest.captionOf(image)))).toBeLessThan(0.75)
    expect(share(images.map(() => model.mostFrequent))).toBeLessThan(0.5)
  })

  it('gives a picture the same captions alone, beside others, and as a larger image', () => {
    const all = model.predict(images.slice(0, 40), { best: 2, width: 4 })
    for (const place of [0, 17, 39])
      expect(model.predict(images[place], { best: 2, width: 4 })).toEqual(all[place])
    const [{ image }] = scenes(1, { seed: 2 })
    const data = Float32Array.from({ length: 4 * image.data.length }, (_, i) => {
      const [pixel, channel] = [Math.floor(i / 3), i % 3]
      const [x, y] = [(pixel % 32) >> 1, Math.floor(pixel / 32) >> 1]
      return image.data[3 * (16 * y + x) + channel]
    })
    expect(model.predict({ width: 32, height: 32, channels: 3, data })).toEqual(model.predict(image))
  })

  it('ranks by Σ log P / T^α, the best first, and tells where it looked', () => {
    const found = model.predict(images[0], { best: 3, width: 6, lengthNormalisation: 0.5 })
    expect(found).toHaveLength(3)
    for (const { text, score, logProb, attention } of found) {
      const steps = text.split(' ').length + 1
      expect(score).toBeCloseTo(logProb / steps ** 0.5, 6)
      expect(attention).toMatchObject({ rows: 4, columns: 4, words: [...text.split(' '), '</s>'] })
      for (const weights of attention?.weights ?? []) {
        expect(weights).toHaveLength(16)
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5)
      }
    }
    expect(found[0].score).toBeGreaterThanOrEqual(found[1].score)
    expect(model.predict(images[0], { attention: false })[0].attention).toBeUndefined()
  })

  it('writes what it must begin with, and nothing that is banned', () => {
    expect(model.predict(images[0], { prefix: 'a purple' })[0].text).toMatch(/^a purple /)
    for (const { text } of model
      .predict(images.slice(0, 10), { banned: ['above', 'left of'] })
      .map(([best]) => best))
      expect(text).not.toMatch(/above|left of/)
    expect(() => model.predict(images[0], { prefix: 'a turquoise' })).toThrow(UsageError)
  })

  it.each([
    [null, 'expected an image or features, got null'],
    ['scene.png', 'expected an image or features, got "scene.png"'],
    [{ width: 2, height: 2, channels: 3, data: new Float32Array(5) }, 'got 5 numbers for 2 x 2 x 3'],
    [{ width: 1, height: 1, channels: 1, data: Float32Array.of(Number.NaN) }, 'numbers that are not finite'],
    [{ regions: 2, size: 3, data: new Float32Array(6) }, 'expected an image, got features'],
  ])('refuses %j', (picture, expected) => {
    expect(() => model.predict(picture as never)).toThrow(UsageError)
    expect(() => model.predict([images[0], picture as never])).toThrow(`picture 2 of 2: expected an image`)
    expect(() => model.predict(picture as never)).toThrow(expected)
    expect(() => model.predict(images[0], { best: 0 })).toThrow(UsageError)
  })
})

describe('evaluate', () => {
  it('counts a caption as right that equals any of those of the picture', () => {
    const written = model.predict(images).map(([{ text }]) => text)
    const right = written.filter((text, k) => unseen[k].captions.includes(text)).length
    const { scores, baselines, details } = model.evaluate(unseen)
    expect(scores.exactMatch).toBeCloseTo(right / unseen.length, 12)
    expect(Object.keys(baselines)).toEqual(['mostFrequent', 'nearestPicture'])
    expect(scores.exactMatch).toBeGreaterThan(Number(baselines.mostFrequent))
    expect(Object.keys(scores)[0]).toBe('exactMatch')
    expect(String(details.signature)).toContain('nrefs:var')
    const own = unseen.map((row, k) => ({ ...row, captions: ['something else', written[k].toUpperCase()] }))
    expect(model.evaluate(own).scores.exactMatch).toBe(1)
  })
})

describe('inspect', () => {
  it('shows the recurrent layer while it writes, the search, and the image under what was looked at', () => {
    const inspection = model.inspect(images[0], { title: 'scene 1' })
    const [{ text, attention }] = model.predict(images[0])
    expect(inspection.steps).toEqual(['<s>', ...text.split(' ')])
    expect(inspection.layers.map(({ cell }) => cell)).toEqual(['lstm'])
    expect(inspection.influence?.values).toHaveLength(inspection.steps.length)
    expect(inspection.gaze).toMatchObject({ ...attention, image: { width: 16, height: 16 } })
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection)
    const page = renderHtml([inspection])
    expect(page).toContain('What was looked at for each word')
    expect(page.match(/data:image\/png;base64/g)).toHaveLength(1)
    expect(renderTerminal(inspection)).toContain('What was looked at for each word')
    if (inspection.gaze)
      expect(drawGaze(inspection.gaze).match(/<use /g)).toHaveLength(text.split(' ').length + 1)
  })
})

describe('features in place of images', () => {
  /** Of each shape a region that says its colour and where it is: what a detector of objects gives. */
  const featured = (count: number, seed: number): CaptionRow[] =>
    scenes(count, { seed }).map(({ shapes, captions, image }) => {
      const numbers = shapes.flatMap(({ colour, shape, left, top }) => [
        ...['red', 'green', 'blue', 'yellow', 'purple', 'white'].map((name) => Number(name === colour)),
        ...['circle', 'square', 'triangle', 'cross'].map((name) => Number(name === shape)),
        ...[left / image.width, top / image.height],
      ])
      return { image: { regions: shapes.length, size: 12, data: Float32Array.from(numbers) }, captions }
    })

  const scores = { headline: 'exactMatch' } as const

  it('are learned from, each picture with its own number of regions', async () => {
    const settings = { model: { hiddenSize: 32 }, train: { epochs: 12, learningRate: 0.01 }, scores } as const
    const learned = await train({ task: 'caption', data: { train: featured(600, 1) }, engine, ...settings })
    const test = featured(60, 2)
    const { scores: found, baselines } = learned.evaluate(test)
    expect(found.exactMatch).toBeGreaterThan(0.3)
    expect(found.exactMatch).toBeGreaterThan(5 * Number(baselines.mostFrequent))
    const [{ attention }] = learned.predict(test[0].image)
    const { regions } = test[0].image as RegionFeatures
    expect(attention).toMatchObject({ rows: 1, columns: regions })
    expect(learned.inspect(test[0].image).gaze?.image).toBeUndefined()
    expect(() => learned.predict(images[0])).toThrow('expected features of 12 numbers a region, got an image')
    const restored = await restoreModel(engine, { ...learned.store(), metrics: {} }, 'there')
    expect(restored.evaluate(test)).toEqual(learned.evaluate(test))
    learned.dispose()
    restored.dispose()
  })

  it('of different sizes, or among images, are refused', async () => {
    const [first] = featured(1, 1)
    const odd = { image: { regions: 1, size: 5, data: new Float32Array(5) }, captions: ['x'] }
    const learn = (data: CaptionRow[]) =>
      train({ task: 'caption', data: { train: data }, engine, ...smallCaptioner })
    await expect(learn([first, odd])).rejects.toThrow('training picture 2: expected features of 12 numbers')
    await expect(learn([first, rows[0]])).rejects.toThrow(UsageError)
    await expect(learn([rows[0], first])).rejects.toThrow('training picture 2: expected an image')
    const beside = (valid: CaptionRow[], test: CaptionRow[]) =>
      train({
        task: 'caption',
        data: { train: featured(20, 1), valid, test },
        engine,
        ...smallCaptioner,
        on: () => expect.fail('it is already learning'),
      })
    await expect(beside([odd], [])).rejects.toThrow('validation picture 1: expected features of 12 numbers')
    await expect(beside([], [first, odd])).rejects.toThrow('test picture 2: expected features of 12 numbers')
    await expect(beside([], [{ ...rows[0], name: 'a.png' }])).rejects.toThrow('a.png: expected features')
  })
})

describe('how images are scaled', () => {
  it('leaves a colour as it is that is the same in all of them', () => {
    const tinted = rows.slice(0, 20).map(({ image }) => ({
      ...image,
      data: (image as Image).data.map((value, i) => (i % 3 === 2 ? 0.7 : value)),
    }))
    const reader = readerFor(tinted, { width: 16, height: 16 })
    expect(reader).toMatchObject({ kind: 'pixels', deviation: [expect.any(Number), expect.any(Number), 1] })
    const seen = numbersOf(reader, tinted[0], 'it').filter((_, i) => i % 3 === 2)
    expect(Math.max(...seen.map(Math.abs))).toBeLessThan(1e-5)
  })
})

describe('what is stored', () => {
  it('is refused where the pictures or the similar ones are damaged', async () => {
    const stored = { ...model.store(), metrics: {} }
    const changes = [
      { pictures: { kind: 'pixels' } },
      { baselines: { mostFrequent: 'x', nearest: {} } },
      { baselines: {} },
    ]
    for (const change of changes)
      await expect(
        restoreModel(engine, { ...stored, config: { ...stored.config, ...change } }, 'there'),
      ).rejects.toThrow(FormatError)
  })

  it('decides sizes by the data: images of one size as they are, others as squares of 64', async () => {
    expect(model.settings.image).toEqual({ width: 16, height: 16 })
    const mixed = [rows[0], { ...sceneRows(1, { side: 20 })[0] }]
    const settings = { ...smallCaptioner, model: { ...smallCaptioner.model, convolutions: 'auto' as const } }
    const learned = await train({
      task: 'caption',
      data: { train: mixed },
      engine,
      ...settings,
      train: { epochs: 1 },
    })
    expect(learned.settings.image).toEqual({ width: 64, height: 64 })
    expect(learned.settings.model.convolutions).toBe(4)
    learned.dispose()
  })

  it('rows in memory have a caption or several, and are split where parts are missing', async () => {
    const { caption } = await import('../../src/tasks/caption.js')
    const parts = caption.rowsOf([...rows, { image: rows[0].image, caption: 'one more' }], new Random(1))
    expect([parts.train.length, parts.valid.length, parts.test.length]).toEqual([401, 50, 50])
    const wrong = (row: unknown) => () => caption.rowsOf([row], new Random(1))
    expect(wrong({ image: rows[0].image, captions: ['x', 3] })).toThrow(
      'rows[0]: expected captions, each a text',
    )
    expect(wrong({ image: { width: 3 }, caption: 'x' })).toThrow('rows[0]: expected an image or features')
    expect(wrong(null)).toThrow('rows[0]')
  })
})
