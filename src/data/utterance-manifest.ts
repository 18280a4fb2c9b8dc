import { baseOf, type DataFile } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import { isObject, type JsonObject } from './json-lines.js'
import { problem, shown, shownList } from './problem.js'
import { type NamedUtterance, requireText } from './utterance.js'

const fileKeys = ['audio_filepath', 'audio', 'image', 'file', 'file_name', 'path', 'wav']
const textKeys = ['text', 'sentence', 'transcript', 'transcription', 'label']

/** Whether the first line of a text is that of a manifest. */
export function looksLikeManifest(head: string): boolean {
  const line = head.split('\n').find((each) => each.trim() !== '') ?? ''
  if (!line.trimStart().startsWith('{')) return false
  return fileKeys.some((key) => line.includes(`"${key}"`))
}

/**
 * A manifest of JSON lines, as NVIDIA NeMo writes them: `audio_filepath` (or `audio`, `image`, `file` …), `text`, and, for a piece of a
 * file, `offset` and `duration` in seconds. Throws `DataError` (`file:line: expected …, found …`) at the first line that is not right.
 *
 * @example
 * {"audio_filepath": "clips/1.wav", "offset": 2.5, "duration": 1.8, "text": "turn left"}
 */
export async function readManifest(list: DataFile): Promise<NamedUtterance[]> {
  const text = decodeText(await list.bytes(), list.name)
  return linesOf(text).flatMap((row, index) => {
    if (row.trim() === '') return []
    const line = index + 1
    const object = objectIn(row, list.name, line)
    const key = fileKeys.find((name) => typeof object[name] === 'string' && object[name] !== '')
    if (key === undefined)
      throw problem(list.name, line, `a file under "${fileKeys[0]}"`, shownList(Object.keys(object)))
    const textKey = textKeys.find((name) => object[name] !== undefined) ?? textKeys[0]
    const path = String(object[key])
    return [
      {
        paths: [path, baseOf(path)],
        text: requireText(object[textKey], list.name, line, `under "${textKey}"`),
        ...span(object, list.name, line),
        line,
      },
    ]
  })
}

function objectIn(row: string, name: string, line: number): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(row)
  } catch {
    value = row
  }
  if (isObject(value)) return value
  throw problem(name, line, 'a JSON object such as {"audio_filepath": "a.wav", "text": "…"}', shown(value))
}

/** A piece of the file; a duration alone says how long the whole file is. */
function span(object: JsonObject, name: string, line: number): { from?: number; to?: number } {
  const { offset, duration } = object
  if (offset === undefined || offset === null) return {}
  if (typeof offset !== 'number' || !(offset >= 0))
    throw problem(name, line, 'seconds under "offset"', shown(offset))
  if (duration === undefined || duration === null) return { from: offset }
  if (typeof duration !== 'number' || !(duration > 0))
    throw problem(name, line, 'seconds above 0 under "duration"', shown(duration))
  return { from: offset, to: offset + duration }
}
