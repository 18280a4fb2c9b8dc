import type { DataFile } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import { type NamedUtterance, requireText } from './utterance.js'

/** Whether a file is a list of LibriSpeech's. */
export const isLibriSpeech = (path: string): boolean => path.endsWith('.trans.txt')

/**
 * A list of LibriSpeech's, `84-121123.trans.txt`: `name WORDS …` a line, the sounds are `name.flac` beside it. Throws `DataError` at a line
 * without words.
 *
 * @example
 * 84-121123-0000 GO DO YOU HEAR
 */
export async function readLibriSpeech(list: DataFile): Promise<NamedUtterance[]> {
  return linesOf(decodeText(await list.bytes(), list.name)).flatMap((row, index) => {
    const [name = '', ...words] = row.trim().split(/\s+/)
    if (name === '') return []
    const text = requireText(words.join(' '), list.name, index + 1, 'behind the name')
    return [{ paths: [`${name}.flac`, `${name}.wav`, `${name}.mp3`], text, line: index + 1 }]
  })
}
