import { crc32, hexadecimal } from '../codecs/crc32.js'
import type { DataError } from '../errors.js'
import { isObject } from './json-lines.js'
import { problem, shown } from './problem.js'

/** The features of a frame: any numbers that stand for it, such as pixels or what a network for pictures says. */
export type Frame = ArrayLike<number>

/** A video that has a label as a whole. */
export interface LabelledVideo {
  readonly frames: readonly Frame[]
  readonly label: string
}

/** A video each of whose frames has a label. */
export interface LabelledFrames {
  readonly frames: readonly Frame[]
  readonly labels: readonly string[]
}

/** A video and what is right, of the whole or of each frame. */
export type VideoRow = LabelledVideo | LabelledFrames

/** The right labels of a row: one, or one for each frame. */
export function goldOf(row: VideoRow): readonly string[] {
  return 'label' in row ? [row.label] : row.labels
}

/** Frames in few letters, the same for equal frames: how many there are, and a checksum over all their numbers. */
export function fingerprintOf(frames: readonly Frame[]): string {
  const crc = frames.reduce(
    (before, frame) => crc32(new Uint8Array(Float64Array.from(frame).buffer), before),
    0,
  )
  return `${frames.length} ${hexadecimal(crc)}`
}

/** What makes two videos the same, and the label whose share is to stay where parts are held out. */
export function keyOf(row: VideoRow): { text: string; label: string } {
  return { text: fingerprintOf(row.frames), label: 'label' in row ? row.label : '' }
}

/** Numbers beyond it are no features: a network counts in 32 bits, where their products are infinite. */
const LARGEST = 1e30

/**
 * Frames as files and callers give them: a list of lists of numbers, at least one, all of one length.
 *
 * Throws `DataError` that names the frame: `clips.jsonl:3: frame 12: expected …, found …`.
 */
export function framesOf(value: unknown, where: string): Frame[] {
  if (!Array.isArray(value) || value.length === 0)
    throw problem(where, 0, 'frames: a list of lists of numbers, at least one', shown(value))
  const [first] = value
  return value.map((frame, place) => {
    const wrong = (expected: string, found: string): DataError =>
      problem(`${where}: frame ${place + 1}`, 0, expected, found)
    if (!isNumbers(frame)) throw wrong('a list of numbers', shown(frame))
    if (frame.length === 0) throw wrong('at least one number', 'none')
    if (frame.length !== first.length)
      throw wrong(`${first.length} numbers, as in the first frame`, String(frame.length))
    const odd = frame.findIndex((number) => typeof number !== 'number' || !(Math.abs(number) <= LARGEST))
    if (odd >= 0)
      throw wrong(
        Number.isFinite(frame[odd])
          ? `a number from -1e30 to 1e30 in place ${odd + 1}`
          : `a number in place ${odd + 1}`,
        shown(frame[odd]),
      )
    return frame
  })
}

function isNumbers(frame: unknown): frame is number[] {
  return Array.isArray(frame) || frame instanceof Float32Array || frame instanceof Float64Array
}

/** A row in memory, checked; `where` is its place for errors. Throws `DataError` for one without a label, or without one for each frame. */
export function videoRowOf(value: unknown, where: string): VideoRow {
  if (!isObject(value))
    throw problem(where, 0, 'a video { frames, label } or { frames, labels }', shown(value))
  const frames = framesOf(value.frames, where)
  if (value.labels === undefined) {
    if (!isLabel(value.label)) throw problem(where, 0, 'a label, or labels of the frames', shown(value.label))
    return { frames, label: value.label }
  }
  const { labels } = value
  if (!Array.isArray(labels) || labels.length !== frames.length || !labels.every(isLabel))
    throw problem(where, 0, `${frames.length} labels, one for each frame`, shown(labels))
  return { frames, labels }
}

const isLabel = (label: unknown): label is string => typeof label === 'string' && label.trim() !== ''

/** Throws `DataError` unless all rows have as many features as the first, and labels of the same kind. */
export function requireAlike(rows: readonly VideoRow[], where: (row: number) => string): void {
  const [first] = rows
  for (const [place, row] of rows.entries()) {
    const [expected, found] = [first.frames[0].length, row.frames[0].length]
    if (found !== expected)
      throw problem(where(place), 0, `frames of ${expected} numbers, as in the first video`, String(found))
    if ('label' in row !== 'label' in first)
      throw problem(
        where(place),
        0,
        'label' in first
          ? 'a label of the whole, as the first video has'
          : 'labels of the frames, as the first video has',
        'label' in row ? 'a label of the whole' : 'labels of the frames',
      )
  }
}
