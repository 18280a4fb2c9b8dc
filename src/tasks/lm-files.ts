import type { DataFile } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import type { Encoding } from '../data/decode.js'
import { parts } from '../data/example.js'
import { NOT_VALIDATED, partsFrom } from '../data/split.js'
import { streamLines, textFiles } from '../data/text-lines.js'
import { checked, splitLines } from './lm-rows.js'
import { choice } from './settings.js'
import type { TaskFiles } from './task.js'

/** Plain text in files, one after the other by name; folders may name parts. */
export const lmFiles: TaskFiles<string> = {
  settings: {
    encoding: choice('utf-8', 'How the bytes are read', ['utf-8', 'latin1']),
  },
  async read({ root, data, valid, test }, { read }) {
    const encoding = read.encoding as Encoding
    const { all = [], train = [], ...named } = textFiles(data, root)
    const none = valid?.length === 0
    const text = async (files: readonly DataFile[] | undefined) => files && linesIn(files, encoding)
    const given = {
      valid: await text(valid ?? named.valid),
      test: await text(test ?? named.test),
    }
    const split = checked(
      splitLines({
        train: await linesIn([...all, ...train, ...((none && named.valid) || [])], encoding),
        ...(given.valid && { valid: given.valid }),
        ...(given.test && { test: given.test }),
      }),
      root,
    )
    return { data: split, detection: detected(root, split, given) }
  },
  async readScored(files, root, { read }) {
    const { test, ...rest } = textFiles(files, root)
    const chosen = test ?? Object.values(rest).flat()
    const rows = await linesIn(chosen, read.encoding as Encoding)
    return { rows, detection: detected(root, { train: [], valid: [], test: rows }, { test: rows }) }
  },
}

async function linesIn(files: readonly DataFile[], encoding: Encoding): Promise<string[]> {
  const lines: string[] = []
  for (const file of files) for await (const { text } of streamLines(file, encoding)) lines.push(text)
  return lines
}

function detected(
  root: string,
  split: Record<(typeof parts)[number], readonly string[]>,
  given: { readonly valid?: readonly string[] | undefined; readonly test?: readonly string[] | undefined },
): Detection {
  const whole = parts.flatMap((part) => split[part])
  const shown = whole.flatMap((text, index) => (text.trim() === '' ? [] : [{ text, line: index + 1 }]))
  const from = split.train.length === 0 ? 'given' : partsFrom(given)
  return {
    format: 'plain text, line by line',
    source: root,
    sizes: { train: split.train.length, valid: split.valid.length, test: split.test.length },
    split: from,
    rows: shown.slice(0, 3).map((row) => ({ ...row, label: '', file: root })),
    labels: 0,
    notes: [
      ...(given.valid?.length === 0 ? [NOT_VALIDATED] : []),
      ...(from !== 'given' && split.valid.length + split.test.length > 0
        ? [`held out from the end of the text: ${HELD_OUT[from]}`]
        : []),
    ],
  }
}

const HELD_OUT = {
  automatic: 'a tenth for the test and the twentieth before it',
  completed: 'a twentieth',
  testOnly: 'a tenth for the test',
}
