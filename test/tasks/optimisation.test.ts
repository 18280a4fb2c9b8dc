import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, type NodeTrainOptions, train } from '../../src/index.js'
import { movementSettings, optimizerDefaults, scheduleNamed } from '../../src/tasks/optimisation.js'
import { openEngine } from '../tensor/engines.js'
import { easyRows, small } from './rows.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const { learningRate: _, ...epochs } = small.train

async function accuracyOf(settings: object, data: NodeTrainOptions<'classify'>['data'] = easyRows) {
  const model = await train({
    task: 'classify',
    data,
    engine,
    ...small,
    train: { ...epochs, epochs: 12, ...settings },
  })
  const { accuracy } = model.evaluate(easyRows).scores
  model.dispose()
  return accuracy
}

const choicesOf = ({ expected }: { expected: string }) => expected.replace('one of ', '').split(', ')

describe('the optimizer as a setting', () => {
  it.each(choicesOf(movementSettings({ rate: 0.01 }).optimizer))(
    '%s learns with its own defaults',
    async (optimizer) => {
      expect(await accuracyOf({ optimizer })).toBeGreaterThan(0.9)
      expect(optimizerDefaults(optimizer, 0.002).weightDecay).toBe(optimizer === 'adamw' ? 0.1 : 0)
    },
  )

  it('of an unknown name is refused', async () => {
    await expect(accuracyOf({ optimizer: 'magic' })).rejects.toThrow(
      'train.optimizer: expected one of adamw, adam, rmsprop, adagrad, sgd, got "magic"',
    )
  })
})

describe('the schedule as a setting', () => {
  const size = { steps: 110, finalRate: 0.0625, patience: 4 }
  const rates = (name: string, steps: number[]) => {
    const schedule = scheduleNamed(name, 10, size)
    return steps.map((step) => schedule(step, { scores: [1, 2, 3], better: 'lower' }))
  }

  it('rises first, then falls to its end', () => {
    for (const name of choicesOf(movementSettings({ rate: 0.01 }).schedule))
      expect(rates(name, [0, 4])).toEqual([0.1, 0.5])
    expect(rates('cosine', [10, 110])).toEqual([1, 0.0625])
    expect(rates('linear', [10, 60, 110])).toEqual([1, 0.53125, 0.0625])
    expect(rates('step', [10, 29, 30, 50, 70, 90, 109])).toEqual([1, 1, 0.5, 0.25, 0.125, 0.0625, 0.0625])
    expect(rates('constant', [10, 110])).toEqual([1, 1])
    expect(rates('plateau', [10, 110])).toEqual([0.5, 0.5])
  })

  it.each(['linear', 'step', 'constant', 'plateau'])(
    '%s learns, also in accumulated steps',
    async (schedule) => {
      expect(await accuracyOf({ schedule, warmUp: 3, accumulate: 2, batchSize: 8 })).toBeGreaterThan(0.9)
    },
  )

  it('a plateau needs validation rows', async () => {
    await expect(accuracyOf({ schedule: 'plateau' }, { train: easyRows, valid: [] })).rejects.toThrow(
      'train.schedule: plateau needs validation rows; give some, or choose another schedule',
    )
  })
})
