import { commaSeparated, tabSeparated } from './delimited.js'
import type { Format } from './format.js'
import { json } from './json.js'
import { jsonLines } from './json-lines.js'
import { labelFirstLines, prefixedLines } from './labelled-lines.js'
import { problem, shown } from './problem.js'
import { rasaYaml } from './rasa.js'

/** Every format of labelled texts, in the order in which they are tried on a text whose extension says nothing. */
export const formats: readonly Format[] = [
  prefixedLines,
  jsonLines,
  json,
  rasaYaml,
  tabSeparated,
  labelFirstLines,
  commaSeparated,
]

/** The extension of a path, lower case, without the dot; empty when it has none. */
export function extensionOf(path: string): string {
  const base = path.slice(path.lastIndexOf('/') + 1)
  const dot = base.lastIndexOf('.')
  return dot <= 0 ? '' : base.slice(dot + 1).toLowerCase()
}

/** Whether the extension of a path belongs to a format. */
export function hasKnownExtension(path: string): boolean {
  return formats.some((format) => format.extensions.includes(extensionOf(path)))
}

/**
 * The format of a text: by its extension, by its first 200 lines where several formats share one or none has it.
 *
 * Throws `DataError` that lists the formats when none fits.
 */
export function detectFormat(text: string, path: string, file: string): Format {
  const format = detected(text, path)
  if (format !== undefined) return format
  throw problem(
    file,
    1,
    `one of the formats ${formats.map(({ title }) => title).join('; ')}`,
    shown(firstLines(text)[0]?.trim() ?? ''),
  )
}

/** Like `detectFormat`, but undefined when none fits. */
export function detected(text: string, path: string): Format | undefined {
  const byExtension = formats.filter((format) => format.extensions.includes(extensionOf(path)))
  if (byExtension.length === 1) return byExtension[0]
  const lines = firstLines(text)
  return (
    (byExtension.length > 0 ? byExtension : formats).find((format) => format.looksLike(lines)) ??
    byExtension.at(-1)
  )
}

const HEAD = 200

function firstLines(text: string): string[] {
  const lines: string[] = []
  for (let start = 0; start < text.length && lines.length < HEAD; ) {
    const end = text.indexOf('\n', start)
    const line = text.slice(start, end < 0 ? text.length : end)
    if (line.trim() !== '') lines.push(line)
    start = end < 0 ? text.length : end + 1
  }
  return lines
}
