import type { Detection } from '../data/dataset.js'
import type { TextPair } from '../data/pair.js'
import { type PairReadOptions, pairSources, readPairFiles } from '../data/read-pairs.js'
import { choice, optional, text } from './settings.js'
import type { TaskFiles } from './task.js'
import type { PairRow } from './translate-rows.js'

/** Pairs of texts in files: two files line by line, TSV, JSON lines, TMX. */
export const translateFiles: TaskFiles<PairRow> = {
  settings: {
    source: optional(text('', 'The language, ending, column or key of the sources; null: detected')),
    target: optional(text('', 'The language, ending, column or key of the targets; null: detected')),
    encoding: choice('utf-8', 'How the bytes are read', ['utf-8', 'latin1']),
    prefix: optional(text('', 'The beginning of the file names, where a folder holds several data sets')),
  },
  async read({ root, data, valid, test }, { random, read }) {
    const { detection, ...parts } = await readPairFiles(data, root, {
      ...given(read),
      random,
      ...(valid && { valid }),
      ...(test && { test }),
    })
    return { data: parts, detection: shownAs(detection, root) }
  },
  async readScored(files, root, { read }) {
    const sources = pairSources(files, root, given(read))
    const tests = sources.filter(({ part }) => part === 'test').slice(0, 1)
    const rows: TextPair[] = []
    for (const source of tests.length > 0 ? tests : sources)
      for await (const pair of source.read()) if (pair) rows.push(pair)
    const sizes = { train: 0, valid: 0, test: rows.length }
    const found = { format: (tests[0] ?? sources[0]).title, sizes, split: 'given', notes: [] } as const
    return { rows, detection: shownAs({ ...found, rows: rows.slice(0, 3) }, root) }
  },
}

function shownAs(
  found: Pick<Detection, 'format' | 'sizes' | 'split' | 'notes'> & { readonly rows: readonly TextPair[] },
  root: string,
): Detection {
  const rows = found.rows.map(({ source, target, file, line }) => {
    return { text: `${source} → ${target}`, label: '', file, line }
  })
  return { ...found, rows, source: root, labels: 0 }
}

/** The settings that are not null. */
function given(read: Readonly<Record<string, unknown>>): PairReadOptions {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null))
}
