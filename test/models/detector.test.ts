import { describe, expect, it } from 'vitest'
import { ShapeError, UsageError } from '../../src/errors.js'
import { Detector, type FrontOptions } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { gradientCheck, packSequences } from '../../src/tensor/index.js'
import { useEngine } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

const options = (front: FrontOptions = { size: 5, width: 4, stride: 3, padding: 'valid' }) => ({
  ...{ random: new Random(1), inputSize: 3, front },
  layers: [
    { cell: 'gru', size: 6 },
    { cell: 'gru', size: 4 },
  ],
})

describe('a detector', () => {
  const engine = useEngine()

  it('has a probability per step and kind, and the loss of binary cross-entropy', () => {
    const model = new Detector({ engine: engine(), ...options(), kinds: 2 })
    const frames = [numbers([3 * 10], 'a'), numbers([3 * 16], 'b')]
    expect([10, 16, 3].map((count) => model.steps(count))).toEqual([3, 5, 0])
    engine().scope(() => {
      const packed = packSequences(engine(), frames, 3)
      const found = model.probabilities(packed)
      expect(found.map(({ length }) => length)).toEqual([6, 10])
      const targets = found.map((values) => Array.from(values, (_, i) => (i % 3 === 0 ? 1 : 0)))
      const each = found.flatMap((values, i) =>
        Array.from(values, (p, j) => -Math.log(targets[i][j] === 1 ? p : 1 - p)),
      )
      const mean = each.reduce((sum, loss) => sum + loss, 0) / each.length
      expect(model.loss(packed, targets).item()).toBeCloseTo(mean, 10)
      expect(() => model.loss(packed, [targets[0], targets[0]])).toThrow(ShapeError)
      expect(() => model.loss(packed, [targets[0]])).toThrow(
        /sequence 1 has undefined targets; expected 5 steps of 2/,
      )
    })
  })

  it('differences agree with the gradients, of every weight', () => {
    const model = new Detector({ engine: engine(), ...options() })
    const { data, layout } = engine().scope(() => {
      const packed = packSequences(engine(), [numbers([30], 'a'), numbers([21], 'b')], 3)
      return { data: packed.data.persist(), layout: packed.layout }
    })
    const run = () =>
      model.loss({ data, layout }, [
        [0, 1, 1],
        [1, 0],
      ])
    expect(gradientCheck(engine(), run, Object.values(model.parameters()))).toBeLessThan(1e-6)
  })
})

describe('a stream of a detector', () => {
  const engine = useEngine({ threads: 1 })

  it.each(['valid', 'same'] as const)(
    'has the bits of the whole, after a fork and from a snapshot too: padding %s',
    (padding) => {
      const front = { size: 5, width: 5, stride: 2, padding }
      const model = new Detector({ engine: engine(), ...options(front) })
      const frames = numbers([3 * 41], 'frames')
      const [whole] = engine().scope(() => model.probabilities(packSequences(engine(), [frames], 3)))
      const stream = model.stream()
      const first = Array.from(stream.push(frames.slice(0, 3 * 18)).data)
      const others = [stream.fork(), model.stream()]
      others[1].restore(stream.snapshot())
      for (const one of [...others, stream]) {
        const second = Array.from(one.push(frames.slice(3 * 18)).data)
        expect([...first, ...second, ...Array.from(one.end().data)]).toEqual(Array.from(whole))
      }
    },
  )

  it('refuses the state of another model', () => {
    const model = new Detector({ engine: engine(), ...options() })
    const other = new Detector({ engine: engine(), ...options(), layers: [{ cell: 'gru', size: 6 }] })
    const stream = model.stream()
    expect(() => stream.restore(other.stream().snapshot())).toThrow(UsageError)
    stream.dispose()
    expect(() => stream.push(numbers([12], 'x'))).toThrow(/it has ended/)
    const both = { ...options(), engine: engine(), bidirectional: true }
    expect(() => new Detector(both).stream()).toThrow(/bidirectional/)
  })
})
