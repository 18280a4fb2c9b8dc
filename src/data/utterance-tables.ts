import type { DataFile } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import { commaSeparated, tabSeparated } from './delimited.js'
import type { Part } from './example.js'
import { problem } from './problem.js'
import { type NamedUtterance, requireText } from './utterance.js'

const fileColumns = ['path', 'file', 'filename', 'file_name', 'audio', 'image', 'wav', 'wav_filename']
const textColumns = ['sentence', 'text', 'transcript', 'transcription', 'label', 'words']

/** The columns of a table of utterances, as its first line writes them; undefined for a line that names none. */
export function utteranceColumns(head: string): { readonly file: string; readonly text: string } | undefined {
  const names = (head.split(/\r?\n/, 1)[0] ?? '')
    .split(/[\t,;]/)
    .map((name) => name.trim().replace(/^"|"$/g, '').trim())
  const [file, text] = [fileColumns, textColumns].map((known) =>
    names.find((name) => known.includes(name.toLowerCase())),
  )
  return file !== undefined && text !== undefined ? { file, text } : undefined
}

/**
 * A table with a column of files and one of texts: Common Voice's TSV (`path`, `sentence`, the files in `clips/`), and any CSV or TSV of
 * that kind. Throws `DataError` (`file:line: expected …, found …`) at the first row that is not right.
 *
 * @example
 * path	sentence
 * common_voice_en_1.mp3	Turn left.
 */
export async function readUtteranceTable(list: DataFile): Promise<NamedUtterance[]> {
  const text = decodeText(await list.bytes(), list.name)
  const columns = utteranceColumns(text)
  if (!columns)
    throw problem(
      list.name,
      1,
      `columns of files (${fileColumns[0]} …) and texts (${textColumns[0]} …)`,
      'others',
    )
  const format = text.split('\n', 1)[0].includes('\t') ? tabSeparated : commaSeparated
  const { examples } = await format.read(text, list.name, {
    text: columns.file,
    label: columns.text,
    header: true,
  })
  return Object.entries(examples)
    .flatMap(([part, rows]) => rows.map((row) => ({ ...row, part: part as Part | 'all' })))
    .sort((a, b) => a.line - b.line)
    .map(({ text: path, label, line, part }) => ({
      paths: [path, `clips/${path}`, `wavs/${path}`],
      text: requireText(label, list.name, line, `under "${columns.text}"`),
      ...(part !== 'all' && { part }),
      line,
    }))
}

/** Whether the first lines of a text are those of LJSpeech's `metadata.csv`: two or three columns between bars. */
export function looksLikeLjSpeech(head: string): boolean {
  const lines = head.split(/\r?\n/).slice(0, 20).slice(0, -1)
  return lines.length > 0 && lines.every((line) => /^[^|\s]+\|[^|]*(\|[^|]*)?$/.test(line))
}

/**
 * LJSpeech's `metadata.csv`: `name|text|text with numbers written out`, without a header and without quoting; the sounds are `wavs/name.wav`.
 * The last column counts. Throws `DataError` at the first line that is not right.
 *
 * @example
 * LJ001-0001|Printing, in 1450|Printing, in fourteen fifty
 */
export async function readLjSpeech(list: DataFile): Promise<NamedUtterance[]> {
  return linesOf(decodeText(await list.bytes(), list.name)).flatMap((row, index) => {
    if (row.trim() === '') return []
    const line = index + 1
    const cells = row.split('|')
    if (cells.length < 2 || cells.length > 3)
      throw problem(list.name, line, 'name|text or name|text|normalised text', `${cells.length} columns`)
    const [name, plain, spoken = ''] = cells
    const text = requireText(spoken.trim() === '' ? plain : spoken, list.name, line, 'behind the name')
    return [{ paths: [`wavs/${name}.wav`, `${name}.wav`, `wavs/${name}.flac`], text, line }]
  })
}
