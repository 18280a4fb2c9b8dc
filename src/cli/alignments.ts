import { align, alignmentText } from '../metrics/alignment.js'
import { wordErrorRate } from '../metrics/error-rate.js'
import type { RowOutputs } from '../tasks/task.js'
import { save, type Writers, writerOf } from './pictures.js'

/** A row's text, what the model wrote, and how they differ. */
interface Aligned {
  readonly row: number
  /** Its file, where rows are files. */
  readonly file?: string
  readonly target: string
  readonly written: string
  readonly errors: number
  readonly alignment: string
}

const writers: Writers<readonly Aligned[]> = {
  '.jsonl': (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  '.txt': (rows) =>
    rows
      .map(
        ({ row, file, errors, alignment }) =>
          `row ${row}${file === undefined ? '' : `, ${file}`}, ${errors} ${errors === 1 ? 'error' : 'errors'}\n${alignment.trimEnd()}\n`,
      )
      .join('\n'),
}

/** Checks the name of a file for alignments, and gives what writes them there: one entry for each row, word by word, or character by character where there is one word. */
export function alignmentWriter(
  out: string,
): (outputs: Pick<RowOutputs, 'targets' | 'written' | 'names'>) => Promise<void> {
  const write = writerOf(out, writers)
  return ({ targets, written, names }) =>
    save(
      out,
      write(targets.map((target, place) => alignedRow(place + 1, target, written[place], names?.[place]))),
    )
}

function alignedRow(row: number, target: string, written: string, file: string | undefined): Aligned {
  const words = /\s/.test(`${target}${written}`)
  const edits = words
    ? wordErrorRate([target], [written]).alignments[0]
    : align(Array.from(target), Array.from(written))
  const errors = edits.filter(({ kind }) => kind !== 'equal').length
  return {
    row,
    ...(file !== undefined && { file }),
    target,
    written,
    errors,
    alignment: alignmentText(edits),
  }
}
