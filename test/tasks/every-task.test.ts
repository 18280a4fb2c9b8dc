import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DataError, FormatError, UsageError } from '../../src/errors.js'
import {
  type Engine,
  load,
  restoreModel,
  type TaskModel,
  taskNamed,
  taskNames,
  train,
} from '../../src/index.js'
import { countsOf, sumsOf } from '../../src/metrics/summed.js'
import type { TrainEvent } from '../../src/train/index.js'
import { openEngine } from '../tensor/engines.js'
import { samples } from './samples.js'

// What holds for every task, whatever it learns; what is its own stands in a file of its own.
let engine: Engine
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-every-task-'))
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(async () => {
  await engine.dispose()
  fs.rmSync(work, { recursive: true, force: true })
})

/** Their outputs have no right answer, or their scores are no sums over rows. */
const withoutAnswers = ['lm', 'trigger']
/** Their encoder needs the whole input. */
const withoutStreams = ['translate', 'caption']

describe.each(taskNames)('%s', (name) => {
  const { rows, settings, input, bad, pushed = [input, ` ${input}`] } = samples[name]
  const at = (folder: string) => path.join(work, `${name}-${folder}`)
  const learn = (options: object = {}): Promise<TaskModel> => {
    const given = { task: name, data: rows, engine, ...settings, train: { ...settings.train, epochs: 2 } }
    return train({ ...given, ...options } as never)
  }
  const weightsOf = (model: TaskModel) => Object.values(model.parameters()).map(({ data }) => [...data])
  let model: TaskModel
  beforeAll(async () => {
    model = await learn({ out: at('model') })
  })

  it('trains, evaluates beside simple rules, and reports in words', async () => {
    const task = await taskNamed(name)
    const evaluation = model.evaluate(rows)
    const { scores, baselines } = evaluation
    expect(evaluation.rows).toBe(rows.length)
    expect(Object.values(scores).length).toBeGreaterThan(0)
    for (const score of [...Object.values(scores), ...Object.values(baselines)])
      expect(score).toSatisfy(Number.isFinite)
    expect(Object.keys(baselines).length).toBeGreaterThan(0)
    expect(task.report(evaluation).split('\n').length).toBeGreaterThan(2)
    expect(model.evaluate(rows)).toEqual(evaluation)
  })

  it('gives its answers row by row, whose score is the headline score', async () => {
    const { answers } = await taskNamed(name)
    if (!answers) return expect(withoutAnswers).toContain(name)
    const found = answers(model, rows)
    const counts = countsOf(found.metric, found.right, found.answers)
    const [[headline, score]] = Object.entries(model.evaluate(rows).scores)
    expect(found.score).toBe(headline)
    expect(found.metric.score(sumsOf(counts, counts[0].length))).toBeCloseTo(score, 10)
  })

  it('answers, in words and as JSON, and can be looked into', async () => {
    const task = await taskNamed(name)
    const answer = model.answer(input)
    if (typeof input === 'string') expect(answer.text).toBe(input)
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer)
    expect(task.line(answer)).toMatch(/^.+$/)
    const { steps, layers } = model.inspect(input)
    expect(steps.length).toBeGreaterThan(1)
    expect(layers.length).toBeGreaterThan(0)
  })

  it('is saved with a card and answers alike when it is loaded, to the last bit', async () => {
    const loaded = (await load<typeof name>(at('model'), { engine })) as TaskModel
    expect(loaded.answer(input)).toEqual(model.answer(input))
    expect(loaded.evaluate(rows)).toEqual(model.evaluate(rows))
    expect(fs.readFileSync(path.join(at('model'), 'README.md'), 'utf8')).toContain(
      `model of the task ${name}`,
    )
    loaded.dispose()
  })

  it('is not restored from what is damaged', async () => {
    const stored = { ...model.store(), metrics: {} }
    const [first] = Object.keys(stored.tensors)
    const { [first]: _, ...fewer } = stored.tensors
    const changes = [{ tensors: fewer }, { config: { ...stored.config, settings: { model: { wings: 2 } } } }]
    for (const change of changes)
      await expect(restoreModel(engine, { ...stored, ...change }, 'there')).rejects.toThrow(FormatError)
  })

  it('goes on after an interruption to the same weights', async () => {
    const stop = new AbortController()
    const on = (event: TrainEvent) => event.type === 'batch' && event.step === 2 && stop.abort()
    await expect(learn({ out: at('cut'), signal: stop.signal, on })).rejects.toThrow(
      'Interrupted after 2 steps',
    )
    const resumed = await learn({ out: at('cut'), resume: true })
    expect(weightsOf(resumed)).toEqual(weightsOf(model))
    resumed.dispose()
  })

  it('leaves no folder behind in which no step was made', async () => {
    const fail = (event: TrainEvent) => {
      if (event.type === 'start') throw new UsageError('not today')
    }
    fs.mkdirSync(at('there'))
    for (const [folder, left] of [
      ['new', false],
      ['there', true],
    ] as const) {
      await expect(learn({ out: at(folder), on: fail })).rejects.toThrow('not today')
      expect(fs.existsSync(at(folder))).toBe(left)
    }
    expect(fs.readdirSync(at('there'))).toEqual([])
    const late = (event: TrainEvent) => {
      if (event.type === 'batch') throw new UsageError('too late')
    }
    await expect(learn({ out: at('late'), on: late })).rejects.toThrow('too late')
    expect(fs.existsSync(at('late'))).toBe(true)
  })

  it('streams, or says that it cannot', () => {
    if (!('stream' in model)) return expect(withoutStreams).toContain(name)
    const open = model.stream as () => {
      push(part: unknown): unknown
      fork(): never
      snapshot(): unknown
      dispose(): void
    }
    let stream: ReturnType<typeof open>
    try {
      stream = open.call(model)
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError)
      return expect(JSON.stringify(model.store().config)).toContain('"bidirectional":true')
    }
    stream.push(pushed[0])
    const other = stream.fork() as typeof stream
    expect(other.snapshot()).toEqual(stream.snapshot())
    other.push(pushed[1])
    expect(other.snapshot()).not.toEqual(stream.snapshot())
    for (const each of [stream, other]) each.dispose()
  })

  it('refuses bad rows, no rows, unknown settings', async () => {
    await expect(learn({ data: [] })).rejects.toThrow(DataError)
    await expect(learn({ data: [...rows, bad] })).rejects.toThrow(DataError)
    await expect(learn({ data: { lines: rows } })).rejects.toThrow(DataError)
    await expect(learn({ model: { wings: 2 } })).rejects.toThrow(UsageError)
    expect(() => model.evaluate([])).toThrow(UsageError)
  })

  it('leaves nothing on the engine when its models are disposed of', async () => {
    const before = engine.bytesInUse
    const learned = await learn()
    learned.answer(input)
    learned.evaluate(rows)
    learned.dispose()
    expect(engine.bytesInUse).toBe(before)
  })
})
