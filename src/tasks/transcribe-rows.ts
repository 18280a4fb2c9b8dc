import type { Image } from '../codecs/image.js'
import type { Sound } from '../codecs/wav.js'
import { problem } from '../data/problem.js'
import { completeParts, fewTexts } from '../data/split.js'
import { DataError, UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import type { DataParts } from './task.js'

/** What is transcribed: a recording, or a picture of a line of writing; `name` is what errors call it. */
export type Signal = (Sound | Image) & { readonly name?: string }

/** A recording or picture that is read when it is needed: for sets that are larger than memory. */
export interface SignalFile {
  /** What errors call it. */
  readonly name: string
  read(): Promise<Signal>
  /** Its frames as they were kept, or as `compute` makes them of it; `key` says by which settings. Only where frames are kept. */
  frames?(key: string, compute: (signal: Signal) => Float32Array): Promise<Float32Array>
}

/** A recording or picture and what it says. Only training rows may be files. */
export interface TranscribeRow {
  readonly input: Signal | SignalFile
  readonly text: string
}

/** Whether an input has still to be read. */
export const isFile = (input: TranscribeRow['input']): input is SignalFile => 'read' in input

/** Whether a signal is a recording. */
export const isSound = (signal: Signal): signal is Sound & { readonly name?: string } =>
  'sampleRate' in signal

/**
 * Rows that the caller has in memory: a list, of which a tenth each is held out for validation and test, or `{ train, valid?, test? }`.
 *
 * @throws DataError for a row without a sound, a picture or a text (it says which), and without training rows.
 */
export function transcribeRows(given: unknown, random: Random): DataParts<TranscribeRow> {
  if (Array.isArray(given)) {
    const all = rowsOf(given, 'rows')
    const often = fewTexts(all.map(({ text }) => text))
    const keys = new Map(all.map((row, index) => [row, String(index)]))
    const key = (row: TranscribeRow) => ({ text: keys.get(row) ?? '', label: often ? row.text : '' })
    return completeParts({ all }, key, random)
  }
  const parts = (typeof given === 'object' && given !== null ? given : {}) as Partial<DataParts<unknown>>
  if (!Array.isArray(parts.train))
    throw new DataError('data: expected a list of { input, text }, or { train, valid, test } with such lists')
  return {
    train: rowsOf(parts.train, 'train'),
    valid: rowsOf(parts.valid ?? [], 'valid'),
    test: rowsOf(parts.test ?? [], 'test'),
  }
}

function rowsOf(rows: readonly unknown[], name: string): TranscribeRow[] {
  if (name !== 'valid' && name !== 'test' && rows.length === 0)
    throw new DataError('data: expected training rows, found none')
  return rows.map((row, index) => {
    const { input, text } = (typeof row === 'object' && row !== null ? row : {}) as Partial<TranscribeRow>
    const place = `${name}[${index}]`
    const file = typeof input === 'object' && input !== null && isFile(input)
    if (file && name !== 'train')
      throw problem(place, 0, 'a signal that was read; only rows under "train" may be files', 'a file')
    if (!file && !isSignal(input)) throw problem(place, 0, `${SIGNAL} under "input"`, 'none')
    if (typeof text !== 'string' || text.trim() === '') throw problem(place, 0, 'a text', 'none')
    return { input: input as TranscribeRow['input'], text: text.trim().replace(/\s+/g, ' ') }
  })
}

const SIGNAL = 'a sound { sampleRate, channels } or a picture { width, height, channels, data }'

/** Throws a `UsageError` for what is neither a sound nor a picture; `name` is what it is called. */
export function checkSignal(input: unknown, name: string): asserts input is Signal {
  if (!isSignal(input)) throw new UsageError(`${name}: expected ${SIGNAL}, got ${typeof input}`)
}

function isSignal(input: unknown): input is Signal {
  if (typeof input !== 'object' || input === null) return false
  const { sampleRate, width, height, channels, data } = input as Record<string, unknown>
  if (sampleRate !== undefined)
    return Number.isFinite(sampleRate) && Array.isArray(channels) && channels.length > 0
  const pixels = Number(width) * Number(height) * Number(channels)
  return pixels > 0 && (data as ArrayLike<number> | undefined)?.length === pixels
}
