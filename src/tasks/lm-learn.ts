import { type StreamBatch, streamBatches } from '../data/stream-batches.js'
import type { Tokens } from '../data/token-list.js'
import { UsageError } from '../errors.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import { NgramModel } from '../metrics/ngram-model.js'
import { CarriedState } from '../models/carried-state.js'
import { LanguageModel } from '../models/language-model.js'
import type { Random } from '../random/index.js'
import { type Engine, PackedLayout } from '../tensor/index.js'
import type { Trainable } from '../train/index.js'
import { LineTokens } from './line-tokens.js'
import { NGRAM_TOKENS } from './lm-evaluation.js'
import { textLogProbs } from './lm-scoring.js'
import type { LmSettings } from './lm-settings.js'
import { decideSettings, decideText } from './lm-sizes.js'
import { surveyOf, type TextSurvey, trainingLines } from './lm-source.js'
import { putInto } from './ready-vectors.js'
import type { Decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityWith } from './task-training.js'
import { TextModel } from './text-model.js'

/** Learns a language model: tokens, network, `fit` with carried state, and the n-gram model beside it, all from the job's seed. */
export async function learnLanguage(
  job: LearningJob<string, LmSettings>,
): Promise<Learned<string, LmSettings> & { readonly model: TextModel }> {
  const { engine, data, random } = job
  const training = trainingLines(data)
  const { marked, ...identity } = await surveyOf(training)
  const lines = await LineTokens.of(training, decideText(job.settings, marked))
  const text = await lines.encodeText(training)
  const settings = decideSettings(job.settings, marked, { tokens: text.length - 1, kinds: lines.size })
  const network = buildNetwork(engine, lines.size, settings, random.split('weights'))
  if (job.vectors) {
    const idOf = (word: string) => lines.known(word)
    const nameOf = (word: string) => lines.tokenizer.token(idOf(word) ?? -1) ?? word
    const vectors = await job.vectors({ wanted: (word) => idOf(word) !== undefined })
    putInto(network.embedding.weight, vectors.renamed(nameOf), idOf, job)
  }
  const result = await train({ network, lines, text, identity }, job, settings)
  const { order } = settings.baseline
  const counted = text.subarray(Math.max(0, text.length - NGRAM_TOKENS))
  const ngrams = NgramModel.of(counted, { size: lines.size, order, smoothing: 'kneserNey' })
  return { model: new TextModel({ network, lines, ngrams, settings }), fit: result, settings }
}

/** The network of the settings, with weights drawn from `random`. */
export function buildNetwork(
  engine: Engine,
  tokens: number,
  { model }: Pick<Decided<LmSettings>, 'model'>,
  random: Random,
): LanguageModel {
  const { cell, hiddenSize, layers, embeddingSize, tied } = model
  return new LanguageModel({
    engine,
    random,
    tokens,
    embeddingSize,
    tied,
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
    inputDropout: model.variationalDropout,
    recurrentDropout: model.recurrentDropout,
    weightDrop: model.weightDrop,
    zoneout: model.zoneout,
    dropout: { input: model.inputDropout, layers: model.layerDropout, head: model.headDropout },
  })
}

interface Learner {
  readonly network: LanguageModel
  readonly lines: LineTokens
  /** The training text behind the end of a line. */
  readonly text: Tokens
  readonly identity: Pick<TextSurvey, 'rows' | 'texts'>
}

async function train(
  { network, lines, text, identity }: Learner,
  job: LearningJob<string, LmSettings>,
  settings: Decided<LmSettings>,
) {
  const { data } = job
  const { streams, window, sampledSoftmax } = settings.train
  if (sampledSoftmax >= lines.size)
    throw new UsageError(
      `train.sampledSoftmax: expected fewer than the ${lines.size} different tokens of the text, got ${sampledSoftmax}`,
    )
  if (text.length <= streams)
    throw new UsageError(
      `train.streams: ${streams} streams need a longer text than ${text.length - 1} tokens; give more text or fewer streams`,
    )
  const valid = lines.encode(data.valid)
  const state = new CarriedState(network.rnn, streams)
  const result = await fitTask<StreamBatch>({
    job,
    settings: settings.train,
    model: trainable(network, state, sampledSoftmax),
    data: streamBatches(text, { streams, steps: window }),
    validationData: 'a validation text',
    identity: identityWith(settings, identity),
    ...(valid.length > 0 && { validate: () => validate(network, valid, lines.end) }),
  })
  state.dispose()
  return result
}

/** `samples` tokens stand for all of them in the loss of training; 0: none do. */
function trainable(network: LanguageModel, state: CarriedState, samples: number): Trainable<StreamBatch> {
  const { engine } = network
  return {
    engine,
    parameters: () => network.parameters(),
    carried: () => state.tensors(),
    size: ({ targets }) => targets.length,
    loss({ streams, steps, inputs, targets }, training) {
      const layout = PackedLayout.of(new Int32Array(streams).fill(steps))
      const { output, final } = network.read(inputs, layout, { initial: state.initial(), training })
      state.keep(final)
      if (training && samples > 0) return network.sampledLoss(output.data, targets, samples, training)
      return crossEntropy(network.logits(output.data, training), engine.indices(targets))
    },
  }
}

function validate(network: LanguageModel, tokens: Int32Array, start: number) {
  const loss =
    -textLogProbs(network, tokens, start).reduce((sum, logProb) => sum + logProb, 0) / tokens.length
  return { loss, perplexity: Math.exp(loss) }
}
