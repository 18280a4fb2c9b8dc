import { KEYS, type Piece, rollsOf, textOf } from '../data/piece.js'
import { NoteFloors } from '../metrics/note-floors.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Trainable } from '../train/index.js'
import { keysOf } from './music-evaluation.js'
import type { MusicForm, MusicLesson } from './music-form.js'
import { formOf } from './music-forms.js'
import { MusicModel } from './music-model.js'
import type { PieceParts } from './music-rows.js'
import type { MusicSettings } from './music-settings.js'
import { decideNotes, decideSettings } from './music-sizes.js'
import type { Decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityOf, lessonBatches } from './task-training.js'

/** Learns to go on with pieces: counts for the simple rules, network, `fit`, all from the job's seed. */
export async function learnMusic(
  job: LearningJob<Piece, MusicSettings> & { readonly data: PieceParts },
): Promise<Learned<Piece, MusicSettings> & { readonly model: MusicModel }> {
  const { engine, data, random } = job
  const inSteps = data.train.every((piece) => 'steps' in piece)
  const { stepsPerBeat } = decideNotes(job.settings, inSteps)
  const rolls = rollsOf(data.train, stepsPerBeat)
  const steps = rolls.reduce((sum, roll) => sum + roll.steps.length, 0)
  const settings = decideSettings(job.settings, { steps, rolls: inSteps })
  const form = formOf(engine, settings, random.split('weights'))
  const floors = NoteFloors.of(rolls.map(keysOf), KEYS)
  const model = new MusicModel({ form, floors, settings, sustain: data.sustain })
  const lessons = rolls.flatMap((roll) => form.lessonsOf(roll, settings.train.window))
  const fit = await fitTask<readonly MusicLesson[]>({
    job,
    settings: settings.train,
    model: trainable(engine, form, settings),
    data: lessonBatches(lessons, ({ length }) => length, settings.train.batchSize),
    monitor: { metric: 'nll', better: 'lower' },
    validationData: 'validation pieces',
    identity: identityOf(settings, data.train.map(textOf)),
    ...(data.valid.length > 0 && { validate: () => ({ nll: model.evaluate(data.valid).scores.nll }) }),
  })
  return { model, fit, settings }
}

function trainable(
  engine: Engine,
  form: MusicForm,
  { train }: Decided<MusicSettings>,
): Trainable<readonly MusicLesson[]> {
  return {
    engine,
    parameters: () => form.network.parameters(),
    size: (lessons) => lessons.reduce((sum, { steps }) => sum + steps, 0),
    loss(lessons, training) {
      const random = train.transpose > 0 ? training?.random.split('transpose') : undefined
      const shifts = random
        ? lessons.map((lesson) => shiftOf(form.room(lesson), train.transpose, random))
        : []
      return form.loss(lessons, shifts, training)
    },
  }
}

/** Semitones by which a lesson is moved, as far as the piano reaches. */
function shiftOf({ down, up }: { down: number; up: number }, most: number, random: Random): number {
  const [low, high] = [Math.max(-most, -down), Math.min(most, up)]
  return Math.floor(low + random.uniform() * (high - low + 1))
}
