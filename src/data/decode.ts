import { DataError } from '../errors.js'
import { problem } from './problem.js'

/** How the bytes of a text file are read. `latin1` is what the web means by it: Windows-1252. */
export type Encoding = 'utf-8' | 'latin1'

/** V8 holds strings of at most 2^29 - 24 characters. */
const LONGEST_TEXT = 2 ** 29 - 24

/**
 * The text in `bytes`, without a byte order mark.
 *
 * Throws a `DataError` that names the line and the byte when they are not valid UTF-8, and one when they are not text.
 *
 * @example
 * decodeText(new Uint8Array([0x68, 0x69]), 'greeting.txt')            // 'hi'
 * decodeText(new Uint8Array([0xe9]), 'word.txt', 'latin1')            // 'é'
 */
export function decodeText(bytes: Uint8Array, file: string, encoding: Encoding = 'utf-8'): string {
  if (bytes.length > LONGEST_TEXT)
    throw problem(file, 0, `at most ${LONGEST_TEXT} bytes in one file`, `${bytes.length} bytes`)
  if (encoding === 'latin1') return refuseBinary(new TextDecoder('windows-1252').decode(bytes), file)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid(bytes, file)
  }
  return refuseBinary(text, file)
}

/** The lines of a text: split at `\n` alone (other line marks occur inside sentences), without a final `\r`. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n')
  for (let i = 0; i < lines.length; i++) if (lines[i].endsWith('\r')) lines[i] = lines[i].slice(0, -1)
  return lines
}

function refuseBinary(text: string, file: string): string {
  const zero = text.indexOf('\0')
  if (zero < 0) return text
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < zero; at = text.indexOf('\n', at + 1)) line++
  throw problem(file, line, 'text', 'binary data (a zero byte)')
}

function invalid(bytes: Uint8Array, file: string): DataError {
  const offset = invalidByte(bytes)
  let line = 1
  for (let i = 0; i < offset; i++) if (bytes[i] === 0x0a) line++
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const advice = wide
    ? 'it begins like UTF-16: save it as UTF-8'
    : 'save it as UTF-8, or give the encoding latin1 if it is an old Western European file'
  const byte = bytes[offset].toString(16).padStart(2, '0')
  return new DataError(
    `${file}:${line}: expected UTF-8, found byte 0x${byte} at offset ${offset}, which is not valid there; ${advice}`,
  )
}

/** The ranges of the second byte that the Unicode standard (table 3-7) narrows; all other continuation bytes are 80..BF. */
const narrowed: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
}

/** The offset at which the first sequence that is not UTF-8 begins, -1 when there is none. */
export function invalidByte(bytes: Uint8Array): number {
  let i = 0
  while (i < bytes.length) {
    const first = bytes[i]
    const length = sequenceLength(first)
    if (length === 0) return i
    for (let k = 1; k < length; k++) {
      if (i + k >= bytes.length) return i
      const [low, high] = (k === 1 && narrowed[first]) || [0x80, 0xbf]
      if (bytes[i + k] < low || bytes[i + k] > high) return i
    }
    i += length
  }
  return -1
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (first >= 0xe0 && first <= 0xef) return 3
  if (first >= 0xf0 && first <= 0xf4) return 4
  return 0
}
