import { crc32, hexadecimal } from '../codecs/crc32.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { majority } from '../metrics/majority.js'
import { CaptionNetwork } from '../models/caption-network.js'
import { FeatureEncoder, GridEncoder, type RegionEncoder } from '../models/region-encoder.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Trainable, TrainingStep } from '../train/index.js'
import { NearestPicture } from './caption-nearest.js'
import { checkKind, numbersOf, type PictureReader, readerFor } from './caption-pictures.js'
import type { CaptionRow } from './caption-rows.js'
import type { CaptionSettings } from './caption-settings.js'
import { decideSettings } from './caption-sizes.js'
import { Captioner } from './captioner.js'
import type { Decided } from './settings.js'
import { type SideTokens, sideOf } from './side-tokens.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityOf, lessonBatches } from './task-training.js'
import { besideTargets, readByDecoder, tokenMetrics } from './taught-tokens.js'
import { decideLength } from './text-search.js'

/** A picture and one of its captions: what the network sees, and tokens with their end. */
interface Lesson {
  readonly seen: Float32Array
  readonly target: Int32Array
}

/** Learns to describe pictures: words, network and `fit`, all from the job's seed. */
export async function learnToCaption(
  job: LearningJob<CaptionRow, CaptionSettings>,
): Promise<Learned<CaptionRow, CaptionSettings> & { readonly model: Captioner }> {
  const { engine, data, random } = job
  const decided = decideSettings(job.settings, data.train)
  const captions = data.train.flatMap((row) => row.captions)
  const tokens = sideOf(captions, 'words', decided.text)
  const pictures = data.train.map(({ image }) => image)
  const reader = readerFor(pictures, decided.image)
  for (const [part, rows] of [
    ['validation', data.valid],
    ['test', data.test],
  ] as const)
    for (const [i, { image, name }] of rows.entries())
      checkKind(reader, image, name ?? `${part} picture ${i + 1}`)
  const lessons = lessonsOf(data.train, reader, tokens)
  const longest = lessons.reduce((most, { target }) => Math.max(most, target.length), 0)
  const settings = { ...decided, decode: decideLength(job.settings.decode, longest) }
  const model = new Captioner({
    network: buildNetwork(engine, { reader, tokens }, settings, random.split('weights')),
    ...{ tokens, reader, settings, mostFrequent: majority(captions) },
    nearest: NearestPicture.learn(reader, data.train),
  })
  return { model, fit: await train(model, job, lessons), settings }
}

/** The network of the settings, with weights drawn from `random`. */
export function buildNetwork(
  engine: Engine,
  { reader, tokens }: { readonly reader: PictureReader; readonly tokens: SideTokens },
  { model }: Pick<Decided<CaptionSettings>, 'model'>,
  random: Random,
): CaptionNetwork {
  const { cell, hiddenSize, layers, embeddingSize, attention, inputFeeding, dropout } = model
  return new CaptionNetwork({
    ...{ engine, random, embeddingSize, attention, inputFeeding, dropout },
    encoder: encoderOf(engine, reader, model, random.split('encoder')),
    tokens: tokens.size,
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
  })
}

function encoderOf(
  engine: Engine,
  reader: PictureReader,
  { filters, convolutions, grid, hiddenSize }: Decided<CaptionSettings>['model'],
  random: Random,
): RegionEncoder {
  if (reader.kind === 'features')
    return new FeatureEncoder({ engine, random, inputSize: reader.size, size: hiddenSize })
  const { width, height } = reader
  return new GridEncoder({ engine, random, width, height, filters, convolutions, grid })
}

async function train(
  model: Captioner,
  job: LearningJob<CaptionRow, CaptionSettings>,
  lessons: readonly Lesson[],
) {
  const { data } = job
  const { image, text, model: network, train: settings } = model.settings
  const valid = lessonsOf(data.valid, model.reader, model.tokens)
  return fitTask<readonly Lesson[]>({
    job,
    settings,
    model: trainable(model),
    data: lessonBatches(lessons, ({ target }) => target.length, settings.batchSize),
    monitor: { metric: 'accuracy', better: 'higher', within: () => 0 },
    // how it searches and is scored may differ
    identity: identityOf({ image, text, model: network, train: settings }, data.train.map(identify)),
    ...(valid.length > 0 && {
      validate: () =>
        tokenMetrics(
          model.engine,
          valid,
          ({ target }) => target.length,
          (lessons) => taught(model, lessons),
        ),
    }),
  })
}

/** A lesson for each caption; the captions of a picture share what is seen of it. */
function lessonsOf(rows: readonly CaptionRow[], reader: PictureReader, tokens: SideTokens): Lesson[] {
  return rows.flatMap(({ image, captions }, i) => {
    const seen = numbersOf(reader, image, `picture ${i + 1}`)
    return captions.map((caption) => ({ seen, target: tokens.ended(caption) }))
  })
}

function identify({ image: { data }, captions }: CaptionRow): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return `${hexadecimal(crc32(bytes))}\t${captions.join('\t')}`
}

function trainable(model: Captioner): Trainable<readonly Lesson[]> {
  const { labelSmoothing: smoothing } = model.settings.train
  return {
    engine: model.engine,
    parameters: () => model.parameters(),
    size: (lessons) => lessons.reduce((sum, { target }) => sum + target.length, 0),
    loss(lessons, training) {
      const { logits, next } = taught(model, lessons, training)
      return crossEntropy(logits, next, { smoothing })
    },
  }
}

function taught({ network, tokens }: Captioner, lessons: readonly Lesson[], training?: TrainingStep) {
  const targets = lessons.map(({ target }) => target)
  const said = network.forward(
    lessons.map(({ seen }) => seen),
    readByDecoder(targets, tokens.start),
    { training },
  )
  return besideTargets(said, targets)
}
