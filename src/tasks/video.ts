import type { VideoRow } from '../data/frames.js'
import { FormatError } from '../errors.js'
import { assignWeights, type Json, type JsonObject, type StoredModel } from '../formats/index.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError } from './stored.js'
import type { Task } from './task.js'
import { percent } from './text-table.js'
import { NearestMean } from './video-baselines.js'
import { videoAnswers, videoReport } from './video-evaluation.js'
import { videoForm } from './video-form.js'
import { learnVideos } from './video-learn.js'
import { type LabelRun, NEAREST, SCALE, VideoModel } from './video-model.js'
import { videosInMemory } from './video-rows.js'
import { FrameScale } from './video-scale.js'
import { decideVideoSettings, type VideoSettings, videoSettings } from './video-settings.js'

/**
 * Frames → a label: of the whole video (many-to-one), or of each frame (many-to-many, aligned).
 *
 * Features of frames, scaled → recurrent layers → pooling → one score per label; or one per label and frame.
 */
export const video: Task<VideoRow, VideoSettings, VideoModel> = {
  name: 'video',
  summary: 'features of frames → a label of the whole, or of each frame',
  commands: ['predict MODEL clip.json', 'inspect MODEL clip.json'],
  settings: videoSettings,
  headlines: ['accuracy', 'loss'],
  rowsOf: videosInMemory,
  learn: learnVideos,
  restore: restoreVideo,
  report: videoReport,
  line: videoLine,
  answers: videoAnswers,
}

/** Builds the model that `stored.config` describes and puts the stored weights in. */
function restoreVideo(engine: Engine, stored: StoredModel, place: string): VideoModel {
  const where = `${place}/config.json`
  const { config, tensors } = stored
  const { kind, majority } = config
  const labels = labelsOf(config.labels, where)
  if (kind !== 'label' && kind !== 'labels')
    throw new FormatError(`${where}: kind is neither label nor labels`)
  if (typeof majority !== 'string') throw new FormatError(`${where}: majority is no label`)
  const settings = settingsOf(config.settings, where)
  const reals = (name: string): Float32Array => {
    const tensor = tensors[name]
    if (tensor?.dtype === 'F32') return tensor.data
    throw new FormatError(`${place}/model.safetensors: expected ${name} in F32, found none`)
  }
  const scale = new FrameScale(reals(`${SCALE}mean`), reals(`${SCALE}deviation`))
  const nearest = new NearestMean(labels.map((_, label) => reals(`${NEAREST}${label}`)))
  const sizes = { features: scale.size, labels: labels.length }
  const form = videoForm(kind, engine, sizes, settings, new Random(0)) // weights to be overwritten
  const own = ([name]: [string, unknown]) => !name.startsWith(SCALE) && !name.startsWith(NEAREST)
  assignWeights(form.network.parameters(), Object.fromEntries(Object.entries(tensors).filter(own)), place)
  return new VideoModel({ form, labels, scale, settings, baselines: { majority, nearest } })
}

function labelsOf(labels: Json | undefined, where: string): string[] {
  const valid = Array.isArray(labels) && labels.every((label): label is string => typeof label === 'string')
  if (!valid || labels.length < 2 || new Set(labels).size < labels.length)
    throw new FormatError(`${where}: expected at least two different labels under "labels"`)
  return labels
}

function settingsOf(json: Json | undefined, where: string): Decided<VideoSettings> {
  const given = asFormatError(() => resolveSettings(videoSettings, json, () => where, ['settings']))
  return decideVideoSettings(given, 1)
}

/** One line about a video: its label and how sure, or the runs of frames with one label. */
function videoLine(answer: JsonObject): string {
  const { label, score, others, runs } = answer as unknown as {
    label: string
    score: number
    others: readonly { label: string; score: number }[]
    runs?: readonly LabelRun[]
  }
  if (runs) return runs.map(({ label, start, end }) => `${start + 1}–${end} ${label}`).join(', ')
  const [second] = others
  return `${label}  ${percent(score)}${second ? `   (then ${second.label} ${percent(second.score)})` : ''}`
}
