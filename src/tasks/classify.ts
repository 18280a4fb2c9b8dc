import { FormatError } from '../errors.js'
import { assignWeights, type Json, type StoredModel } from '../formats/index.js'
import { NaiveBayes } from '../metrics/naive-bayes.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { classifierAnswers } from './classify-evaluation.js'
import { learnToClassify } from './classify-learn.js'
import { buildNetwork } from './classify-network.js'
import { classifyLine, classifyReport } from './classify-report.js'
import { rowsInMemory, type TextRow } from './classify-rows.js'
import { type ClassifySettings, classifySettings } from './classify-settings.js'
import { decideSettings } from './classify-sizes.js'
import { WordReader } from './classify-words.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import { TextClassifier } from './text-classifier.js'

/**
 * Text → label: the intent of a message, its sentiment, its topic.
 *
 * Words and their character n-grams → embedding → recurrent layers → pooling → one score per label.
 */
export const classify: Task<TextRow, ClassifySettings, TextClassifier> = {
  name: 'classify',
  summary: 'text → label: intents, sentiment, topics',
  commands: ['chat MODEL', "predict MODEL '…'"],
  settings: classifySettings,
  takesVectors: ['vectors'],
  headlines: ['accuracy', 'loss'],
  rowsOf: rowsInMemory,
  learn: learnToClassify,
  restore: restoreClassifier,
  report: classifyReport,
  line: classifyLine,
  answers: classifierAnswers,
}

/** Builds the classifier that `stored.config` describes and puts the stored weights in. */
function restoreClassifier(engine: Engine, stored: StoredModel, place: string): TextClassifier {
  const where = `${place}/config.json`
  const { config } = stored
  const labels = labelsOf(config.labels, where)
  const settings = settingsOf(config.settings, where)
  const { majority, naiveBayes } = storedObject(config.baselines)
  if (typeof majority !== 'string') throw new FormatError(`${where}: baselines.majority is no label`)
  const { reader, bayes } = asFormatError(() => ({
    reader: WordReader.fromJSON(config.vocabulary, settings.text, where),
    bayes: NaiveBayes.fromJSON(naiveBayes, where),
  }))
  // the weights drawn here are overwritten
  const network = buildNetwork(engine, reader.features.rows, labels.length, settings, new Random(0))
  assignWeights(network.parameters(), stored.tensors, place)
  return new TextClassifier({
    reader,
    network,
    labels,
    settings,
    baselines: { majority, naiveBayes: bayes },
  })
}

function labelsOf(labels: Json | undefined, where: string): string[] {
  const valid = Array.isArray(labels) && labels.every((label): label is string => typeof label === 'string')
  if (!valid || labels.length < 2 || new Set(labels).size < labels.length)
    throw new FormatError(`${where}: expected at least two different labels under "labels"`)
  return labels
}

function settingsOf(json: Json | undefined, where: string): Decided<ClassifySettings> {
  const given = asFormatError(() => resolveSettings(classifySettings, json, () => where, ['settings']))
  return decideSettings(given, 0, 0)
}
