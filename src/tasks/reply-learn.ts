import { Vocabulary } from '../data/vocabulary.js'
import { crossEntropy } from '../losses/index.js'
import { NearestTexts } from '../metrics/nearest-texts.js'
import { rankingScores } from '../metrics/ranking.js'
import { chooseRejection } from '../metrics/rejection.js'
import { fitTemperature } from '../metrics/temperature.js'
import { DualEncoder } from '../models/dual-encoder.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Metrics, Trainable } from '../train/index.js'
import { encoderOptions } from './classify-network.js'
import { WordReader, wordsOf } from './classify-words.js'
import { putInto, withReadyVectors } from './ready-vectors.js'
import { probabilitiesOf, Replier } from './replier.js'
import { ReplyDictionary } from './reply-dictionary.js'
import { dictionaryOf } from './reply-distinct.js'
import { answersOf } from './reply-evaluation.js'
import { batchScores, type Lesson, lessonsOf, rankAmong } from './reply-lessons.js'
import type { ReplyParts } from './reply-rows.js'
import type { ReplySettings } from './reply-settings.js'
import { decideSettings } from './reply-sizes.js'
import { type Decided, decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, halfStandardError, identityOf, lessonBatches } from './task-training.js'
import type { PairRow } from './translate-rows.js'

/** The training messages that the baseline knows by heart, at most: they are stored with the model. */
const REMEMBERED = 20_000

/** Learns to choose replies: vocabulary, network, `fit`, dictionary, and how sure is sure enough, all from the job's seed. */
export async function learnToReply(
  job: LearningJob<PairRow, ReplySettings>,
): Promise<Learned<PairRow, ReplySettings> & { readonly model: Replier }> {
  const { engine, random } = job
  const data: ReplyParts = job.data
  const words = wordsOf(job.settings.text)
  const texts = data.train.flatMap(({ source, target }) => [words.of(source), words.of(target)])
  const seen = Vocabulary.of(texts, { minimumCount: job.settings.text.minimumCount })
  const settings = decideSettings(job.settings, data.train.length, seen.size)
  const { vocabulary, vectors } = await withReadyVectors(job, seen, (word) => words.of(word).join(' '))
  const reader = WordReader.of(vocabulary, settings.text)
  const written = data.train.map(({ target }) => target)
  const replies = data.replies ?? dictionaryOf(reader, written, settings.replies)
  const network = buildNetwork(engine, reader.features.rows, settings, random.split('weights'))
  if (vectors) putInto(network.parameters()['embedding.weight'], vectors, (word) => vocabulary.id(word), job)
  const fit = await train(network, reader, job, settings)

  const dictionary = new ReplyDictionary(network, reader, replies)
  const reject = rejectionOf(dictionary, data.valid, job.settings.reject)
  const nearest = nearestOf(dictionary, reader, data.train)
  const complete = { ...settings, reject }
  return {
    model: new Replier({ reader, network, settings: complete, dictionary, nearest }),
    fit,
    settings: complete,
  }
}

/** The network of the settings, with weights drawn from `random`. */
export function buildNetwork(
  engine: Engine,
  rows: number,
  { model }: Pick<Decided<ReplySettings>, 'model'>,
  random: Random,
): DualEncoder<Int32Array> {
  const { vectorSize: size, scale } = model
  return new DualEncoder({ ...encoderOptions(engine, rows, model, random), size, scale })
}

async function train(
  network: DualEncoder<Int32Array>,
  reader: WordReader,
  job: LearningJob<PairRow, ReplySettings>,
  settings: Decided<ReplySettings>,
) {
  const { data } = job
  const { reject: _, replies: __, ...lasting } = settings // they matter after the training only
  const valid = lessonsOf(reader, data.valid)
  return fitTask<readonly Lesson[]>({
    job,
    settings: settings.train,
    model: trainable(network, settings),
    // by chance, not by length: a reply is to be told from all the others
    data: lessonBatches(lessonsOf(reader, data.train), () => 0, settings.train.batchSize),
    monitor: { metric: 'accuracy', better: 'higher', within: halfStandardError(valid.length) },
    identity: identityOf(
      lasting,
      data.train.map(({ source, target }) => `${source}\t${target}`),
      reader.features.vocabulary.words,
    ),
    ...(valid.length > 0 && { validate: () => validate(network, valid) }),
  })
}

function trainable(
  network: DualEncoder<Int32Array>,
  { model, train: { labelSmoothing: smoothing } }: Decided<ReplySettings>,
): Trainable<readonly Lesson[]> {
  const { engine } = network
  return {
    engine,
    parameters: () => network.parameters(),
    size: (lessons) => lessons.length,
    loss(lessons, training) {
      const noise = training && { random: training.random, wordDropout: model.wordDropout }
      const { scores, right } = batchScores(network, lessons, noise)
      return crossEntropy(scores, engine.indices(right), { smoothing })
    },
  }
}

function validate(network: DualEncoder<Int32Array>, valid: readonly Lesson[]): Metrics {
  const { ranks, loss } = rankAmong(network, valid)
  return { accuracy: rankingScores(ranks).recallAt1, loss }
}

/** How sure replies are, and how sure they have to be, by the validation rows where the settings leave it open. */
function rejectionOf(
  dictionary: ReplyDictionary,
  valid: readonly PairRow[],
  settings: ReplySettings['reject'],
): Decided<ReplySettings>['reject'] {
  const scores = dictionary.scores(valid.map(({ source }) => source))
  const places = valid.map(({ target }) => dictionary.placeOf(target))
  const known = [...places.keys()].filter((row) => places[row] >= 0)
  const fitted = fitTemperature(
    known.map((row) => scores[row]),
    known.map((row) => places[row]),
  )
  const temperature = decided(settings.temperature, fitted)
  const { confidences, right } = answersOf(probabilitiesOf(scores, temperature), places)
  return {
    temperature,
    threshold: decided(settings.threshold, chooseRejection(confidences, right).threshold),
  }
}

/** The baseline: training messages with replies of the dictionary, or all of them where it has none of their replies. */
function nearestOf(dictionary: ReplyDictionary, reader: WordReader, train: readonly PairRow[]): NearestTexts {
  const placed = train.map((row) => ({ row, place: dictionary.placeOf(row.target) }))
  const answered = placed
    .filter(({ place }) => place >= 0)
    .map(({ row, place }) => ({ source: row.source, target: dictionary.replies[place] }))
  const rows = (answered.length > 0 ? answered : train).slice(0, REMEMBERED)
  return NearestTexts.of(
    rows.map(({ source }) => reader.words.of(source)),
    rows.map(({ target }) => target),
  )
}
