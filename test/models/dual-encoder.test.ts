import { describe, expect, test } from 'vitest'
import { ShapeError } from '../../src/errors.js'
import { Embedding } from '../../src/layers/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import type { DualEncoderOptions } from '../../src/models/index.js'
import { DualEncoder, parameterCount, setParameters } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { backpropagate, type Engine, gradientCheck } from '../../src/tensor/index.js'
import { expectNumbers, expectStored, readFixture, type Stored, type StoredByName } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'

interface DualEncoderFixture {
  messages: number[][]
  replies: number[][]
  right: number[]
  scale: number
  parameters: StoredByName
  scores: Stored
  loss: Stored
  gradients: StoredByName
}

const fixture = readFixture<DualEncoderFixture>('dual-encoder')

function encoderOf(engine: Engine, options: Partial<DualEncoderOptions<number>> = {}): DualEncoder<number> {
  const random = new Random('dual encoder')
  const embedding = new Embedding(9, 3, { engine, random: random.split('embedding') })
  const layers = [{ cell: 'lstm', size: 4 }]
  return new DualEncoder({ engine, random, embedding, layers, pooling: 'max', size: 5, ...options })
}

function scoresOf(encoder: DualEncoder<number>, training?: { random: Random }) {
  const { messages, replies } = fixture
  return encoder.scores(encoder.encodeMessages(messages, training), encoder.encodeReplies(replies, training))
}

onEveryBackend((engine) => {
  test("PyTorch's state_dict loads one to one and gives its scores, its in-batch loss and its gradients", () => {
    const { parameters, scores, right, loss, gradients, scale } = fixture
    const encoder = encoderOf(engine(), { scale })
    expect(Object.keys(encoder.parameters()).sort()).toEqual(Object.keys(parameters).sort())
    const plain = Object.entries(parameters).map(([name, { shape, values }]) => [
      name,
      { shape, data: values },
    ])
    setParameters(encoder, Object.fromEntries(plain))
    engine().scope(() => {
      const { value } = engine().record(() => {
        const output = scoresOf(encoder)
        expectStored(output, scores, 'scores')
        return crossEntropy(output, engine().indices(right))
      })
      expectNumbers([value.item()], loss.values, 1e-5, 'loss')
      backpropagate(value)
      for (const [name, { gradient }] of Object.entries(encoder.parameters()))
        expectStored(gradient, gradients[name], `gradient of ${name}`)
    })
  })
})

describe('in double precision', () => {
  const engine = useEngine()

  test('the gradients of the in-batch loss are those of finite differences, with attention and both directions too', () => {
    for (const options of [{}, { pooling: 'attention', bidirectional: true } as const]) {
      const encoder = encoderOf(engine(), { ...options, layers: [{ cell: 'gru', size: 2 }], size: 3 })
      const run = () => crossEntropy(scoresOf(encoder), engine().indices(fixture.right))
      expect(gradientCheck(engine(), run, Object.values(encoder.parameters()))).toBeLessThan(1e-6)
    }
  })

  test('vectors have length 1, and a vector of zeros has a finite gradient', () => {
    const encoder = encoderOf(engine())
    engine().scope(() => {
      const { data, shape } = encoder.encodeMessages(fixture.messages)
      expect(shape).toEqual([5, 5])
      for (let row = 0; row < 5; row++)
        expect(
          Array.from(data.subarray(row * 5, row * 5 + 5)).reduce((sum, x) => sum + x * x, 0),
        ).toBeCloseTo(1, 9)
    })
    for (const parameter of Object.values(encoder.message.head.parameters())) parameter.data.fill(0)
    engine().scope(() => {
      const { value } = engine().record(() =>
        crossEntropy(scoresOf(encoder), engine().indices(fixture.right)),
      )
      backpropagate(value)
      const numbers = Object.values(encoder.parameters()).flatMap(({ gradient }) => [
        ...(gradient?.data ?? []),
      ])
      expect(numbers.length).toBeGreaterThan(0)
      expect(numbers.every(Number.isFinite)).toBe(true)
    })
  })
})

describe('options', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })
  const scores = (encoder: DualEncoder<number>, training?: { random: Random }) =>
    engine().scope(() => scoresOf(encoder, training).data.slice())

  test('scores are cosines times the scale', () => {
    const [one, ten] = [1, 10].map((scale) => scores(encoderOf(engine(), { scale })))
    expect(one.every((score) => Math.abs(score) <= 1 + 1e-6)).toBe(true)
    expectNumbers(
      ten,
      one.map((score) => 10 * score),
      1e-5,
      'scores',
    )
  })

  test('the two encoders share the embedding and nothing else', () => {
    const encoder = encoderOf(engine())
    expect(parameterCount(encoder)).toBe(9 * 3 + 2 * (4 * 4 * (3 + 4 + 2) + 4 * 5 + 5))
    expect(encoder.message.embedding).toBe(encoder.reply.embedding)
    const { message, reply } = encoder
    expect([...message.head.weight.data]).not.toEqual([...reply.head.weight.data])
  })

  test('dropout is on in training only, and not the same in both encoders', () => {
    const encoder = encoderOf(engine(), { dropout: 0.5 })
    const plain = scores(encoder)
    const noisy = scores(encoder, { random: new Random(1) })
    expect(noisy).not.toEqual(plain)
    expect(scores(encoder, { random: new Random(1) })).toEqual(noisy)
    expect(scores(encoder)).toEqual(plain)
    const same = encoderOf(engine(), { dropout: 0.5 })
    for (const [name, parameter] of Object.entries(same.reply.parameters()))
      parameter.set(same.message.parameters()[name].data)
    engine().scope(() => {
      const training = { random: new Random(1) }
      const messages = same.encodeMessages(fixture.messages, training).data
      expect([...same.encodeReplies(fixture.messages, training).data]).not.toEqual([...messages])
      expect([...same.encodeReplies(fixture.messages).data]).toEqual([
        ...same.encodeMessages(fixture.messages).data,
      ])
    })
  })

  test('an empty message is refused', () => {
    engine().scope(() => expect(() => encoderOf(engine()).encodeMessages([[1], []])).toThrow(ShapeError))
  })
})
