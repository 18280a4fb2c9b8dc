import { FormatError } from '../errors.js'
import { assignWeights, type Json, type StoredModel } from '../formats/index.js'
import type { DetPoint } from '../metrics/detections.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import { type FrameScale, TriggerFrames } from './trigger-frames.js'
import { decideSettings, learnTrigger } from './trigger-learn.js'
import { TriggerModel } from './trigger-model.js'
import { buildNetwork } from './trigger-network.js'
import { drawTrigger, triggerLine, triggerReport } from './trigger-report.js'
import { type TriggerRow, triggerRows } from './trigger-rows.js'
import { type TriggerSettings, triggerSettings } from './trigger-settings.js'

/**
 * Sound → when a word is said: a wake word, an alarm, the call of a bird.
 *
 * Spectral features → convolution with a stride → recurrent layers → a probability per step.
 */
export const trigger: Task<TriggerRow, TriggerSettings, TriggerModel> = {
  name: 'trigger',
  summary: 'sound → when a word is said: wake words, alarms',
  commands: ['listen MODEL', 'predict MODEL scene.wav'],
  settings: triggerSettings,
  conflict: ({ scene }) =>
    scene.loudest <= scene.quietest
      ? undefined
      : {
          path: 'scene.loudest',
          problem: `expected at most scene.quietest, ${scene.quietest}, got ${scene.loudest}: decibels below the words`,
        },
  adjustable: ['detect', 'evaluation'],
  headlines: ['falseRejects', 'loss'],
  rowsOf: triggerRows,
  learn: learnTrigger,
  restore: restoreTrigger,
  report: triggerReport,
  line: triggerLine,
  draw: drawTrigger,
}

/** Builds the detector that `stored.config` describes and puts the stored weights in. */
function restoreTrigger(engine: Engine, stored: StoredModel, place: string): TriggerModel {
  const where = `${place}/config.json`
  const { config } = stored
  const given = asFormatError(() =>
    resolveSettings(triggerSettings, config.settings, () => where, ['settings']),
  )
  const settings = decideSettings(given, [])
  const { loudnessThreshold } = storedObject(config.baselines)
  if (typeof loudnessThreshold !== 'number')
    throw new FormatError(`${where}: baselines.loudnessThreshold is no number`)
  const frames = asFormatError(
    () => new TriggerFrames(engine, settings, config.scale as unknown as FrameScale),
  )
  try {
    checkScale(config.scale, frames.size, where)
    const curve = curveOf(config.curve, where)
    // the weights drawn here are overwritten
    const network = buildNetwork(engine, frames.size, settings, new Random(0))
    assignWeights(network.parameters(), stored.tensors, place)
    return new TriggerModel({ network, frames, settings, curve, loudnessThreshold })
  } catch (error) {
    frames.dispose()
    throw error
  }
}

function checkScale(scale: Json | undefined, size: number, where: string): void {
  const { mean, deviation } = storedObject(scale)
  for (const [name, values] of Object.entries({ mean, deviation }))
    if (!Array.isArray(values) || values.length !== size || !values.every((x) => typeof x === 'number'))
      throw new FormatError(`${where}: expected ${size} numbers under "scale.${name}"`)
}

function curveOf(curve: Json | undefined, where: string): DetPoint[] {
  const points: readonly Json[] = Array.isArray(curve) ? curve : []
  return points.map((point) => {
    const { threshold, falseRejects, falseAcceptsPerHour } = storedObject(point)
    if ([threshold, falseRejects, falseAcceptsPerHour].every((value) => typeof value === 'number'))
      return { threshold, falseRejects, falseAcceptsPerHour } as DetPoint
    throw new FormatError(`${where}: expected points with three numbers under "curve"`)
  })
}
