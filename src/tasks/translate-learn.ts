import { crossEntropy } from '../losses/cross-entropy.js'
import { majority } from '../metrics/majority.js'
import { EncoderDecoder } from '../models/encoder-decoder.js'
import { linearSampling } from '../models/sampling-rates.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Trainable, TrainingStep } from '../train/index.js'
import type { Decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityOf, lessonBatches, updatesOf } from './task-training.js'
import { besideTargets, readByDecoder, tokenMetrics } from './taught-tokens.js'
import { decideLength } from './text-search.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSettings } from './translate-settings.js'
import { decideSettings } from './translate-sizes.js'
import { type PairTokens, tokensOf } from './translate-tokens.js'
import { knownByVectors, withPairVectors } from './translate-vectors.js'
import { Translator } from './translator.js'

/** A pair to learn from: tokens with their ends. */
interface Lesson {
  readonly source: Int32Array
  readonly target: Int32Array
}

/** Learns to translate: tokens, network and `fit`, all from the job's seed. */
export async function learnToTranslate(
  job: LearningJob<PairRow, TranslateSettings>,
): Promise<Learned<PairRow, TranslateSettings> & { readonly model: Translator }> {
  const { engine, data, random } = job
  const decided = decideSettings(job.settings, data.train)
  const ready = await withPairVectors(tokensOf(data.train, decided.text), job)
  const { tokens } = ready
  const lessons = data.train.map((row) => lessonOf(row, tokens))
  const longest = lessons.reduce((most, { target }) => Math.max(most, target.length), 0)
  const settings = { ...decided, decode: decideLength(job.settings.decode, longest) }
  const network = buildNetwork(engine, tokens, settings, random.split('weights'))
  ready.putInto(network)
  const model = new Translator({
    network,
    tokens,
    settings,
    mostFrequent: majority(data.train.map(({ target }) => target)),
  })
  return { model, fit: await train(model, job, lessons), settings }
}

/** The network of the settings, with weights drawn from `random`. */
export function buildNetwork(
  engine: Engine,
  { source, target }: PairTokens,
  { text, model }: Pick<Decided<TranslateSettings>, 'model' | 'text'>,
  random: Random,
): EncoderDecoder {
  const { cell, hiddenSize, layers, embeddingSize, bidirectional, dropout } = model
  const { attention, inputFeeding, coverage } = model
  return new EncoderDecoder({
    ...{ engine, random, embeddingSize, bidirectional, attention, inputFeeding, coverage, dropout },
    sourceTokens: source.size,
    targetTokens: target.size,
    sharedEmbedding: text.shared,
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
  })
}

async function train(
  model: Translator,
  job: LearningJob<PairRow, TranslateSettings>,
  lessons: readonly Lesson[],
) {
  const { data } = job
  const { text, model: network, train: settings } = model.settings
  const valid = data.valid.map((row) => lessonOf(row, model.tokens))
  const batches = lessonBatches(
    lessons,
    ({ source, target }) => source.length + target.length,
    settings.batchSize,
  )
  return fitTask<readonly Lesson[]>({
    job,
    settings,
    model: trainable(model, updatesOf(settings, batches)),
    data: batches,
    monitor: { metric: 'accuracy', better: 'higher', within: () => 0 },
    // how it searches and is scored may differ
    identity: identityOf(
      { text, model: network, train: settings },
      data.train.map(({ source, target }) => `${source}\t${target}`),
      knownByVectors(model.tokens, job),
    ),
    ...(valid.length > 0 && {
      validate: () =>
        tokenMetrics(
          model.engine,
          valid,
          ({ source }) => source.length,
          (lessons) => taught(model, lessons),
        ),
    }),
  })
}

function lessonOf({ source, target }: PairRow, tokens: PairTokens): Lesson {
  return { source: tokens.source.asSource(source), target: tokens.target.ended(target) }
}

function trainable(model: Translator, steps: number): Trainable<readonly Lesson[]> {
  const { labelSmoothing: smoothing, scheduledSampling } = model.settings.train
  const rateAt = linearSampling(steps, scheduledSampling)
  return {
    engine: model.engine,
    parameters: () => model.parameters(),
    size: (lessons) => lessons.reduce((sum, { target }) => sum + target.length, 0),
    loss(lessons, training) {
      const { logits, next } = taught(model, lessons, training, training ? rateAt(training.step) : 0)
      return crossEntropy(logits, next, { smoothing })
    },
  }
}

function taught(model: Translator, lessons: readonly Lesson[], training?: TrainingStep, rate = 0) {
  const { network, tokens } = model
  const sampling = training && rate > 0 ? { rate, random: training.random.split('sampling') } : undefined
  const targets = lessons.map(({ target }) => target)
  const said = network.forward(
    lessons.map(({ source }) => source),
    readByDecoder(targets, tokens.target.start),
    { training, sampling },
  )
  return besideTargets(said, targets)
}
