import { checksum } from '../codecs/crc32.js'
import { DataError } from '../errors.js'
import type { DetPoint } from '../metrics/detections.js'
import { chooseThreshold } from '../metrics/detections.js'
import type { Detector } from '../models/detector.js'
import type { Random } from '../random/index.js'
import { packSequences } from '../tensor/index.js'
import type { BatchSource, Trainable } from '../train/index.js'
import { optimizerDefaults } from './optimisation.js'
import { decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityOf } from './task-training.js'
import { checkParts } from './trigger-checks.js'
import {
  detCurve,
  type HeardScene,
  heardOf,
  loudness,
  networkScore,
  recordingsOf,
  type ScoredScene,
  scoredScenes,
} from './trigger-evaluation.js'
import { scaleOf, TriggerFrames } from './trigger-frames.js'
import { type DecidedTrigger, TriggerModel } from './trigger-model.js'
import { buildNetwork } from './trigger-network.js'
import type { TriggerRow } from './trigger-rows.js'
import { type Recording, SceneSource, stepLabels } from './trigger-scenes.js'
import type { TriggerSettings } from './trigger-settings.js'

/** A scene to learn from: its frames, and what the network is to say at each step. */
interface Lesson {
  readonly frames: Float32Array
  readonly labels: Float32Array
}

/** Scenes whose frames decide the scale of all. */
const SCALED = 24
/** Scenes that choose the best epoch, of those that choose the threshold. */
const VALIDATED = 60

/** Learns to hear a word: scale of the features, network, `fit` on scenes made anew each epoch, and the threshold, all from the job's seed. */
export async function learnTrigger(
  job: LearningJob<TriggerRow, TriggerSettings>,
): Promise<Learned<TriggerRow, TriggerSettings> & { readonly model: TriggerModel }> {
  const { engine, data, random } = job
  const settings = decideSettings(job.settings, data.train)
  const unscaled = new TriggerFrames(engine, settings)
  try {
    checkParts(data, unscaled, settings)
  } catch (error) {
    unscaled.dispose()
    throw error
  }
  const source = new SceneSource(data.train, unscaled, settings.scene)
  const scale = scaleOf(rawFrames(source, unscaled, random.split('scale')), unscaled.size)
  unscaled.dispose()
  const frames = new TriggerFrames(engine, settings, scale)
  const network = buildNetwork(engine, frames.size, settings, random.split('weights'))
  const untried = new TriggerModel({
    network,
    frames,
    settings,
    curve: [],
    loudnessThreshold: Number.MAX_VALUE,
  })
  const fit = await train(untried, source, job)
  const model = fit.reason === 'abort' ? untried : withThreshold(untried, data.valid)
  return { model, fit, settings }
}

/** Every `auto` but the threshold's, which stays open: it may be chosen again. */
export function decideSettings(settings: TriggerSettings, rows: readonly TriggerRow[]): DecidedTrigger {
  const { sound, train } = settings
  const rates = optimizerDefaults(train.optimizer, 0.004)
  const first = rows.find(({ kind }) => kind === 'positive') ?? rows[0]
  return {
    ...settings,
    sound: {
      ...sound,
      sampleRate: decided(sound.sampleRate, Math.min(16_000, first?.sound.sampleRate ?? 16_000)),
    },
    train: {
      ...train,
      learningRate: decided(train.learningRate, rates.learningRate),
      weightDecay: decided(train.weightDecay, rates.weightDecay),
    },
  }
}

function* rawFrames(source: SceneSource, frames: TriggerFrames, random: Random): Generator<Float32Array> {
  for (const recording of source.recorded.slice(0, SCALED))
    yield frames.raw(source.cut(recording, random).samples)
  if (source.makes)
    for (let scene = 0; scene < SCALED; scene++) yield frames.raw(source.made(random.split(scene)).samples)
}

function train(model: TriggerModel, source: SceneSource, job: LearningJob<TriggerRow, TriggerSettings>) {
  const { data } = job
  const { settings, frames } = model
  // scores on the validation scenes choose the best epoch, and all but the threshold itself decides them
  const { threshold: _, ...detect } = settings.detect
  const validation = data.valid.length > 0 ? validationOf(model, data.valid) : undefined
  return fitTask<readonly Lesson[]>({
    job,
    settings: settings.train,
    model: trainable(model.network, frames),
    data: freshScenes(source, model),
    // the loss punishes an end of the word that is heard a little earlier or later, which is no error
    monitor: { metric: 'falseRejects', better: 'lower', within: () => 0.005 },
    identity: identityOf({ ...settings, detect }, data.train.map(rowIdentity)),
    ...(validation && { validate: () => validate(model, validation) }),
  })
}

const rowIdentity = ({ kind, sound, words }: TriggerRow) => {
  const [samples] = sound.channels
  const bytes = new Uint8Array(Float32Array.from(samples).buffer)
  return `${kind} ${sound.sampleRate} ${checksum(bytes)} ${JSON.stringify(words ?? [])}`
}

/** Scenes made when they are wanted, others in each epoch, with stretches of the recorded ones among them. */
function freshScenes(
  source: SceneSource,
  { settings, frames }: TriggerModel,
): BatchSource<readonly Lesson[]> {
  const { batchSize, scenes } = settings.train
  const { recorded } = source
  const made = source.makes ? scenes : 0
  const count = made + recorded.length
  const lesson = (recording: Recording): Lesson => ({
    frames: frames.scaled(frames.raw(recording.samples)),
    labels: stepLabels(recording, frames, settings.scene.label),
  })
  return {
    batchesPerEpoch: Math.ceil(count / batchSize),
    *batches(_, random) {
      const order = random.split('order').permutation(count)
      for (let begin = 0; begin < count; begin += batchSize)
        yield Array.from(order.subarray(begin, begin + batchSize), (index) => {
          const own = random.split('scene').split(index)
          return lesson(index < made ? source.made(own, true) : source.cut(recorded[index - made], own))
        })
    },
  }
}

function trainable(network: Detector, { size }: TriggerFrames): Trainable<readonly Lesson[]> {
  const { engine } = network
  return {
    engine,
    parameters: () => network.parameters(),
    size: (lessons) => lessons.reduce((sum, { labels }) => sum + labels.length, 0),
    loss: (lessons, training) =>
      network.loss(
        packSequences(
          engine,
          lessons.map(({ frames }) => frames),
          size,
        ),
        lessons.map(({ labels }) => labels),
        { training },
      ),
  }
}

/** The validation scenes, kept as features. Throws a `DataError` where chance put the word into none of them. */
function validationOf(model: TriggerModel, rows: readonly TriggerRow[]): HeardScene[] {
  const count = Math.min(VALIDATED, model.settings.evaluation.scenes)
  const heard = [...heardOf(model, recordingsOf(model, rows, count))]
  if (heard.some(({ words }) => words.length > 0)) return heard
  throw new DataError(
    `evaluation.scenes: expected validation scenes that hold the word, found none among ${heard.length}; more scenes would`,
  )
}

function validate(model: TriggerModel, heard: readonly HeardScene[]) {
  const scenes = scoredScenes(model, heard)
  const { falseRejects } = chooseThreshold(
    detCurve(model, scenes, networkScore),
    model.settings.detect.falseAccepts,
  )
  return { falseRejects, loss: meanLoss(scenes) }
}

/** The binary cross-entropy of a step. */
function meanLoss(scenes: readonly ScoredScene[]): number {
  let [sum, steps] = [0, 0]
  for (const { scores, labels } of scenes)
    for (let step = 0; step < labels.length; step++) {
      const p = Math.max(1e-12, labels[step] === 1 ? scores[step] : 1 - scores[step])
      sum -= Math.log(p)
      steps++
    }
  return sum / steps
}

/** The model with the trade-offs on the validation scenes, from which its threshold and that of the rule beside it are chosen. */
function withThreshold(model: TriggerModel, valid: readonly TriggerRow[]): TriggerModel {
  if (valid.length === 0) return model
  const scenes = scoredScenes(model, heardOf(model, recordingsOf(model, valid)))
  const curve: readonly DetPoint[] = detCurve(model, scenes, networkScore)
  const loud = chooseThreshold(detCurve(model, scenes, loudness), model.settings.detect.falseAccepts)
  return new TriggerModel({ ...model, curve, loudnessThreshold: loud.threshold })
}
