import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Step } from '../../src/data/piece.js'
import { DataError, UsageError } from '../../src/errors.js'
import { type ComposedMusic, type Engine, type MusicModel, Random, train } from '../../src/index.js'
import { music } from '../../src/tasks/music.js'
import type { LossesInParts, MusicLesson } from '../../src/tasks/music-form.js'
import { openEngine } from '../tensor/engines.js'
import { chorales } from './chorales.js'

let engine: Engine
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
})
afterAll(() => engine.dispose())

const pieces = chorales(30)
const data = { train: pieces.slice(0, 24), valid: pieces.slice(24), test: [] }

describe.each(['roll', 'events'] as const)('music as %s', (form) => {
  let model: MusicModel
  beforeAll(async () => {
    model = (await train({
      task: 'music',
      data: data as never,
      engine,
      model: { form, hiddenSize: 32, weightDrop: 0 },
      train: { epochs: form === 'roll' ? 100 : 40, batchSize: 4, averaging: 0.95 },
    })) as MusicModel
  })

  it('learns what single keys do not know: which chord comes next', () => {
    const { scores, baselines, details } = model.evaluate(data.valid.map((steps) => ({ steps })))
    expect(scores.nll).toBeLessThan(baselines.markov / 2)
    expect(baselines.markov).toBeLessThan(baselines.independent)
    expect(details).toMatchObject({ steps: 6 * 16 })
    expect(details).not.toHaveProperty('nllOfLoudness') // chorales are rolls, of which nobody knows how loud they are
    expect(Object.keys(scores)).toEqual(form === 'roll' ? ['nll', 'frameF1', 'frameAccuracy'] : ['nll'])
    if (form === 'roll') expect(scores.frameF1).toBeGreaterThan(0.8)
  })

  it('gives every step its loss, whatever stands beside it, and the mean is the score', () => {
    const rolls = pieces.slice(0, 5).map((piece, k) => model.roll(piece.slice(0, 16 - 2 * k)))
    const together = model.form.stepLosses(rolls)
    for (const [k, roll] of rolls.entries()) {
      const [alone] = model.form.stepLosses([roll])
      expect(alone.length).toBe(roll.steps.length)
      expect([...alone]).toEqual([...together[k]])
    }
    const { nll, steps } = model.score(pieces[0])
    expect(steps).toBe(16)
    expect(nll).toBeCloseTo(together[0].reduce((a, b) => a + b, 0) / 16, 10)
  })

  it('streams with the losses of the whole: draws are as probable as they are scored', () => {
    const composed = model.compose({ steps: 12, seed: 3 })
    const drawn = composed.steps
    expect(drawn.length).toBe(12)
    const [losses] = model.form.stepLosses([model.roll(drawn)])
    expect(composed.nll).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 12, 4)
  })

  it('goes on with a primer, the same for equal seeds', () => {
    const primer = pieces[0].slice(0, 6)
    const options = { primer, steps: 10, temperature: 0.8 }
    const composed = model.compose(options)
    expect(composed).toEqual(model.compose(options))
    expect(composed).not.toEqual(model.compose({ ...options, seed: 2 }))
    expect(composed.steps.slice(0, 6)).toEqual(primer)
    expect(composed.primer).toBe(6)
    expect(soundOf(composed)).toEqual(composed.steps)
    const likeliest = model.compose({ ...options, temperature: 0 })
    expect(likeliest.steps.slice(0, 8)).toEqual(pieces[0].slice(0, 8)) // the chord that follows, as long as it is held
    expect(model.compose({ ...options, temperature: 0, seed: 9 }).steps).toEqual(likeliest.steps)
  })

  it('says what may come next, and the stream says the same', () => {
    // behind two chords on C and F comes the third, on G; as events, the keys of the second come up first, the lowest before the others
    const names = model.next(pieces[0].slice(0, 4), { top: form === 'roll' ? 3 : 1 }).map(({ name }) => name)
    expect(names.sort()).toEqual(form === 'roll' ? ['B3', 'D4', 'G3'] : ['off F3'])
    const stream = model.stream()
    for (const step of pieces[0].slice(0, 4)) stream.push(step)
    expect(stream.steps).toBe(4)
    expect(stream.next()).toEqual(model.next(pieces[0].slice(0, 4)))
    const before = stream.snapshot()
    const drawn = stream.draw(new Random(5))
    stream.restore(before)
    expect(stream.draw(new Random(5))).toEqual(drawn)
    expect(() => stream.push([200])).toThrow(DataError)
    stream.dispose()
  })

  it('refuses options out of range and what is no piece', () => {
    expect(() => model.compose({ steps: 0 })).toThrow(UsageError)
    expect(() => model.compose({ temperature: -1 })).toThrow(UsageError)
    expect(() => model.compose({ seed: 0.5 })).toThrow(UsageError)
    expect(() => model.score([])).toThrow(DataError)
    expect(() => model.score({ notes: [{ pitch: 3, start: 0, end: 1, velocity: 1 }] })).toThrow(DataError)
  })
})

/** What sounds in each step, from the notes. */
function soundOf({ notes, steps }: ComposedMusic): number[][] {
  return steps.map((_, step) =>
    notes
      .filter(({ start, end }) => start <= step && step < end)
      .map(({ pitch }) => pitch)
      .sort((a, b) => a - b),
  )
}

describe('pieces that come in notes', () => {
  const notes = (shift: number) =>
    Array.from({ length: 12 }, (_, k) => ({
      pitch: 60 + shift + (k % 3) * 4,
      start: k / 2,
      end: (k + 1) / 2,
      velocity: k % 3 === 0 ? 120 : 40,
    }))
  const songs = Array.from({ length: 10 }, (_, k) => ({ name: `song ${k}`, notes: notes(k % 2) }))

  it('have a grid of their own, and loudness as events', async () => {
    const model = (await train({
      task: 'music',
      data: songs,
      engine,
      model: { form: 'events', hiddenSize: 24, weightDrop: 0 },
      train: { epochs: 60, batchSize: 4, transpose: 2 },
    })) as MusicModel
    expect(model.settings.notes).toEqual({ stepsPerBeat: 4, velocities: 8 })
    const { scores, details } = model.evaluate(songs)
    const roll = model.roll(songs[0])
    const losses = model.form.lossesInParts?.([roll])
    const { all, loudness } = losses as LossesInParts
    expect(all).toEqual(model.form.stepLosses([roll]))
    // in each group of three notes, of two steps each, the first is loud and the second soft again; between them nothing is said of loudness
    const said = [...loudness[0]].map((loss) => loss > 0)
    expect(said).toEqual(roll.steps.map((_, step) => step % 6 === 0 || step % 6 === 2))
    for (const [step, loss] of loudness[0].entries()) expect(loss).toBeLessThan(all[0][step])
    expect(details.nllOfLoudness).toBeGreaterThan(0)
    expect(details.nllOfLoudness).toBeLessThan(scores.nll)
    const evaluation = model.evaluate(songs)
    expect(music.report(evaluation)).toMatch(/\n {2}\d+\.\d{3} nats of the model.s say how loud notes are/)
    const { steps, notes: played } = model.compose({ primer: songs[0], steps: 12, temperature: 0 })
    expect(steps.length).toBe(24 + 12)
    const struck = played.filter(({ start }) => start >= 24)
    expect(struck.slice(0, 6).map(({ pitch }) => pitch)).toEqual([60, 64, 68, 60, 64, 68])
    const loud = struck.slice(0, 6).map(({ velocity }) => velocity)
    expect(loud[0]).toBeGreaterThan(100)
    expect(loud[1]).toBeLessThan(50)
    expect(loud.slice(3)).toEqual(loud.slice(0, 3))
    model.dispose()
  })

  it('are refused where no piano has them, with the piece', async () => {
    const low = { name: 'low', notes: [{ pitch: 12, start: 0, end: 1, velocity: 80 }] }
    const training = train({ task: 'music', data: { train: [songs[0], low], valid: [], test: [] }, engine })
    await expect(training).rejects.toThrow(/^rows\[1\]: expected notes that a piano has/)
    const settings = { model: { hiddenSize: 8 }, train: { epochs: 1 } }
    const model = (await train({ task: 'music', data: songs, engine, ...settings })) as MusicModel
    expect(() => model.evaluate([songs[0], low])).toThrow('low: expected notes that a piano has')
    expect(() => model.evaluate([low])).toThrow(DataError)
    model.dispose()
  })

  it.each(['roll', 'events'] as const)(
    'are cut into windows that together are the whole, as %s',
    async (form) => {
      const settings = { model: { form, hiddenSize: 8 }, train: { epochs: 1, window: 5 } }
      const model = (await train({ task: 'music', data: songs, engine, ...settings })) as MusicModel
      const roll = model.roll(songs[0])
      const lessons = model.form.lessonsOf(roll, 5)
      expect(lessons.map(({ steps }) => steps)).toEqual([5, 5, 4, 5, 5])
      const [whole, ...others] = model.form.lessonsOf(roll, 1000)
      expect([whole.steps, others]).toEqual([24, []])
      expect(lessons.flatMap(contentOf)).toEqual(contentOf(whole))
      const [losses] = model.form.stepLosses([roll])
      const mean = losses.reduce((a, b) => a + b, 0) / 24
      const trained = engine.scope(() => model.form.loss([whole], []).data[0])
      expect(trained).toBeCloseTo(mean, 3) // what is trained is what is scored
      model.dispose()
    },
  )
})

/** What a lesson is right about: the keys of its steps, or its events. */
function contentOf(lesson: MusicLesson): readonly unknown[] {
  const { played, tokens } = lesson as { played?: readonly Step[]; tokens?: readonly number[] }
  return played ?? tokens ?? []
}
