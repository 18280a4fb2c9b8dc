import { describe, expect, it } from 'vitest'
import { bestPath, CtcSearch } from '../../src/decoding/index.js'
import { DataError, ShapeError } from '../../src/errors.js'
import { Recognizer } from '../../src/models/index.js'
import { adam, clipByGlobalNorm } from '../../src/optim/index.js'
import { Random } from '../../src/random/index.js'
import { differentiate, gradientCheck, PackedLayout, packSequences } from '../../src/tensor/index.js'
import { useEngine } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

const labels = 5

/** Labels, each said for two to six frames as a bump at its own place, with pauses and noise. */
function utterance(random: Random): { frames: number[]; target: number[] } {
  const target = Array.from({ length: 1 + random.integer(5) }, () => 1 + random.integer(labels))
  const said = [0, ...target.flatMap((label) => [label, 0])]
  const frames = said.flatMap((label) =>
    Array.from({ length: 2 + random.integer(5) }, () =>
      Array.from({ length: labels }, (_, i) => (i === label - 1 ? 1 : 0) + random.normal() / 4),
    ).flat(),
  )
  return { frames, target }
}

describe('a recogniser', () => {
  const engine = useEngine({ threads: 1 })

  it('has the names of a PyTorch module and as many steps as its front leaves', () => {
    const random = new Random(1)
    const front = { size: 8, width: 3, stride: 2 }
    const layers = [{ cell: 'gru', size: 6 }]
    const model = new Recognizer({ engine: engine(), random, inputSize: 4, front, layers, classes: 3 })
    expect(Object.keys(model.parameters())).toEqual([
      ...['front.weight', 'front.bias', 'rnn.weight_ih_l0', 'rnn.weight_hh_l0', 'rnn.bias_ih_l0'],
      ...['rnn.bias_hh_l0', 'head.weight', 'head.bias'],
    ])
    engine().scope(() => {
      const frames = packSequences(engine(), [numbers([20], 'a'), numbers([36], 'b')], 4)
      const found = model.logProbs(frames)
      expect(found.map(({ shape }) => shape)).toEqual([
        [3, 3],
        [5, 3],
      ])
      expect([5, 9].map((steps) => model.steps(steps))).toEqual([3, 5])
      for (const { data } of found)
        for (let row = 0; row < data.length; row += 3)
          expect([0, 1, 2].reduce((sum, k) => sum + Math.exp(data[row + k]), 0)).toBeCloseTo(1, 5)
      // a sequence alone has the bits that it has in a batch
      const [alone] = model.logProbs(packSequences(engine(), [numbers([20], 'a')], 4))
      expect(Array.from(alone.data)).toEqual(Array.from(found[0].data))
    })
    const wrong = () => engine().scope(() => model.forward(packSequences(engine(), [[1, 2, 3]], 3)))
    expect(wrong).toThrow(ShapeError)
    const short = () =>
      engine().scope(() => model.loss(packSequences(engine(), [numbers([8], 'c')], 4), [[1, 2]]))
    expect(short).toThrow(DataError)
  })

  it.each([true, false])(
    'learns what was said from frames without places (bidirectional: %s)',
    (bidirectional) => {
      const random = new Random(2)
      const model = new Recognizer({
        ...{
          engine: engine(),
          random: random.split('model'),
          inputSize: labels,
          classes: labels + 1,
          bidirectional,
        },
        ...{ front: { size: 16, width: 3 }, layers: [{ cell: 'gru', size: 24 }] },
      })
      const optimizer = adam()
      const parameters = model.parameters()
      const batch = (draws: Random, size: number) => Array.from({ length: size }, () => utterance(draws))
      const packed = (rows: ReturnType<typeof batch>) =>
        packSequences(
          engine(),
          rows.map(({ frames }) => frames),
          labels,
        )
      for (let step = 0; step < 150; step++) {
        const rows = batch(random.split('batch').split(step), 16)
        differentiate(engine(), () =>
          model.loss(
            packed(rows),
            rows.map(({ target }) => target),
          ),
        )
        const { scale } = clipByGlobalNorm(parameters, 1)
        optimizer.step(parameters, { learningRate: 0.01, gradientScale: scale })
        optimizer.zeroGradients(parameters)
      }
      const test = batch(random.split('test'), 100)
      const logProbs = engine().scope(() => model.logProbs(packed(test)))
      const right = (found: (i: number) => readonly number[]) =>
        test.filter(({ target }, i) => found(i).join() === target.join()).length
      expect(right((i) => bestPath(logProbs[i]).labels.map(({ label }) => label))).toBeGreaterThanOrEqual(85)
      expect(right((i) => new CtcSearch().push(logProbs[i]).best()[0].labels)).toBeGreaterThanOrEqual(85)
      optimizer.dispose()
    },
  )
})

describe('a stream of frames', () => {
  const engine = useEngine({ threads: 1 })

  it.each([
    undefined,
    { size: 7, width: 5, stride: 3 },
    { size: 7, width: 4, stride: 1 },
    { size: 7, width: 1, stride: 2 },
  ])('says what is said of the whole, bit for bit: front %o', (front) => {
    const random = new Random(4)
    const layers = [
      { cell: 'gru', size: 6 },
      { cell: 'lstm', size: 5 },
    ]
    const model = new Recognizer({
      ...{ engine: engine(), random: random.split('model'), inputSize: 3, layers, classes: 4 },
      ...(front && { front }),
    })
    for (const count of [1, 2, 3, 17, 40]) {
      const frames = numbers([count * 3], `frames ${count}`)
      const [whole] = engine().scope(() => model.logProbs(packSequences(engine(), [frames], 3)))
      const stream = model.stream()
      const said: number[] = []
      for (let at = 0; at < count; ) {
        const end = Math.min(count, at + 1 + random.integer(6))
        said.push(...Array.from(stream.push(frames.slice(at * 3, end * 3)).data))
        at = end
      }
      said.push(...Array.from(stream.end().data))
      expect(said).toEqual(Array.from(whole.data))
    }
  })

  it('takes whole frames of a unidirectional model', () => {
    const random = new Random(5)
    const options = { engine: engine(), random, inputSize: 3, layers: [{ cell: 'gru', size: 4 }], classes: 4 }
    expect(() => new Recognizer({ ...options, bidirectional: true }).stream()).toThrow(/bidirectional/)
    expect(() => new Recognizer(options).stream().push([1, 2])).toThrow(ShapeError)
    const front = { size: 2, width: 3 }
    expect(() => new Recognizer({ ...options, front }).stream().push([1, 2])).toThrow(ShapeError)
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  it('differences agree with the gradients, of every weight', () => {
    const random = new Random(3)
    const model = new Recognizer({
      ...{ engine: engine(), random, inputSize: 2, classes: 3, blank: 2, bidirectional: true },
      ...{ front: { size: 3, width: 2, stride: 2 }, layers: [{ cell: 'lstm', size: 2 }] },
    })
    const layout = PackedLayout.of([7, 4])
    const data = engine().persistent([layout.rows, 2])
    data.set(numbers([layout.rows * 2], 'frames'))
    const loss = () => model.loss({ data, layout }, [[0, 1], [1]], { reduction: 'sum' })
    expect(gradientCheck(engine(), loss, Object.values(model.parameters()))).toBeLessThan(1e-6)
  })
})
