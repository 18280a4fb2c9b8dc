import type { Detection } from '../data/dataset.js'
import { readTaggedFiles, readTaggedRows, type TaggedReadOptions } from '../data/read-tagged.js'
import type { TaggedExample } from '../data/tagged.js'
import { choice, optional, text } from './settings.js'
import type { TaskFiles } from './task.js'

/** Tagged texts in files, whatever their format. */
export const tagFiles: TaskFiles<TaggedExample> = {
  settings: {
    encoding: choice('utf-8', 'How the bytes are read', ['utf-8', 'latin1']),
    prefix: optional(text('', 'The beginning of the file names, where a folder holds several data sets')),
  },
  async read({ root, data, valid, test }, { random, read }) {
    const { detection, types, ...parts } = await readTaggedFiles(data, root, {
      ...given(read),
      random,
      ...(valid && { valid }),
      ...(test && { test }),
    })
    const { train } = parts
    return {
      data: { train, valid: parts.valid, test: parts.test },
      detection: { ...detection, source: root, labels: types.length, rows: detection.rows.map(shown) },
    }
  },
  async readScored(files, root, { read }) {
    const rows = await readTaggedRows(files, root, given(read))
    const types = new Set(rows.flatMap(({ spans }) => spans.map(({ type }) => type)))
    const detection: Detection = {
      format: 'tagged texts',
      source: root,
      sizes: { train: 0, valid: 0, test: rows.length },
      split: 'given',
      rows: rows.slice(0, 3).map(shown),
      labels: types.size,
      notes: [],
    }
    return { rows, detection }
  },
}

/** A row as the detection shows it: `[Paris](city)` is a span. */
function shown({ text: whole, spans, starts, ends, label, file, line }: TaggedExample) {
  let place = 0
  const pieces = spans.map(({ type, start, end }) => {
    const before = whole.slice(place, starts[start])
    place = ends[end - 1]
    return `${before}[${whole.slice(starts[start], place)}](${type})`
  })
  return { text: pieces.join('') + whole.slice(place), label: label ?? `${spans.length} spans`, file, line }
}

/** The settings that are not null. */
function given(read: Readonly<Record<string, unknown>>): TaggedReadOptions {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null))
}
