import { DataError, UsageError } from '../errors.js'
import type { Decided } from './settings.js'
import type { DataParts } from './task.js'
import type { TriggerFrames } from './trigger-frames.js'
import type { TriggerRow } from './trigger-rows.js'
import type { TriggerSettings } from './trigger-settings.js'

type SceneSettings = Pick<Decided<TriggerSettings>, 'scene' | 'model'>

/**
 * Checks before a training what would end it, or what would keep its model from being scored: a filter that is longer than a scene, training
 * or validation recordings in which the word is never said, test recordings that give nothing to score. Throws a `DataError` that names the
 * part or the recording, a `UsageError` for the filter.
 */
export function checkParts(
  { train, valid, test }: DataParts<TriggerRow>,
  frames: TriggerFrames,
  settings: SceneSettings,
): void {
  const { scene, model } = settings
  if (scene.seconds < frames.timeOf(0))
    throw new UsageError(
      `model.filterWidth: got ${model.filterWidth}, which takes ${frames.timeOf(0).toFixed(2)} seconds; expected no more than scene.seconds, ${scene.seconds}`,
    )
  for (const row of train) checkLong(row, frames)
  checkSpoken('the training part', train, frames, settings)
  if (valid.length > 0) checkSpoken('the validation part', valid, frames, settings)
  const scored = test.some((row) => row.kind === 'positive' || isRead(row, frames))
  if (test.length > 0 && !scored)
    throw new DataError(
      `the test part: expected clips of the word or recorded scenes of at least ${frames.timeOf(0).toFixed(2)} seconds, found neither among ${test.length} recordings`,
    )
}

/** Throws a `DataError` for a recorded scene that is shorter than what one step looks at. */
function checkLong(row: TriggerRow, frames: TriggerFrames): void {
  if (row.kind !== 'scene' || isRead(row, frames)) return
  throw new DataError(
    `${row.name ?? 'a recorded scene'}: expected at least ${frames.timeOf(0).toFixed(2)} seconds, which the first step looks at, found ${secondsOf(row).toFixed(2)}`,
  )
}

/** Throws a `DataError` where no scene can hold the word: no clip of it fits one, and no recorded scene has it. */
function checkSpoken(
  part: string,
  rows: readonly TriggerRow[],
  frames: TriggerFrames,
  { scene }: SceneSettings,
): void {
  if (rows.some((row) => isRead(row, frames) && (row.words ?? []).length > 0)) return
  const clips = rows.filter(({ kind }) => kind === 'positive')
  if (clips.length === 0)
    throw new DataError(
      `${part}: expected recordings of the word, or recorded scenes in which it is said, found none among ${rows.length} recordings`,
    )
  const { sampleRate } = frames
  const room = Math.round(scene.seconds * sampleRate) - Math.round(scene.gap * sampleRate)
  if (clips.some((clip) => samplesIn(clip, sampleRate) <= room)) return
  const shortest = Math.min(...clips.map(secondsOf))
  throw new DataError(
    `${part}: expected a recording of the word of at most ${(room / sampleRate).toFixed(2)} seconds (scene.seconds less scene.gap), found none: the shortest takes ${shortest.toFixed(2)}`,
  )
}

/** Whether it is a recorded scene of one step at least. */
const isRead = (row: TriggerRow, frames: TriggerFrames) =>
  row.kind === 'scene' && frames.steps(samplesIn(row, frames.sampleRate)) > 0

const secondsOf = ({ sound }: TriggerRow) => sound.channels[0].length / sound.sampleRate

/** The samples that a recording has at another rate. */
const samplesIn = ({ sound }: TriggerRow, sampleRate: number) =>
  Math.ceil((sound.channels[0].length * sampleRate) / sound.sampleRate)
