import { readFiles, readRows } from '../data/read-files.js'
import type { TextRow } from './classify-rows.js'
import { choice, optional, text } from './settings.js'
import type { TaskFiles } from './task.js'

/** Labelled texts in files, whatever their format. */
export const classifyFiles: TaskFiles<TextRow> = {
  settings: {
    format: optional(text('', 'jsonl, json, csv, tsv, rasa, fasttext or lines; null: detected')),
    encoding: choice('utf-8', 'How the bytes are read', ['utf-8', 'latin1']),
    text: optional(text('', 'The column or key of the text; null: detected')),
    label: optional(text('', 'The column or key of the label; null: detected')),
    prefix: optional(text('', 'The beginning of the file names, where a folder holds several data sets')),
  },
  async read({ root, data, valid, test }, { random, read }) {
    const { train, detection, ...rest } = await readFiles(data, root, {
      ...given(read),
      random,
      ...(valid && { valid }),
      ...(test && { test }),
    })
    return { data: { train, valid: rest.valid, test: rest.test }, detection }
  },
  async readScored(files, root, { read }) {
    const { examples, detection } = await readRows(files, root, given(read))
    return { rows: examples, detection }
  },
}

/** The settings that are not null. */
function given(read: Readonly<Record<string, unknown>>): Record<string, never> {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null)) as Record<
    string,
    never
  >
}
