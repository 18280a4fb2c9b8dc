import type { Sound } from '../codecs/wav.js'
import { grouped } from '../data/group.js'
import { problem, shown } from '../data/problem.js'
import { partsFrom } from '../data/split.js'
import { DataError } from '../errors.js'
import type { SpokenWord } from '../metrics/detections.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** What a recording is: the word, something else, what lies under both, or all of it as it happened. */
export type TriggerKind = 'positive' | 'negative' | 'background' | 'scene'

/** The kinds, in the order in which they are reported. */
export const triggerKinds: readonly TriggerKind[] = ['positive', 'negative', 'background', 'scene']

/** A recording to learn from or to be scored on. */
export interface TriggerRow {
  readonly kind: TriggerKind
  readonly sound: Sound
  /** When the word is said, in order: only of scenes, and empty where it is not. */
  readonly words?: readonly SpokenWord[]
  /** What messages call it. */
  readonly name?: string
}

/** Fewer backgrounds are cut in time. */
const FEWEST = 3
const SHARE = 0.15

/**
 * Rows that the caller has in memory: a list, of which whole clips are held out for validation and test, or `{ train, valid?, test? }`.
 *
 * @throws DataError for a row that is none (it says which), and without clips of the word to learn from.
 */
export function triggerRows(given: unknown, random: Random): DataParts<TriggerRow> {
  if (Array.isArray(given)) return splitRows({ all: given.map(rowOf('rows')) }, 'data', random)
  const parts = (typeof given === 'object' && given !== null ? given : {}) as Partial<DataParts<unknown>>
  if (!Array.isArray(parts.train))
    throw new DataError('data: expected a list of { kind, sound }, or { train, valid, test } with such lists')
  return splitRows(
    {
      train: parts.train.map(rowOf('train')),
      ...(parts.valid && { valid: parts.valid.map(rowOf('valid')) }),
      ...(parts.test && { test: parts.test.map(rowOf('test')) }),
    },
    'data',
    random,
  )
}

/** Checks a row of a list. Throws a `DataError` that says what is missing. */
export const rowOf =
  (list: string) =>
  (row: unknown, index: number): TriggerRow => {
    const { kind, sound, words = [], name = `${list}[${index}]` } = (row ?? {}) as Partial<TriggerRow>
    if (!triggerKinds.some((known) => known === kind))
      throw problem(
        `${list}[${index}]`,
        0,
        `a kind: ${triggerKinds.join(', ')}`,
        JSON.stringify(kind) ?? 'none',
      )
    checkSound(sound, `${list}[${index}]`)
    checkWords(words, sound, `${list}[${index}]`)
    return { kind: kind as TriggerKind, sound, words, name }
  }

/** Seconds by which a label may be beyond the end of its recording: programs round, and MP3 adds and leaves out samples. */
const BEYOND = 0.1

/** Throws a `DataError` for anything but a list of words in a sound that end after they begin. */
export function checkWords(words: unknown, { sampleRate, channels }: Sound, name: string): void {
  const seconds = channels[0].length / sampleRate
  const expected = 'words with a start and an end in seconds'
  if (!Array.isArray(words)) throw problem(name, 0, `a list of ${expected}`, shown(words))
  for (const word of words) {
    const { start, end } = (word ?? {}) as Partial<SpokenWord>
    if (!(isSecond(start) && isSecond(end) && end >= start))
      throw problem(name, 0, expected, word && typeof word === 'object' ? `${start} to ${end}` : shown(word))
    if (end > seconds + BEYOND)
      throw problem(
        name,
        0,
        `words within the ${seconds.toFixed(2)} seconds of the sound`,
        `${start} to ${end}`,
      )
  }
}

const isSecond = (time: unknown): time is number => Number.isFinite(time) && Number(time) >= 0

/** The lowest and the highest rate that a sound may have: whatever rate a model hears at, they are at most a thousand times apart. */
const [slowest, fastest] = [200, 1_000_000]

/** Samples are from -1 to 1; the squares of the spectrum of those beyond this leave the range of single precision. */
export const LOUDEST = 1e6

/** Throws a `DataError` for anything but a sound whose rate can be, with equally long channels of samples that are numbers. */
export function checkSound(sound: unknown, name: string): asserts sound is Sound {
  const { sampleRate, channels } = (sound ?? {}) as Partial<Sound>
  if (!(Number(sampleRate) > 0) || !Array.isArray(channels) || !(channels[0]?.length > 0))
    throw problem(
      name,
      0,
      'a sound { sampleRate, channels } with samples',
      sound === undefined ? 'none' : 'no samples',
    )
  const rate = Number(sampleRate)
  if (!Number.isInteger(rate) || rate < slowest || rate > fastest)
    throw problem(name, 0, `a whole sampleRate from ${slowest} to 1,000,000`, `${sampleRate}`)
  for (const [channel, samples] of channels.entries()) {
    if (samples?.length !== channels[0].length)
      throw problem(
        name,
        0,
        `channels of equal length, ${channels[0].length} samples`,
        `${samples?.length} in channel ${channel}`,
      )
    const wrong = samples.findIndex((x: number) => !(Math.abs(x) <= LOUDEST))
    if (wrong >= 0)
      throw problem(
        name,
        0,
        'numbers from about -1 to 1',
        `${samples[wrong]} at sample ${wrong} of channel ${channel}`,
      )
  }
}

/** Rows by the part that the data names; `all` where it names none. */
export type TriggerRowsByPart = Partial<Record<'all' | 'train' | 'valid' | 'test', readonly TriggerRow[]>>

/**
 * Holds out the parts that are missing: of each kind 15 % of the recordings, at least one of the word, chosen by chance; backgrounds of which
 * there are fewer than three are cut in time instead. Throws a `DataError` where the word is in too few recordings for every part to have one.
 */
export function splitRows(rows: TriggerRowsByPart, root: string, random: Random): DataParts<TriggerRow> {
  let train = [...(rows.all ?? []), ...(rows.train ?? [])]
  let { valid, test } = rows
  const split = partsFrom({ valid, test })
  const holdsTest = split === 'automatic' || split === 'testOnly'
  requireWord(train, root, 1 + Number(holdsTest) + Number(valid === undefined))
  const holdOut = () => {
    const { kept, held } = heldOut(train, random)
    train = kept
    return held
  }
  if (holdsTest) test = holdOut()
  valid ??= holdOut()
  return { train, valid, test: test ?? [] }
}

/** Throws a `DataError` where neither clips of the word nor scenes with it are as many as there are to be parts. */
function requireWord(rows: readonly TriggerRow[], root: string, parts: number): void {
  const clips = rows.filter(({ kind }) => kind === 'positive').length
  const scenes = rows.filter((row) => groupOf(row) === 'scene').length
  if (Math.max(clips, scenes) >= parts) return
  const recordings = parts === 1 ? 'recording' : 'recordings'
  const use = parts === 1 ? 'to learn from' : `for ${parts} parts (training and what is held out)`
  throw new DataError(
    `${root}: expected at least ${parts} ${recordings} of the word, or of scenes with it, ${use}, found ${clips} and ${scenes}`,
  )
}

/** What is held out in proportion: the kinds, and apart from the other scenes those without the word. */
const groupOf = ({ kind, words = [] }: TriggerRow) =>
  kind === 'scene' && words.length === 0 ? 'scene without the word' : kind

function heldOut(rows: readonly TriggerRow[], random: Random) {
  const kept: TriggerRow[] = []
  const held: TriggerRow[] = []
  for (const [kind, list] of grouped(rows, groupOf)) {
    if (kind === 'background' && list.length < FEWEST)
      for (const row of list) {
        const { before, after } = cut(row, 1 - SHARE)
        kept.push(before)
        held.push(after)
      }
    else {
      const count = Math.min(list.length - 1, Math.max(1, Math.round(SHARE * list.length)))
      const chosen = new Set(random.split(kind).permutation(list.length).subarray(0, count))
      for (const [index, row] of list.entries()) (chosen.has(index) ? held : kept).push(row)
    }
  }
  return { kept, held }
}

/** The two parts of a recording. */
function cut(row: TriggerRow, share: number) {
  const { sampleRate, channels } = row.sound
  const place = Math.max(1, Math.floor(share * channels[0].length))
  const part = (from: number, to: number) => ({
    ...row,
    sound: { sampleRate, channels: channels.map((samples) => samples.slice(from, to)) },
  })
  return {
    before: part(0, place),
    after: part(place - (place === channels[0].length ? 1 : 0), channels[0].length),
  }
}
