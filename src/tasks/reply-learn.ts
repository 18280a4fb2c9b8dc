import { Vocabulary } from '../data/vocabulary.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { NearestTexts } from '../metrics/nearest-texts.js'
import { rankingScores, rankOf } from '../metrics/ranking.js'
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
import { dictionaryOf, keyOf } from './reply-distinct.js'
import { answersOf } from './reply-evaluation.js'
import { batchScores, type Lesson, lessonsOf } from './reply-lessons.js'
import type { ReplyParts } from './reply-rows.js'
import type { ReplySettings } from './reply-settings.js'
import { decideSettings, NEUTRAL } from './reply-sizes.js'
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
  const fit = await train(network, reader, job, { settings, replies })

  const dictionary = new ReplyDictionary(network, reader, replies)
  const reject = rejectionOf(dictionary, job)
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
  { settings, replies }: { settings: Decided<ReplySettings>; replies: readonly string[] },
) {
  const { data } = job
  const { reject: _, ...lasting } = settings // it matters after the training only
  const candidates = candidatesOf(reader, replies, data.valid)
  return fitTask<readonly Lesson[]>({
    job,
    settings: settings.train,
    model: trainable(network, settings),
    // by chance, not by length: a reply is to be told from all the others
    data: lessonBatches(lessonsOf(reader, data.train), () => 0, settings.train.batchSize),
    monitor: { metric: 'recallAt1', better: 'higher', within: halfStandardError(data.valid.length) },
    identity: identityOf(
      lasting,
      [...data.train.map(({ source, target }) => `${source}\t${target}`), ...replies],
      reader.features.vocabulary.words,
    ),
    ...(data.valid.length > 0 && { validate: () => validate(network, reader, candidates, data.valid) }),
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

/** What the best epoch is chosen by: the replies of the dictionary; where it has none of the validation rows' replies, those instead. */
function candidatesOf(
  reader: WordReader,
  replies: readonly string[],
  valid: readonly PairRow[],
): readonly string[] {
  const keys = new Set(replies.map((reply) => keyOf(reader, reply)))
  const written = valid.map(({ target }) => target)
  return written.some((reply) => keys.has(keyOf(reader, reply))) ? replies : written
}

/** Recall as it is reported later, and the mean -log p of the right replies that are there. */
function validate(
  network: DualEncoder<Int32Array>,
  reader: WordReader,
  candidates: readonly string[],
  valid: readonly PairRow[],
): Metrics {
  const dictionary = new ReplyDictionary(network, reader, candidates)
  const scores = dictionary.scores(valid.map(({ source }) => source))
  const places = valid.map(({ target }) => dictionary.placeOf(target))
  dictionary.dispose()
  const losses = probabilitiesOf(scores, 1).flatMap((row, i) =>
    places[i] < 0 ? [] : [-Math.log(row[places[i]])],
  )
  return {
    recallAt1: rankingScores(scores.map((row, i) => rankOf(row, places[i]))).recallAt1,
    loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  }
}

/**
 * How sure replies are, and how sure they have to be, by the validation rows where the settings leave it open. Where these rows cannot say
 * it, a notice does, and the defaults without data stand.
 */
function rejectionOf(
  dictionary: ReplyDictionary,
  { data: { valid }, settings: { reject }, fit }: LearningJob<PairRow, ReplySettings>,
): Decided<ReplySettings>['reject'] {
  const scores = dictionary.scores(valid.map(({ source }) => source))
  const places = valid.map(({ target }) => dictionary.placeOf(target))
  const known = [...places.keys()].filter((row) => places[row] >= 0)
  const fitted = fitTemperature(
    known.map((row) => scores[row]),
    known.map((row) => places[row]),
  )
  const temperature = decided(reject.temperature, known.length > 0 ? fitted : NEUTRAL.temperature)
  const { confidences, right } = answersOf(probabilitiesOf(scores, temperature), places)
  const { threshold } = chooseRejection(confidences, right, { otherwise: NEUTRAL.threshold })
  const open = (['temperature', 'threshold'] as const).filter((name) => reject[name] === 'auto')
  const missing = open.filter((name) => (name === 'temperature' ? known.length === 0 : !right.includes(true)))
  if (missing.length > 0)
    fit.on?.({ type: 'notice', message: unfittedMessage(missing, valid.length, known.length) })
  return { temperature, threshold: decided(reject.threshold, threshold) }
}

/** Why the validation rows say nothing of some settings, and what these are instead. */
function unfittedMessage(names: readonly (keyof typeof NEUTRAL)[], rows: number, known: number): string {
  const why =
    rows === 0
      ? 'there are no validation rows'
      : known === 0
        ? `none of the ${rows} validation rows has a reply of the dictionary`
        : `none of the ${known} validation rows with a reply of the dictionary gets it first`
  const which = names.map((name) => `reject.${name} is ${NEUTRAL[name]}`).join(' and ')
  return `how sure a reply has to be cannot be learned (${why}): ${which}; set what you want`
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
