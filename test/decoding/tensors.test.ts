import { expect, test } from 'vitest'
import { cells } from '../../src/cells/index.js'
import type { Matrix, Stepper } from '../../src/decoding/index.js'
import {
  beamSearch,
  LogProbabilities,
  releaseTensors,
  reorderTensors,
  sample,
  scoreSequences,
} from '../../src/decoding/index.js'
import { Embedding, Linear } from '../../src/layers/index.js'
import { Random } from '../../src/random/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { logSoftmax } from '../../src/tensor/index.js'
import { onEveryBackend } from '../tensor/engines.js'

const vocabulary = 23
const start = 0
const end = 1

/** A small language model with random weights; every input has an initial state of its own. */
function languageModel(engine: Engine): Stepper<{ h: Tensor }> {
  const random = new Random('language model')
  const embedding = new Embedding(vocabulary, 9, { engine, random: random.split('embedding') })
  const cell = cells.gru
  const parameters = cell.init(9, 17, { engine, random: random.split('cell') })
  const head = new Linear(17, vocabulary, { engine, random: random.split('head') })
  head.weight.set(head.weight.data.map((value) => 6 * value))
  return {
    initial: (batch) => {
      const h = engine.persistent([batch, 17])
      h.set(h.data.map((_, i) => Math.sin(i)))
      return { h }
    },
    step: (state, tokens) => {
      const { h } = cell.step(parameters, embedding.forward(tokens), state, state.h)
      return { logProbs: new LogProbabilities(head.forward(h)), state: { h } }
    },
    reorder: reorderTensors,
    release: releaseTensors,
    scope: (run) => engine.withoutRecording(() => engine.scope(run)),
  }
}

/** The same model, whose log probabilities are another kind of matrix. */
function answering<S>(stepper: Stepper<S>, matrix: (logProbs: LogProbabilities) => Matrix): Stepper<S> {
  return {
    ...stepper,
    step: (state, tokens) => {
      const step = stepper.step(state, tokens)
      return { ...step, logProbs: matrix(step.logProbs as LogProbabilities) }
    },
  }
}

onEveryBackend((engine) => {
  test('a model of tensors: nothing is left behind, and the batch decides no bit', () => {
    const stepper = languageModel(engine())
    const options = { start, end, width: 4, best: 3, maximumLength: 12 }
    const together = beamSearch(stepper, { ...options, batch: 5 })
    const before = engine().bytesInUse // with the packed weights of the model
    expect(together[0].hypotheses).toHaveLength(3)
    expect(beamSearch(stepper, { ...options, batch: 2 })).toEqual(together.slice(0, 2))
    const onNumbers = answering(stepper, ({ shape, data }) => ({ shape, data: Array.from(data) }))
    const onTensors = answering(stepper, ({ logits }) => logSoftmax(logits))
    for (const same of [onNumbers, onTensors])
      expect(beamSearch(same, { ...options, batch: 5 })).toEqual(together)
    const best = together.map(({ hypotheses }) => hypotheses[0])
    const sequences = best.map(({ tokens }) => tokens)
    expect(scoreSequences(stepper, sequences, { start, end })).toEqual(best)
    const drawn = sample(stepper, { start, end, batch: 5, maximumLength: 12, random: new Random(1) })
    expect(new Set(drawn.map(({ tokens }) => tokens.join())).size).toBeGreaterThan(1)
    expect(engine().bytesInUse).toBe(before)
  })
})
