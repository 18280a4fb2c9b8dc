import { EmbeddingBag } from '../layers/embedding-bag.js'
import { type ClassifierOptions, SequenceClassifier } from '../models/classifier.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { ClassifySettings } from './classify-settings.js'
import type { Decided } from './settings.js'

/** The network of the settings, with weights drawn from `random`. */
export function buildNetwork(
  engine: Engine,
  rows: number,
  classes: number,
  { model }: Pick<Decided<ClassifySettings>, 'model'>,
  random: Random,
): SequenceClassifier<Int32Array> {
  return new SequenceClassifier<Int32Array>({ ...encoderOptions(engine, rows, model, random), classes })
}

/** What reads a text and makes one vector of it, by the settings; its embedding, too, is drawn from `random`. */
export function encoderOptions(
  engine: Engine,
  rows: number,
  model: Decided<ClassifySettings>['model'],
  random: Random,
): Omit<ClassifierOptions<Int32Array>, 'classes'> {
  const { cell, hiddenSize, layers, bidirectional, pooling } = model
  return {
    engine,
    random,
    // Sums of small numbers: in a mean, a word's own row would be lost among those of its n-grams.
    embedding: new EmbeddingBag(rows, model.embeddingSize, {
      engine,
      random: random.split('embedding'),
      mode: 'sum',
      deviation: 0.1,
    }),
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
    bidirectional,
    pooling,
    inputDropout: model.variationalDropout,
    recurrentDropout: model.recurrentDropout,
    weightDrop: model.weightDrop,
    zoneout: model.zoneout,
    dropout: { input: model.inputDropout, layers: model.layerDropout, head: model.headDropout },
  }
}
