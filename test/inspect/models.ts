import type { Cell, HiddenState } from '../../src/cells/index.js'
import { Embedding } from '../../src/layers/index.js'
import { SequenceClassifier } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine } from '../../src/tensor/index.js'
import { add, linear } from '../../src/tensor/index.js'

/** h_t = w h_{t-1} + x_t: the smallest network that vanishes and explodes. */
export const linearCell: Cell<HiddenState> = {
  name: 'linear',
  gates: [],
  stateNames: ['h'],
  init: (inputSize, hiddenSize, { engine }) => ({
    weight_ih: engine.parameter([hiddenSize, inputSize]),
    weight_hh: engine.parameter([hiddenSize, hiddenSize]),
  }),
  zeroState: ({ weight_hh }, batch) => ({ h: weight_hh.engine.zeros([batch, weight_hh.shape[1]]) }),
  step: ({ weight_ih, weight_hh }, x, { h }, seen = h) => ({
    h: add(linear(x, weight_ih), linear(seen, weight_hh)),
  }),
}

/** A small classifier of sequences of six symbols. */
export function smallClassifier(
  engine: Engine,
  cell: string | Cell,
  { bidirectional = false, layers = 1, size = 5 } = {},
): SequenceClassifier<number> {
  const random = new Random('inspect')
  return new SequenceClassifier({
    engine,
    random: random.split('model'),
    embedding: new Embedding(6, 3, { engine, random: random.split('embedding') }),
    layers: Array.from({ length: layers }, () => ({ cell, size })),
    bidirectional,
    classes: 3,
  })
}
