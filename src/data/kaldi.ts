import { baseOf, type DataFile } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import { problem, shown } from './problem.js'
import { type NamedUtterance, requireText } from './utterance.js'

/** The files of a Kaldi folder. */
export interface KaldiFolder {
  /** `wav.scp`: recording → file. */
  readonly recordings: DataFile
  /** `text`: utterance → words. */
  readonly texts: DataFile
  /** `segments`: utterance → recording, begin and end in seconds. */
  readonly segments?: DataFile | undefined
}

/**
 * A folder of Kaldi's: `wav.scp`, `text` and, where utterances are pieces of recordings, `segments`. Throws `DataError` (`file:line: expected …,
 * found …`) for a line that is not right, a name that another file does not know, and a command in place of a file, which is not run.
 *
 * @example
 * wav.scp:   call1 sounds/call1.wav
 * segments:  call1-a call1 2.5 4.3
 * text:      call1-a turn left
 */
export async function readKaldi({ recordings, texts, segments }: KaldiFolder): Promise<NamedUtterance[]> {
  const files = await entriesOf(recordings)
  for (const { rest, line } of files.values())
    if (rest.endsWith('|'))
      throw problem(recordings.name, line, 'a file', `a command, which is not run: ${shown(rest)}`)
  const pieces = segments && (await entriesOf(segments))
  const entries = [...(await entriesOf(texts))]
  return entries.map(([name, { rest, line }]) => {
    const piece = segments && pieces && pieceOf(known(pieces, name, texts.name, line, segments), segments)
    const { rest: path } = known(files, piece?.recording ?? name, texts.name, line, recordings)
    const text = requireText(rest, texts.name, line, 'behind the name')
    return { paths: [path, baseOf(path)], text, line, ...(piece && { from: piece.from, to: piece.to }) }
  })
}

interface Entry {
  readonly rest: string
  readonly line: number
}

async function entriesOf(file: DataFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  for (const [index, row] of linesOf(decodeText(await file.bytes(), file.name)).entries()) {
    if (row.trim() === '') continue
    const [name] = row.trim().split(/\s+/, 1)
    if (entries.has(name))
      throw problem(
        file.name,
        index + 1,
        'each name once',
        `${shown(name)} again, after line ${entries.get(name)?.line}`,
      )
    entries.set(name, { rest: row.trim().slice(name.length).trim(), line: index + 1 })
  }
  return entries
}

function known(
  entries: ReadonlyMap<string, Entry>,
  name: string,
  from: string,
  line: number,
  file: DataFile,
): Entry {
  const entry = entries.get(name)
  if (entry) return entry
  throw problem(from, line, `a name that ${file.name} has`, shown(name))
}

function pieceOf({ rest, line }: Entry, file: DataFile) {
  const [recording, ...times] = rest.split(/\s+/)
  const [from, to] = times.map(Number)
  if (times.length !== 2 || !(from >= 0) || !(to > from))
    throw problem(file.name, line, 'a recording, a begin and an end in seconds', shown(rest))
  return { recording, from, to }
}
