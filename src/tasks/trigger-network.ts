import { Detector } from '../models/detector.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Decided } from './settings.js'
import type { TriggerSettings } from './trigger-settings.js'

/** The network of the settings for frames of `size` numbers, with weights drawn from `random`. */
export function buildNetwork(
  engine: Engine,
  size: number,
  { model }: Pick<Decided<TriggerSettings>, 'model'>,
  random: Random,
): Detector {
  const { cell, hiddenSize, layers, filters, filterWidth: width, stride, dropout } = model
  return new Detector({
    ...{ engine, random, inputSize: size, dropout },
    front: { size: filters, width, stride, padding: 'valid' },
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
  })
}
