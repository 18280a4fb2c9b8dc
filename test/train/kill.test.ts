import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChildTrainings } from './child.js'

/** `UNROLLED_KILLS=200 npx vitest run test/train/kill.test.ts` is the long form. */
const KILLS = Number(process.env.UNROLLED_KILLS ?? 20)
const EPOCHS = 40
const STEPS = EPOCHS * 5 // of two batches each, and the ninth alone

let trainings: ChildTrainings
beforeAll(async () => {
  trainings = new ChildTrainings(EPOCHS)
  const { code, errors } = await trainings.run('whole')
  expect(errors).toBe('')
  expect(code).toBe(0)
})
afterAll(() => trainings.dispose())

function expectSameAsWhole(name: string): void {
  const weights = fs.readFileSync(trainings.place(name).weights)
  expect(weights.equals(fs.readFileSync(trainings.place('whole').weights))).toBe(true)
  expect(trainings.log(name)).toEqual(trainings.log('whole'))
  const checkpoints = fs.readdirSync(path.join(trainings.place(name).folder, 'checkpoints'))
  expect(checkpoints).toHaveLength(2)
  for (const checkpoint of checkpoints) expect(checkpoint).toMatch(/\.safetensors$/)
}

describe('a training in a process of its own', () => {
  it(`killed at ${KILLS} random moments ends with the weights and the log of one that was not`, async () => {
    const moments = Array.from({ length: KILLS }, () => Math.ceil(Math.random() * 0.8 * STEPS))
    let killed = 0
    for (const atStep of moments.sort((a, b) => a - b)) {
      const { signal, errors } = await trainings.run('killed', { atStep })
      expect(errors).toBe('')
      if (signal === 'SIGKILL') killed++ // on a busy machine it may have ended before
    }
    expect(killed).toBeGreaterThan(KILLS / 2)
    const { code } = await trainings.run('killed')
    expect(code).toBe(0)
    expectSameAsWhole('killed')
  }, 300_000)

  it.each(['SIGINT', 'SIGTERM'] as const)('saves on %s, says where, and can be continued', async (signal) => {
    const { code, events, errors } = await trainings.run(signal, { interrupt: signal, atStep: 100 })
    expect(errors).toBe('')
    expect(code).toBe(0)
    const saved = events.findLast((event) => event.type === 'checkpoint')
    const stop = events.at(-1)
    expect(stop).toMatchObject({ type: 'stop', reason: 'abort', step: saved?.step })
    expect(saved?.step).toBeLessThan(STEPS)
    expect(fs.existsSync(saved?.place ?? '')).toBe(true)
    await trainings.run(signal)
    expectSameAsWhole(signal)
  })

  it('that may not write such large files fails with the name of the file and keeps its checkpoints', async () => {
    const { folder } = trainings.place('limited')
    await trainings.run('limited', { interrupt: 'SIGTERM', atStep: 50 })
    const before = fs.readdirSync(path.join(folder, 'checkpoints'))
    const { code, errors } = await trainings.run('limited', { prefix: 'ulimit -f 1;' })
    expect(code).toBe(1)
    expect(errors).toMatch(
      /UnrolledError: .*(log\.jsonl|safetensors): could not be written: it is larger than .*EFBIG/,
    )
    expect(fs.readdirSync(path.join(folder, 'checkpoints'))).toEqual(before)
    await trainings.run('limited')
    expectSameAsWhole('limited')
  })
})
