import { linesOf } from './decode.js'
import { problem, shown } from './problem.js'

/** A stretch of a recording and what it is. */
export interface TimeLabel {
  /** Seconds from the recording's beginning; equal where a moment is meant. */
  readonly start: number
  readonly end: number
  /** May be empty. */
  readonly label: string
  /** The line of the file. */
  readonly line: number
}

/**
 * Reads a label track of Audacity: lines `start TAB end TAB label` with times in seconds. Lines that begin with a backslash hold the
 * frequencies of the stretch above them and are passed over. `file` is what errors begin with.
 *
 * Source: Audacity manual, "Importing and Exporting Labels".
 *
 * @throws DataError, `file:line: expected …, found …`.
 *
 * ```ts
 * readAudacityLabels('0.5\t1.25\tactivate', 'scene.txt') // [{ start: 0.5, end: 1.25, label: 'activate', line: 1 }]
 * ```
 */
export function readAudacityLabels(text: string, file: string): TimeLabel[] {
  return linesOf(text).flatMap((line, index) =>
    line.trim() === '' || line.startsWith('\\') ? [] : [labelOf(line, file, index + 1)],
  )
}

function labelOf(line: string, file: string, number: number): TimeLabel {
  const cells = line.split('\t')
  if (cells.length < 2)
    throw problem(file, number, 'start, end and label, separated by tabs (a label track)', shown(line))
  const [start, end] = cells.slice(0, 2).map((cell) => secondsOf(cell, file, number))
  if (end < start) throw problem(file, number, `an end from ${start} seconds on`, String(end))
  return { start, end, label: cells.slice(2).join('\t').trim(), line: number }
}

function secondsOf(cell: string, file: string, line: number): number {
  const text = cell.trim().replace(',', '.') // some languages write times with a comma
  if (!/^\d+(\.\d*)?$/.test(text)) throw problem(file, line, 'a time in seconds, from 0 on', shown(cell))
  return Number(text)
}
