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

/** Fewer clips of the word cannot be learned from and tried on others. */
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
    checkWords(words, `${list}[${index}]`)
    return { kind: kind as TriggerKind, sound, words, name }
  }

/** Throws a `DataError` for anything but a list of words that end after they begin. */
function checkWords(words: unknown, name: string): void {
  const expected = 'words with a start and an end in seconds'
  if (!Array.isArray(words)) throw problem(name, 0, `a list of ${expected}`, shown(words))
  for (const word of words) {
    const { start, end } = (word ?? {}) as Partial<SpokenWord>
    if (!(isSecond(start) && isSecond(end) && end >= start))
      throw problem(name, 0, expected, word && typeof word === 'object' ? `${start} to ${end}` : shown(word))
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
 * there are fewer than three are cut in time instead. Throws a `DataError` where there are too few clips of the word.
 */
export function splitRows(rows: TriggerRowsByPart, root: string, random: Random): DataParts<TriggerRow> {
  let train = [...(rows.all ?? []), ...(rows.train ?? [])]
  let { valid, test } = rows
  const split = partsFrom({ valid, test })
  const holdOut = () => {
    const { kept, held } = heldOut(train, root, random)
    train = kept
    return held
  }
  if (split === 'automatic' || split === 'testOnly') test = holdOut()
  valid ??= holdOut()
  requireWord(train, root, 1)
  return { train, valid, test: test ?? [] }
}

function requireWord(rows: readonly TriggerRow[], root: string, fewest: number): void {
  const count = rows.filter(({ kind }) => kind === 'positive').length
  const spoken = rows.some(({ kind, words = [] }) => kind === 'scene' && words.length > 0)
  if (count >= fewest || (spoken && fewest === 1)) return
  throw new DataError(
    `${root}: expected at least ${fewest} ${fewest === 1 ? 'recording' : 'recordings'} of the word to learn from, found ${count}`,
  )
}

function heldOut(rows: readonly TriggerRow[], root: string, random: Random) {
  requireWord(rows, root, 2)
  const kept: TriggerRow[] = []
  const held: TriggerRow[] = []
  for (const [kind, list] of grouped(rows, (row) => row.kind)) {
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
