import { checksum } from '../codecs/crc32.js'
import { addNoise, changeSpeed, maskFeatures } from '../data/audio-augment.js'
import { sortedBatches } from '../data/batches.js'
import { DataError } from '../errors.js'
import { errorRateMetric } from '../metrics/error-rate.js'
import { majority } from '../metrics/majority.js'
import { countsOf, sumsOf } from '../metrics/summed.js'
import type { Random } from '../random/index.js'
import { packSequences } from '../tensor/index.js'
import type { BatchSource, Metrics, Trainable } from '../train/index.js'
import { prepareEach } from '../train/prepare.js'
import type { FrameReader } from './frame-reader.js'
import { PictureFrames } from './picture-frames.js'
import type { Decided } from './settings.js'
import { heardIn, SoundFrames } from './sound-frames.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityOf, lessonBatches } from './task-training.js'
import { buildNetwork } from './transcribe-build.js'
import { isFile, isSound, type Signal, type TranscribeRow } from './transcribe-rows.js'
import type { TranscribeSettings } from './transcribe-settings.js'
import { decideLength, decideSettings } from './transcribe-sizes.js'
import { writtenTokens } from './transcribe-tokens.js'
import { Transcriber } from './transcriber.js'

/** An utterance to learn from: its frames as they are without augmentation, and its tokens. */
interface Lesson {
  readonly row: TranscribeRow
  readonly index: number
  readonly frames: Float32Array
  readonly target: Int32Array
}

/** Frames as the network reads them in one epoch. */
type Prepared = Pick<Lesson, 'frames' | 'target'>

/** An utterance of the validation. */
interface ValidLesson extends Prepared {
  readonly text: string
  /** Whether its frames can spell its target; where not it has no part in the loss. */
  readonly fits: boolean
}

/** Utterances computed at once in a validation; it changes nothing but the speed. */
const BATCH = 32
/** How loud the background may be: the signal-to-noise ratio in decibels. */
const backgrounds = [10, 30] as const

/** Learns to transcribe: frames, tokens, network and `fit`, all from the job's seed. */
export async function learnToTranscribe(
  job: LearningJob<TranscribeRow, TranscribeSettings>,
): Promise<Learned<TranscribeRow, TranscribeSettings> & { readonly model: Transcriber }> {
  const { engine, data, random } = job
  const texts = data.train.map(({ text }) => text)
  const first = await read(data.train[0].input)
  const sampleRate = isSound(first) ? first.sampleRate : undefined
  const decidedByData = decideSettings(job.settings, { texts, sampleRate })
  const tokens = writtenTokens(texts, decidedByData.text)
  const targets = texts.map((text) => tokens.ids(text))
  const longest = targets.reduce((most, { length }) => Math.max(most, length), 0)
  const settings = { ...decidedByData, decode: decideLength(job.settings.decode, longest) }
  const { reader, frames } = await framesOf(job, first, settings)
  const weights = random.split('weights')
  const network = buildNetwork({
    engine,
    random: weights,
    size: reader.size,
    tokens,
    settings: settings.model,
  })
  const mostFrequent = majority(texts.map((text) => tokens.plain(text)))
  const model = new Transcriber({ network, reader, tokens, settings, mostFrequent })
  const lessons = data.train.map(
    (row, index): Lesson => ({ row, index, frames: frames[index], target: targets[index] }),
  )
  refuseImpossible(model, lessons)
  const valid = data.valid.map((row, index) => validLesson(model, row, index))
  // what cannot be scored is found before the training rather than behind it
  for (const [index, { input }] of data.test.entries()) model.framesOf(input, `test[${index}]`)
  return { model, fit: await train(model, job, lessons, valid), settings }
}

async function read(input: TranscribeRow['input']): Promise<Signal> {
  return isFile(input) ? input.read() : input
}

/** What errors call the input of a training row. */
const nameOf = (input: TranscribeRow['input'], index: number) => input.name ?? `train[${index}]`

/** The frames of all training rows, ready for the network, and the reader that makes such. */
async function framesOf(
  {
    data: { train: rows },
    engine,
    fit,
  }: Pick<LearningJob<TranscribeRow, TranscribeSettings>, 'data' | 'engine' | 'fit'>,
  first: Signal,
  settings: Decided<TranscribeSettings>,
): Promise<{ reader: FrameReader; frames: Float32Array[] }> {
  const sound = isSound(first)
  const plain = sound ? new SoundFrames(engine, settings.sound) : new PictureFrames(settings.picture)
  const raw = await prepareEach(rows, { what: 'Frames', ...fit }, async ({ input }, index) => {
    const name = nameOf(input, index)
    const compute = (signal: Signal) => plain.frames(signal, name)
    return isFile(input) && input.frames ? input.frames(plain.key, compute) : compute(await read(input))
  })
  const running = plain instanceof SoundFrames && plain.running !== undefined
  const reader = running ? new SoundFrames(engine, settings.sound, heardIn(raw, plain.size)) : plain
  if (reader !== plain) plain.dispose()
  return { reader, frames: raw.map((frames) => reader.normalized(frames)) }
}

/** Throws a `DataError` that lists the rows whose texts are too long for their frames. */
function refuseImpossible({ network, reader }: Transcriber, lessons: readonly Lesson[]): void {
  const wrong = lessons.filter(
    ({ frames, target }) => network.steps(frames.length / reader.size) < network.stepsOf(target),
  )
  if (wrong.length === 0) return
  const lines = wrong.slice(0, 10).map(({ row, index, frames, target }) => {
    const steps = network.steps(frames.length / reader.size)
    return `  ${nameOf(row.input, index)}: ${network.stepsOf(target)} steps needed for ${JSON.stringify(row.text.slice(0, 60))}, ${steps} there`
  })
  const more = wrong.length > 10 ? `\n  and ${wrong.length - 10} more` : ''
  throw new DataError(
    `expected texts that fit into their frames, found ${wrong.length} of ${lessons.length} that are too long (set model.stride=1, or leave them out):\n${lines.join('\n')}${more}`,
  )
}

async function train(
  model: Transcriber,
  job: LearningJob<TranscribeRow, TranscribeSettings>,
  lessons: readonly Lesson[],
  valid: readonly ValidLesson[],
) {
  const { decode: _, ...lasting } = model.settings
  return fitTask<readonly Prepared[]>({
    job,
    settings: model.settings.train,
    model: trainable(model),
    data: batchesOf(model, lessons),
    monitor: { metric: 'cer', better: 'lower', within: () => 0 },
    // how it searches may differ
    identity: identityOf(
      lasting,
      lessons.map(({ row, frames }) => `${row.text}\t${checksum(bytesOf(frames))}`),
    ),
    ...(valid.length > 0 && { validate: () => validate(model, valid) }),
  })
}

function trainable({ network, reader }: Transcriber): Trainable<readonly Prepared[]> {
  return {
    engine: network.engine,
    parameters: () => network.parameters(),
    size: (lessons) => lessons.reduce((sum, { target }) => sum + target.length, 0),
    loss(lessons, training) {
      const frames = lessons.map((lesson) => lesson.frames)
      const targets = lessons.map(({ target }) => target)
      return network.loss(
        packSequences(network.engine, frames, reader.size),
        targets,
        training ? { training } : {},
      )
    },
  }
}

/** Batches of similar length, augmented anew in each epoch. */
function batchesOf(model: Transcriber, lessons: readonly Lesson[]): BatchSource<readonly Prepared[]> {
  const plain = lessonBatches(lessons, ({ frames }) => frames.length, model.settings.train.batchSize)
  return {
    batchesPerEpoch: plain.batchesPerEpoch,
    async *batches(epoch, random) {
      const augmenting = random.split('augment')
      for await (const batch of plain.batches(epoch, random)) {
        const prepared: Prepared[] = []
        for (const lesson of batch)
          prepared.push(await augmented(model, lesson, lessons, augmenting.split(lesson.index)))
        yield prepared
      }
    },
  }
}

async function augmented(
  model: Transcriber,
  lesson: Lesson,
  lessons: readonly Lesson[],
  random: Random,
): Promise<Prepared> {
  const { frequencyMasks, frequencyWidth, timeMasks, timeWidth } = model.settings.augment
  const frames = await retold(model, lesson, lessons, random)
  if (frequencyMasks + timeMasks === 0) return { frames, target: lesson.target }
  const masks = { frequencyMasks, frequencyWidth, timeMasks, timeWidth }
  return {
    frames: maskFeatures(frames, model.reader.size, random.split('masks'), masks),
    target: lesson.target,
  }
}

/** A recording at another speed, with another one in the background. */
async function retold(
  { reader, settings, network }: Transcriber,
  lesson: Lesson,
  lessons: readonly Lesson[],
  random: Random,
): Promise<Float32Array> {
  const { noise, speed } = settings.augment
  if (!(reader instanceof SoundFrames) || (noise === 0 && !speed)) return lesson.frames
  const samplesOf = async ({ row, index }: Lesson) =>
    reader.samples(await read(row.input), nameOf(row.input, index))
  let samples = await samplesOf(lesson)
  if (speed) samples = changeSpeed(samples, random.split('speed'))
  const chance = random.split('noise')
  if (chance.uniform() < noise && lessons.length > 1) {
    const place = (lesson.index + 1 + chance.integer(lessons.length - 1)) % lessons.length
    const other = await samplesOf(lessons[place])
    if (other.some((sample) => sample !== 0)) samples = addNoise(samples, other, backgrounds, chance)
  }
  const frames = reader.normalized(reader.framesOf(samples))
  // spoken faster, a text may no longer fit
  return network.steps(frames.length / reader.size) < network.stepsOf(lesson.target) ? lesson.frames : frames
}

function validLesson(model: Transcriber, { input, text }: TranscribeRow, index: number): ValidLesson {
  const { network, reader, tokens } = model
  const frames = model.framesOf(input, `valid[${index}]`)
  const target = tokens.ids(text)
  const fits = network.steps(frames.length / reader.size) >= network.stepsOf(target)
  return { frames, target, text: tokens.plain(text), fits }
}

/** The mean loss of a token, and the character error rate without a search. */
function validate({ network, reader, tokens, settings }: Transcriber, rows: readonly ValidLesson[]): Metrics {
  const { engine } = network
  const search = { width: 1, best: 1, maximumLength: settings.decode.maximumLength }
  const written: string[] = []
  let loss = 0
  const lengths = rows.map(({ frames }) => frames.length)
  for (const batch of sortedBatches(lengths, BATCH))
    engine.scope(() => {
      const part = Array.from(batch)
      const frames = part.map((row) => rows[row].frames)
      const x = packSequences(engine, frames, reader.size)
      const targets = part.map((row) => rows[row].target)
      loss += network.loss(x, targets, { sum: true }).item()
      for (const [place, [{ ids }]] of network.search(x, search).entries())
        written[part[place]] = tokens.text(ids)
    })
  const count = rows.reduce((sum, { fits, target }) => sum + (fits ? target.length : 0), 0)
  const metric = errorRateMetric({ unit: 'character' })
  const right = rows.map(({ text }) => text)
  return { cer: metric.score(sumsOf(countsOf(metric, right, written), 4)), loss: loss / Math.max(1, count) }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
