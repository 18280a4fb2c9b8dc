import { chromium } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { Inspection, Reading } from '../../src/inspect/index.js'
import {
  drawAll,
  drawFigure,
  drawGates,
  drawGradientFlow,
  drawHiddenMap,
  drawInfluence,
  drawTraining,
  halfLife,
  inspect,
  inspectSequence,
  renderHtml,
  renderTerminal,
  verdictOn,
} from '../../src/inspect/index.js'
import { colourOf } from '../../src/inspect/pictures/colour-map.js'
import { shareLabel, spread } from '../../src/inspect/pictures/labels.js'
import { linearScale, logScale, powerLabel } from '../../src/inspect/pictures/scale.js'
import { crossEntropy } from '../../src/losses/index.js'
import { minimalGated } from '../cells/minimal-gated.js'
import { findChromium } from '../chromium.js'
import { useEngine } from '../tensor/engines.js'
import { smallClassifier } from './models.js'
import { expectSound } from './sound.js'

const engine = useEngine()
const tokens = [1, 4, 0, 2, 5]
const nasty = ['<script>alert(1)</script>', 'a & "b"', "it's", '\u0000\u001b[31m', '漢字 🙂']

function look(cell: Parameters<typeof smallClassifier>[1], title: string, options = {}): Inspection {
  const model = smallClassifier(engine(), cell, options)
  return inspectSequence(model, (copies) => model.forward(Array(copies).fill(tokens)), {
    title,
    steps: nasty,
  })
}

function expectPrintable(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
}

const cases: [string, Parameters<typeof smallClassifier>[1], object][] = [
  ['an LSTM', 'lstm', {}],
  ['two layers in both directions', 'gru', { layers: 2, bidirectional: true }],
  ['a tanh RNN', 'elman', {}],
  ['rectified units', 'elmanRelu', {}],
  ["a user's own cell", minimalGated, {}],
]

describe.each(cases)('the pictures of %s', (_, cell, options) => {
  test('are sound, escaped and the same each time', () => {
    const inspection = look(cell, 'who & <what>', options)
    for (const { name, svg } of drawAll([inspection])) {
      expectSound(svg)
      expect(svg, name).not.toContain('<script>')
      expect(drawAll([inspection]).find((picture) => picture.name === name)?.svg).toBe(svg)
    }
    const figure = drawFigure([inspection])
    expectSound(figure)
    expect(figure).toContain('who &amp; &lt;what&gt;')
    expectPrintable(figure)
  })

  test('fit the width of a terminal, without colours', () => {
    const inspection = look(cell, 'who', options)
    for (const width of [40, 80, 133]) {
      const text = renderTerminal(inspection, { width })
      for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(width)
      expectPrintable(text)
      expect(text).not.toMatch(/NaN|undefined|Infinity/)
      expect(text).toContain(inspection.verdict.finding.split(' ')[0])
    }
    expect(renderTerminal(inspection, { strong: (heading) => `**${heading}**` })).toContain('**Gradient')
  })
})

test('a long input is drawn and written in the width there is', () => {
  const model = smallClassifier(engine(), 'lstm')
  const long = Array.from({ length: 300 }, (_, k) => k % 6)
  const inspection = inspectSequence(model, (copies) => model.forward(Array(copies).fill(long)))
  for (const { svg } of drawAll([inspection])) {
    expectSound(svg)
    expect(Number(/width="([\d.]+)"/.exec(svg)?.[1])).toBeLessThan(1100)
  }
  for (const line of renderTerminal(inspection, { width: 60 }).split('\n'))
    expect([...line].length).toBeLessThanOrEqual(60)
})

test('several cells share each picture', () => {
  const cells = ['elman', 'gru', 'lstm']
  const inspections = cells.map((cell) => look(cell, `the ${cell}`))
  for (const draw of [drawGradientFlow, drawInfluence, drawHiddenMap, drawGates]) {
    const svg = draw(inspections)
    expectSound(svg)
    for (const cell of cells) expect(svg).toContain(`the ${cell}`)
  }
  expect(drawGradientFlow(inspections, 'a heading of my own')).toContain('a heading of my own')
})

describe.each(['lstm', 'elman', 'simplifiedGru'])('a broken %s', (cell) => {
  test.each([
    ['all NaN', Number.NaN],
    ['overflowing', 1e300],
  ])('%s is drawn and written all the same', (_, value) => {
    const model = smallClassifier(engine(), cell, { bidirectional: true })
    model.rnn.directions[0].parameters.weight_ih.data[0] = value
    const inspection = inspectSequence(model, (copies) => model.forward(Array(copies).fill(tokens)), {
      steps: nasty,
    })
    for (const { svg } of drawAll([inspection])) expectSound(svg.replaceAll('NaN or infinity', ''))
    const text = renderTerminal(inspection)
    if (Number.isNaN(value)) {
      expect(inspection.verdict.kind).toBe('notFinite')
      expect(text).toContain('The gradient is not finite')
      expect(text).toMatch(/unit \d+ +\?{5}/)
    }
    expect(text.replaceAll('NaN or infinity', '').replace(/\s+/g, ' ')).not.toMatch(
      /NaN %|undefined|Infinity/,
    )
  })
})

test('an influence and a state without numbers are drawn apart', () => {
  expect(colourOf(Number.NaN)).toBe('#d9d9d9')
  expect(shareLabel(Number.NaN)).toBe('?')
  const { influence: found, ...rest } = look('lstm', 'partly')
  const values = found?.values.map((value, k) =>
    k === 2 ? Number.NaN : k === 3 ? Number.POSITIVE_INFINITY : value,
  )
  const inspection = { ...rest, influence: { exact: true, values: values ?? [] } }
  expectSound(drawInfluence([inspection]))
  expect(drawInfluence([inspection])).toContain('not finite')
  expect(renderTerminal(inspection)).not.toMatch(/NaN|Infinity/)
})

test('a batch has no influence, and its pictures do without', () => {
  const model = smallClassifier(engine(), 'lstm')
  const inspection = inspect(model, () =>
    crossEntropy(model.forward([tokens, [2]]), engine().indices([0, 1])),
  )
  expect(drawAll([inspection]).map(({ name }) => name)).toEqual(['gradient flow', 'hidden map', 'gates'])
  expectSound(renderHtml([inspection]).match(/<svg[\s\S]*?<\/svg>/)?.[0] ?? '')
})

test('gradients of nothing, of one step and of every size are drawn', () => {
  const [layer] = look('elman', 'one').layers
  for (const norms of [
    [0, 0],
    [1],
    [1, 1e-30, 1e-60],
    [1e-40, 1e20],
    [1, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
  ]) {
    const fit = halfLife(norms)
    const flow = [{ state: 'h', norms, ...(fit && { halfLife: fit }) }]
    const verdict = verdictOn({ halfLife: fit, span: 3, gated: false })
    const inspection: Inspection = { ...look('elman', 'one'), layers: [{ ...layer, flow, verdict }], verdict }
    expectSound(drawGradientFlow([inspection]))
    renderTerminal(inspection)
  }
})

test('the course of a training is drawn', () => {
  const reading = (step: number, factor: number): Reading => ({
    step,
    layers: [],
    verdict: verdictOn({ halfLife: halfLife([1, factor]), span: 100, gated: false }),
  })
  const training = (title: string, factor: number) => ({
    title,
    readings: [1, 51, 101].map((step) => reading(step, factor)),
  })
  const svg = drawTraining([training('tanh', 0.5), training('LSTM', 1.01)], 'Who will learn?')
  expectSound(svg)
  for (const part of ['Who will learn?', 'tanh', 'LSTM', 'training step']) expect(svg).toContain(part)
})

describe('the parts of pictures', () => {
  test('scales map their ends and write round values', () => {
    const x = linearScale(0, 99, 10, 110)
    expect([x(0), x(99)]).toEqual([10, 110])
    expect(x.ticks).toEqual([0, 20, 40, 60, 80])
    const y = logScale(1e-8, 10, 300, 0)
    expect([y(1e-8), y(10)]).toEqual([300, 0])
    expect(y.ticks.map(powerLabel)).toEqual(['10⁻⁷', '10⁻⁵', '10⁻³', '0.1', '10'])
  })

  test('labels do not overlap', () => {
    expect(spread([50, 52, 51], 10, 0, 100)).toEqual([50, 70, 60])
    expect(spread([98, 99], 10, 0, 100)).toEqual([90, 100])
    expect([1, 0.384, 0.0342, 3.2e-8, 0].map(shareLabel)).toEqual(['100 %', '38 %', '3 %', '3·10⁻⁸', '0 %'])
  })

  test('colours get lighter with the value, so that they are right in grey', () => {
    const lightness = (colour: string) => {
      const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const values = Array.from({ length: 21 }, (_, k) => lightness(colourOf(k / 20)))
    for (const [k, value] of values.slice(1).entries()) expect(value).toBeGreaterThan(values[k])
  })
})

const executablePath = findChromium()

test.runIf(executablePath)('the page opens in Chromium without an error and shows tips', async () => {
  const attention = {
    source: nasty,
    target: ['a', '</s>'],
    weights: [0, 1].map((i) => nasty.map((_, j) => +(i === j))),
  }
  const node = { length: 1, logProb: -1, sum: -1, score: -1 }
  const nodes = [
    { ...node, id: 0, parent: -1, token: '', length: 0, fate: 'kept' as const },
    { ...node, id: 1, parent: 0, token: '<b>', fate: 'ended' as const },
  ]
  const search = { width: 2, lengthNormalisation: 0.7, coveragePenalty: 0, best: 1, nodes }
  const writer: Inspection = { ...look('lstm', 'who & <what>'), attention, search }
  const page = renderHtml([writer, look('elman', 'another')])
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/) // nothing is fetched
  const browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] })
  const tab = await browser.newPage()
  const problems: string[] = []
  tab.on('pageerror', (error) => problems.push(error.message))
  tab.on('console', (message) => problems.push(message.text()))
  await tab.setContent(page)
  expect(await tab.title()).toBe('who & <what> · another under the lens')
  expect(await tab.locator('svg').count()).toBe(6)
  await tab.locator('svg rect:has(title)').first().hover()
  expect(await tab.locator('#tip').textContent()).toMatch(/\d/)
  const asXml = await tab.evaluate(
    (pictures) =>
      pictures.map((svg) => {
        const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml')
        return parsed.querySelector('parsererror')?.textContent ?? parsed.documentElement.tagName
      }),
    drawAll([writer]).map(({ svg }) => svg),
  )
  expect(asXml).toEqual(['svg', 'svg', 'svg', 'svg', 'svg', 'svg'])
  const image = await tab.screenshot({
    ...(process.env.UNROLLED_SCREENSHOT && { path: process.env.UNROLLED_SCREENSHOT }),
  })
  expect(image.length).toBeGreaterThan(10_000)
  expect(problems).toEqual([])
  await browser.close()
})
