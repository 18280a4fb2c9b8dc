import { crc32, hexadecimal } from '../codecs/crc32.js'
import type { DataParts } from './task.js'

/** Lines in blocks: of a text in memory, or of files that are read anew each time. */
export type LineBlocks = Iterable<readonly string[]> | AsyncIterable<readonly string[]>

const BLOCK = 4096

/** The training text. */
export function trainingLines({ source, train }: Pick<DataParts<string>, 'source' | 'train'>): LineBlocks {
  if (source) return source
  return {
    *[Symbol.iterator]() {
      for (let from = 0; from < train.length; from += BLOCK) yield train.slice(from, from + BLOCK)
    },
  }
}

/** What must be known of a text before its tokens are chosen. */
export interface TextSurvey {
  /** Whether somebody has written `<unk>` for its rare words. */
  readonly marked: boolean
  /** How many lines. */
  readonly rows: number
  /** The checksum of all lines. */
  readonly texts: string
}

/** Goes through a text once. */
export async function surveyOf(text: LineBlocks): Promise<TextSurvey> {
  const encoder = new TextEncoder()
  let [marked, rows, crc] = [false, 0, 0]
  for await (const lines of text) {
    marked ||= lines.some((line) => line.includes('<unk>'))
    crc = crc32(encoder.encode(`${rows === 0 ? '' : '\n'}${lines.join('\n')}`), crc)
    rows += lines.length
  }
  return { marked, rows, texts: hexadecimal(crc) }
}
