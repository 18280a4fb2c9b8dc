// The benchmark's models of text through the public API: language models and an encoder-decoder with attention.
// Each entry: `name` → a function that makes a step to be timed; bench/torch_text.py computes the same in PyTorch.
import { beamSearch } from 'unrolled/decoding'
import { crossEntropy } from 'unrolled/losses'
import { CarriedState, EncoderDecoder, LanguageModel } from 'unrolled/models'
import { adam, clipByGlobalNorm, sgd } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { backpropagate, PackedLayout } from 'unrolled/tensor'

/** Tokens as frequent as words are (Zipf): the k-th of `kinds` with a probability proportional to 1/k. */
function zipf(count, kinds, random) {
  const sums = new Float64Array(kinds)
  for (let k = 0, sum = 0; k < kinds; k++) sums[k] = sum += 1 / (k + 1)
  return Int32Array.from({ length: count }, () => {
    const at = random.uniform() * sums[kinds - 1]
    let low = 0
    for (let high = kinds - 1; low < high; ) {
      const middle = (low + high) >> 1
      if (sums[middle] > at) high = middle
      else low = middle + 1
    }
    return low
  })
}

// Forward, backward, clipping of the global norm to 5 and an update.
function trainingStep(engine, model, optimizer, learningRate, loss) {
  const parameters = model.parameters()
  return () =>
    engine.scope(() => {
      const { value } = engine.record(loss)
      optimizer.zeroGradients(parameters)
      backpropagate(value)
      const { scale } = clipByGlobalNorm(parameters, 5)
      optimizer.step(parameters, { learningRate, gradientScale: scale })
      return value.item()
    })
}

// Truncated backpropagation: each step reads the next `steps` tokens of `batch` streams and goes on from the states before.
function languageModel({ tokens, embeddingSize, sizes, batch, steps, optimizer, learningRate }) {
  return (engine) => {
    const layers = sizes.map((size) => ({ cell: 'lstm', size }))
    const random = new Random('bench')
    const model = new LanguageModel({
      engine,
      random,
      tokens,
      embeddingSize,
      layers,
      embeddingDeviation: 0.1,
    })
    const state = new CarriedState(model.rnn, batch)
    const layout = PackedLayout.of(new Array(batch).fill(steps))
    const windows = Array.from({ length: 100 }, (_, i) => zipf(batch * (steps + 1), tokens, new Random(i)))
    let window = 0
    const run = trainingStep(engine, model, optimizer(), learningRate, () => {
      const text = windows[window++ % windows.length]
      const { output, final } = model.read(text.subarray(0, layout.rows), layout, {
        initial: state.initial(),
      })
      state.keep(final)
      return crossEntropy(model.logits(output.data), engine.indices(text.subarray(batch)))
    })
    return { run, calls: 1 }
  }
}

const translation = { tokens: 5000, size: 256, batch: 64, steps: 20 }

function translator(engine, inputFeeding) {
  const { tokens, size } = translation
  return new EncoderDecoder({
    ...{
      engine,
      random: new Random('bench'),
      sourceTokens: tokens,
      targetTokens: tokens,
      embeddingSize: size,
    },
    ...{ layers: [{ cell: 'gru', size }], bidirectional: true, attention: 'additive', inputFeeding },
  })
}

function sentences(name) {
  const { tokens, batch, steps } = translation
  const random = new Random(name)
  const token = () => 3 + Math.floor(random.uniform() * (tokens - 3))
  return Array.from({ length: batch }, () => Int32Array.from({ length: steps + 1 }, token))
}

function translationTraining(inputFeeding) {
  return (engine) => {
    const model = translator(engine, inputFeeding)
    const sources = sentences('sources').map((sentence) => sentence.subarray(1))
    const targets = sentences('targets')
    const inputs = targets.map((sentence) => sentence.subarray(0, -1))
    const next = targets.map((sentence) => sentence.subarray(1))
    const run = trainingStep(engine, model, adam(), 1e-3, () => {
      const { logits, layout } = model.forward(sources, inputs)
      return crossEntropy(logits, engine.indices(layout.arrange(next)))
    })
    return { run, calls: 1 }
  }
}

// No end token: every hypothesis runs to the maximum length, as in the worst case.
function translationBeam(inputFeeding) {
  return (engine) => {
    const model = translator(engine, inputFeeding)
    const sources = sentences('sources').map((sentence) => sentence.subarray(1))
    const options = {
      batch: translation.batch,
      start: 1,
      maximumLength: translation.steps,
      width: 5,
      best: 5,
    }
    const run = () => model.decode(sources, (stepper) => beamSearch(stepper, options))
    return { run, calls: 1 }
  }
}

const characters = { tokens: 65, embeddingSize: 64, sizes: [256, 256], batch: 50, steps: 50 }
const words = { tokens: 10_000, embeddingSize: 200, sizes: [200, 200], batch: 20, steps: 20 }

export const textWorkloads = {
  W7: languageModel({ ...characters, optimizer: adam, learningRate: 2e-3 }),
  W8: languageModel({ ...words, optimizer: sgd, learningRate: 1 }),
  W9: translationTraining(false),
  W9FED: translationTraining(true),
  W9BEAM: translationBeam(false),
  W9FEDBEAM: translationBeam(true),
}

export const textDescriptions = {
  W7: 'training, characters, 2 LSTM 256, batch 50×50, Adam',
  W8: 'training, 10,000 words, 2 LSTM 200, batch 20×20, SGD',
  W9: 'training, translation with attention, 64×20, Adam',
  W9FED: 'the same with input feeding, step by step',
  W9BEAM: 'beam of 5, 64 sources, 20 steps',
  W9FEDBEAM: 'the same with input feeding',
}
