import { describe, expect, it } from 'vitest'
import { Embedding, Linear } from '../../src/layers/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import type { SampledRun, StackOptions } from '../../src/models/index.js'
import {
  exponentialSampling,
  inverseSigmoidSampling,
  likeliest,
  linearSampling,
  prefixed,
  Stack,
  sampledForward,
} from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { differentiate, PackedLayout, zeroGradients } from '../../src/tensor/index.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

const tokens = 13

function generator(engine: Engine, lengths: readonly number[], noise: Partial<StackOptions> = {}) {
  const random = new Random('sampling')
  const part = (name: string) => ({ engine, random: random.split(name) })
  const embedding = new Embedding(tokens, 5, part('embedding'))
  const layers = [
    { cell: 'lstm', size: 8 },
    { cell: 'gru', size: 6 },
  ]
  const stack = new Stack({ ...part('rnn'), inputSize: 5, layers, ...noise })
  const head = new Linear(6, tokens, part('head'))
  const parameters = (): Record<string, Tensor> => ({
    ...prefixed('embedding', embedding.parameters()),
    ...prefixed('rnn', stack.parameters()),
    ...prefixed('head', head.parameters()),
  })
  const layout = PackedLayout.of(lengths)
  const inputs = Array.from({ length: layout.rows }, (_, row) => (row * 7) % tokens)
  const next = (hidden: Tensor) => likeliest(head.forward(hidden))
  const run: SampledRun<number> = {
    stack,
    layout,
    inputs,
    embed: (read) => embedding.forward(read),
    next,
    rate: 0,
    random: random.split('coins'),
  }
  const loss = (hidden: Tensor) =>
    crossEntropy(head.forward(hidden), engine.indices(inputs.map((token) => (token + 1) % tokens)))
  /** The loss and all gradients of a forward pass. */
  const trained = (forward: () => Tensor) => {
    zeroGradients(parameters())
    const value = differentiate(engine, () => loss(forward()))
    return [value, ...Object.values(parameters()).map(({ gradient }) => Array.from(gradient?.data ?? []))]
  }
  const teacher = (training?: { random: Random }) => () =>
    stack.forward({ data: embedding.forward(inputs), layout }, { training }).output.data
  return { run, stack, embedding, head, layout, inputs, trained, teacher }
}

const lengths = [4, 9, 1, 6]

onEveryBackend((engine) => {
  it('scheduled sampling of rate 0 is teacher forcing, bit for bit', () => {
    const { run, trained, teacher } = generator(engine(), lengths, { dropout: 0.3 })
    for (const training of [undefined, { random: new Random(1) }])
      expect(trained(() => sampledForward({ ...run, training }).output.data)).toEqual(
        trained(teacher(training)),
      )
  })

  it('so it is when the model chooses what the teacher would have', () => {
    const { run, inputs, trained, teacher, layout } = generator(engine(), lengths)
    const told = () => {
      let row = layout.batch
      return sampledForward({
        ...run,
        rate: 1,
        next: (hidden) => {
          row += hidden.shape[0]
          return inputs.slice(row - hidden.shape[0], row)
        },
      })
    }
    expect(trained(() => told().output.data)).toEqual(trained(teacher()))
    engine().scope(() => {
      const { final } = told()
      const whole = run.stack.forward({ data: run.embed(inputs, 0), layout }).final
      final.forEach((state, direction) => {
        for (const [name, tensor] of Object.entries(state))
          expect(Array.from(tensor.data)).toEqual(Array.from(whole[direction][name].data))
      })
    })
  })

  it.each([{ inputDropout: 0.4 }, { recurrentDropout: 0.4 }, { zoneout: 0.3 }])(
    'and under noise that is one for the whole sequence: %o',
    (noise) => {
      const { run, inputs, trained, teacher, layout } = generator(engine(), lengths, noise)
      const told = () => {
        const training = { random: new Random('noise') }
        let row = layout.batch
        const next = (hidden: Tensor) => {
          row += hidden.shape[0]
          return inputs.slice(row - hidden.shape[0], row)
        }
        return sampledForward({ ...run, rate: 1, training, next }).output.data
      }
      expect(trained(told)).toEqual(trained(teacher({ random: new Random('noise') })))
    },
  )

  it('scheduled sampling of rate 1 runs freely, as a stream does', () => {
    const { run, stack, embedding, head, layout } = generator(engine(), lengths)
    const read = engine().scope(() => [...sampledForward({ ...run, rate: 1 }).inputs])
    for (let position = 0; position < layout.batch; position++) {
      const stream = stack.stream()
      let token = run.inputs[position]
      for (let step = 0; step < layout.lengths[position]; step++) {
        expect(read[layout.rowOf(position, step)]).toBe(token)
        token = engine().scope(() => {
          const hidden = stream.push(embedding.forward([token]).data)
          return likeliest(head.forward(engine().tensor(hidden, [1, 6])))[0]
        })
      }
      stream.end()
    }
  })
})

describe('scheduled sampling', () => {
  const engine = useEngine({ threads: 1 })

  it('mixes as the rate says, the same for the same seed', () => {
    const { run, inputs, layout } = generator(engine(), new Array(40).fill(50))
    const own = { ...run, next: (hidden: Tensor) => new Int32Array(hidden.shape[0]).fill(-1), rate: 0.25 }
    const read = () => engine().scope(() => [...sampledForward(own).inputs])
    const first = read()
    const chosen = first.filter((token) => token === -1).length
    expect(chosen / (layout.rows - layout.batch)).toBeGreaterThan(0.22)
    expect(chosen / (layout.rows - layout.batch)).toBeLessThan(0.28)
    expect(first.slice(0, layout.batch)).toEqual(inputs.slice(0, layout.batch))
    expect(read()).toEqual(first)
    const other = engine().scope(() => sampledForward({ ...own, random: new Random(5) }).inputs)
    expect(other).not.toEqual(first)
  })

  it('begins with a state that is given, in the order of the caller', () => {
    const at = engine()
    const { run, stack, inputs, layout } = generator(at, lengths)
    const initial = stack.directions.map(({ cell, parameters }) => {
      const zero = cell.zeroState(parameters, 4)
      for (const tensor of Object.values(zero)) tensor.set(Array.from(tensor.data, (_, i) => Math.sin(i)))
      return zero
    })
    at.scope(() => {
      const { output } = sampledForward({ ...run, initial })
      const whole = stack.forward({ data: run.embed(inputs, 0), layout }, { initial })
      expect(Array.from(output.data.data)).toEqual(Array.from(whole.output.data.data))
    })
  })

  it('refuses what makes no sense', () => {
    const at = engine()
    const { run } = generator(at, lengths)
    expect(() => sampledForward({ ...run, rate: 1.1 })).toThrow(
      'scheduled sampling: got rate 1.1; expected 0 to 1',
    )
    expect(() => sampledForward({ ...run, inputs: [1] })).toThrow('sampledForward: got 1 inputs; expected 20')
    expect(() => sampledForward({ ...run, rate: 1, next: () => [1] })).toThrow(
      'next gave 1 choices for 3 rows',
    )
    const layers = [{ cell: 'gru', size: 2 }]
    const stack = new Stack({ engine: at, random: new Random(1), inputSize: 5, layers, bidirectional: true })
    expect(() => sampledForward({ ...run, stack })).toThrow('a bidirectional stack reads the future')
  })

  it('its rates rise from near 0', () => {
    expect([0, 50, 100, 200].map((step) => linearSampling(100, 0.5)(step))).toEqual([0, 0.25, 0.5, 0.5])
    expect(exponentialSampling(0.99)(0)).toBe(0)
    expect(exponentialSampling(0.99)(100)).toBeCloseTo(1 - 0.99 ** 100, 12)
    const sigmoid = inverseSigmoidSampling(100)
    expect(sigmoid(0)).toBeCloseTo(1 / 101, 12)
    expect(sigmoid(100 * Math.log(100))).toBeCloseTo(0.5, 12)
    expect(sigmoid(1e6)).toBe(1)
    expect(() => exponentialSampling(1)).toThrow(
      'exponentialSampling: got k 1; expected more than 0 and less than 1',
    )
    expect(() => linearSampling(0)).toThrow('linearSampling: got steps 0; expected at least 1')
    expect(() => inverseSigmoidSampling(0.5)).toThrow(
      'inverseSigmoidSampling: got k 0.5; expected at least 1',
    )
  })
})
