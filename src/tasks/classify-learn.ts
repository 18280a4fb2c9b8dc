import { labelSet } from '../data/example.js'
import { Vocabulary } from '../data/vocabulary.js'
import type { Words } from '../data/words.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { isRight } from '../metrics/gold.js'
import { majority } from '../metrics/majority.js'
import { NaiveBayes } from '../metrics/naive-bayes.js'
import { chooseRejection } from '../metrics/rejection.js'
import type { Engine, Tensor } from '../tensor/index.js'
import type { Metrics, Trainable } from '../train/index.js'
import { meanLoss } from './classify-evaluation.js'
import { buildNetwork } from './classify-network.js'
import { type TextRow, targetsOf } from './classify-rows.js'
import type { ClassifySettings } from './classify-settings.js'
import { decideSettings } from './classify-sizes.js'
import { hideWords, WordReader, type WordRows, wordsOf } from './classify-words.js'
import { largest } from './prediction.js'
import { putInto, withReadyVectors } from './ready-vectors.js'
import type { Decided } from './settings.js'
import type { DataParts, Learned, LearningJob } from './task.js'
import { fitTask, halfStandardError, identityOf, lessonBatches } from './task-training.js'
import { TextClassifier } from './text-classifier.js'

/** A text to learn from: its words, and the places of its labels. */
interface Lesson {
  readonly words: WordRows
  readonly targets: readonly number[]
}

/** Learns to classify texts: vocabulary, network, `fit`, and the threshold for unknown texts, all from the job's seed. */
export async function learnToClassify(
  job: LearningJob<TextRow, ClassifySettings>,
): Promise<Learned<TextRow, ClassifySettings> & { readonly model: TextClassifier }> {
  const { engine, data, random } = job
  const words = wordsOf(job.settings.text)
  const texts = data.train.map(({ text }) => words.of(text))
  const seen = Vocabulary.of(texts, { minimumCount: job.settings.text.minimumCount })
  const settings = decideSettings(job.settings, data.train.length, seen.size)
  const { vocabulary, vectors } = await withReadyVectors(job, seen, (word) => words.of(word).join(' '))
  const reader = WordReader.of(vocabulary, settings.text)
  const labels = [...new Set(data.train.flatMap(({ label }) => targetsOf(label)))].sort()
  const network = buildNetwork(engine, reader.features.rows, labels.length, settings, random.split('weights'))
  if (vectors) putInto(network.parameters()['embedding.weight'], vectors, (word) => vocabulary.id(word), job)
  const model = new TextClassifier({
    reader,
    network,
    labels,
    settings,
    baselines: baselinesOf(data, texts, words),
  })
  const result = await train(model, job, settings)
  if (job.settings.reject.threshold !== 'auto') return { model, fit: result, settings }
  const threshold = chosenThreshold(model, data.valid)
  const decided = { ...settings, reject: { threshold } }
  return { model: new TextClassifier({ ...model, settings: decided }), fit: result, settings: decided }
}

function baselinesOf(
  data: DataParts<TextRow>,
  texts: readonly (readonly string[])[],
  words: Words,
): { majority: string; naiveBayes: NaiveBayes } {
  const labelled = { texts, labels: data.train.map(({ label }) => label) }
  const valid = {
    texts: data.valid.map(({ text }) => words.of(text)),
    labels: data.valid.map(({ label }) => labelSet(label)),
  }
  return { majority: majority(labelled.labels), naiveBayes: NaiveBayes.chosen(labelled, valid) }
}

async function train(
  model: TextClassifier,
  job: LearningJob<TextRow, ClassifySettings>,
  settings: Decided<ClassifySettings>,
) {
  const { data } = job
  const { reject: _, ...lasting } = settings
  const places = new Map(model.labels.map((label, index) => [label, index]))
  const lessons = data.train.map(({ text, label }): Lesson => {
    const targets = targetsOf(label).map((target) => places.get(target) ?? 0)
    return { words: model.reader.read(text), targets }
  })
  const hasValidation = data.valid.length > 0
  return fitTask<readonly Lesson[]>({
    job,
    settings: settings.train,
    model: trainable(model, settings),
    data: lessonBatches(lessons, ({ words }) => words.length, settings.train.batchSize),
    monitor: { metric: 'accuracy', better: 'higher', within: halfStandardError(data.valid.length) },
    identity: identityOf(
      lasting,
      data.train.map(({ text, label }) => `${text}\t${label}`),
      model.reader.features.vocabulary.words,
    ),
    ...(hasValidation && { validate: () => validate(model, data.valid) }),
  })
}

function trainable(model: TextClassifier, settings: Decided<ClassifySettings>): Trainable<readonly Lesson[]> {
  const { network, engine, labels } = model
  const { labelSmoothing: smoothing } = settings.train
  return {
    engine,
    parameters: () => network.parameters(),
    size: (lessons) => lessons.length,
    loss(lessons, training) {
      const hidden = training?.random.split('words')
      const texts = lessons.map(({ words }) =>
        hidden ? hideWords(words, settings.model.wordDropout, hidden) : words,
      )
      return crossEntropy(network.forward(texts, training), targetsTensor(engine, lessons, labels.length), {
        smoothing,
      })
    },
  }
}

/** Classes, or, where a text has several labels, probabilities that its labels share. */
function targetsTensor(engine: Engine, lessons: readonly Lesson[], classes: number) {
  if (lessons.every(({ targets }) => targets.length === 1))
    return engine.indices(lessons.map(({ targets }) => targets[0]))
  const shares: Tensor = engine.zeros([lessons.length, classes])
  const values = shares.data
  for (const [row, { targets }] of lessons.entries())
    for (const target of targets) values[row * classes + target] = 1 / targets.length
  return shares
}

function validate(model: TextClassifier, rows: readonly TextRow[]): Metrics {
  const { loss, right } = tried(model, rows)
  return { accuracy: right.filter(Boolean).length / rows.length, loss }
}

function tried(model: TextClassifier, rows: readonly TextRow[]) {
  const probabilities = model.probabilities(rows.map(({ text }) => text))
  const confidences = probabilities.map(largest)
  const right = probabilities.map((scores, row) =>
    isRight(labelSet(rows[row].label), model.labels[scores.indexOf(confidences[row])]),
  )
  return { loss: meanLoss(model.labels, probabilities, rows), confidences, right }
}

function chosenThreshold(model: TextClassifier, valid: readonly TextRow[]): number {
  if (valid.length === 0) return 0
  const { confidences, right } = tried(model, valid)
  return chooseRejection(confidences, right).threshold
}
