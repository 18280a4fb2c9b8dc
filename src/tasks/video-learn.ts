import { fingerprintOf, goldOf, type VideoRow } from '../data/frames.js'
import { DataError } from '../errors.js'
import { majority } from '../metrics/majority.js'
import type { Trainable } from '../train/index.js'
import type { Decided } from './settings.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, halfStandardError, identityOf, lessonBatches } from './task-training.js'
import { NearestMean } from './video-baselines.js'
import { kindOf, type ScaledFrames, type VideoForm, videoForm } from './video-form.js'
import { readPart, VideoModel } from './video-model.js'
import { FrameScale } from './video-scale.js'
import { decideVideoSettings, type VideoSettings } from './video-settings.js'

/** A video to learn from, and the numbers of its labels. */
interface Lesson {
  readonly frames: ScaledFrames
  readonly targets: readonly number[]
}

/** Learns to label videos or their frames: scale, network and `fit`, all from the job's seed. */
export async function learnVideos(
  job: LearningJob<VideoRow, VideoSettings>,
): Promise<Learned<VideoRow, VideoSettings> & { readonly model: VideoModel }> {
  const { engine, data, random } = job
  const settings = decideVideoSettings(job.settings, data.train.length)
  const all = data.train.flatMap((row) => ('label' in row ? [row.label] : readPart(row.labels, settings)))
  const labels = [...new Set(all)].sort()
  if (labels.length < 2)
    throw new DataError(`expected at least two labels to tell apart, found only "${labels[0].slice(0, 80)}"`)
  const scale = FrameScale.of(data.train)
  const sizes = { features: scale.size, labels: labels.length }
  const form = videoForm(kindOf(data.train[0]), engine, sizes, settings, random.split('weights'))
  const rules = { majority: majority(all), nearest: new NearestMean([]) }
  const unlearned = new VideoModel({ form, labels, scale, settings, baselines: rules })
  const lessons = data.train.map(
    (row): Lesson => ({
      frames: unlearned.read(row.frames),
      targets: unlearned.gold(row).map((label) => labels.indexOf(label)),
    }),
  )
  const nearest = NearestMean.of(
    lessons.map(({ frames }) => frames),
    lessons.map(({ targets }) => targets),
    labels.length,
  )
  const model = new VideoModel({ form, labels, scale, settings, baselines: { ...rules, nearest } })
  const validate = () => {
    const { accuracy, nll } = model.evaluate(data.valid).scores
    return { accuracy, ...(nll !== undefined && { loss: nll }) }
  }
  const scored = data.valid.reduce((sum, row) => sum + model.gold(row).length, 0)
  const fit = await fitTask<readonly Lesson[]>({
    job,
    settings: settings.train,
    model: trainable(form, settings),
    data: lessonBatches(lessons, ({ frames }) => frames.length, settings.train.batchSize),
    monitor: { metric: 'accuracy', better: 'higher', within: halfStandardError(scored) },
    validationData: 'validation videos',
    identity: identityOf(settings, data.train.map(fingerprint)),
    ...(data.valid.length > 0 && { validate }),
  })
  return { model, fit, settings }
}

function trainable(form: VideoForm, { train }: Decided<VideoSettings>): Trainable<readonly Lesson[]> {
  return {
    engine: form.network.engine,
    parameters: () => form.network.parameters(),
    size: (lessons) => lessons.reduce((sum, { targets }) => sum + targets.length, 0),
    loss: (lessons, training) =>
      form.loss(
        lessons.map(({ frames }) => frames),
        lessons.map(({ targets }) => targets),
        train.labelSmoothing,
        training,
      ),
  }
}

/** A video in few letters, the same for equal videos. */
function fingerprint(row: VideoRow): string {
  return `${fingerprintOf(row.frames)} ${goldOf(row).join('\t')}`
}
