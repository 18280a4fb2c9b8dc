import { describe, expect, it } from 'vitest'
import type { Image } from '../../src/codecs/index.js'
import { FeatureExtractor } from '../../src/data/index.js'
import { FormatError, UsageError } from '../../src/errors.js'
import { expectNumbers } from '../fixture.js'
import { poolingModel } from './onnx.js'

const data = Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => ((i * 29) % 48) / 48)
const image: Image = { width: 4, height: 4, channels: 3, data }
const plain = { mean: [0], deviation: [1] }

/** The mean of a square of pixels, colour by colour. */
function meanOf(left: number, top: number): number[] {
  return [0, 1, 2].map((c) => {
    const places = [0, 1].flatMap((y) => [0, 1].map((x) => 3 * (4 * (top + y) + left + x) + c))
    return places.reduce((sum, place) => sum + data[place], 0) / 4
  })
}

describe('an extractor', () => {
  it('gives the regions of an image line by line, each with its features', async () => {
    const extractor = await FeatureExtractor.open(poolingModel(4), plain)
    const { regions, size, data: found } = await extractor.extract(image)
    expect([regions, size]).toEqual([4, 3])
    expectNumbers(
      found,
      [...meanOf(0, 0), ...meanOf(2, 0), ...meanOf(0, 2), ...meanOf(2, 2)],
      1e-6,
      'features',
    )
    await extractor.dispose()
  })

  it('brings images to the size and scale that the model asks for: those of ImageNet by default', async () => {
    const extractor = await FeatureExtractor.open(poolingModel(2), {})
    const { data: found } = await extractor.extract(image)
    const means = [0, 1, 2].map((c) =>
      data.reduce((sum, value, i) => (i % 3 === c ? sum + value / 16 : sum), 0),
    )
    const [mean, deviation] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ]
    expectNumbers(
      found,
      means.map((value, c) => (value - mean[c]) / deviation[c]),
      1e-5,
      'features',
    )
    await extractor.dispose()
  })

  it('takes a flat output for one region', async () => {
    const extractor = await FeatureExtractor.open(
      poolingModel(4, { operator: 'Flatten', output: [1, 48] }),
      plain,
    )
    const { regions, size, data: found } = await extractor.extract(image)
    expect([regions, size]).toEqual([1, 48])
    expect([found[0], found[16]]).toEqual([data[0], data[1]]) // colour by colour
    await extractor.dispose()
  })

  it('refuses what is no model, an output that there is not, and what reads no images', async () => {
    const damaged = FeatureExtractor.open(new TextEncoder().encode('no model'), { name: 'eye.onnx' })
    await expect(damaged).rejects.toThrow(FormatError)
    await expect(damaged).rejects.toThrow('eye.onnx: expected an ONNX model')
    const other = FeatureExtractor.open(poolingModel(4), { output: 'layer9' })
    await expect(other).rejects.toThrow(UsageError)
    await expect(other).rejects.toThrow('got output layer9; expected one of features')
  })
})
