import type { DataFile } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import type { Encoding } from '../data/decode.js'
import { NOT_VALIDATED, type PartsFrom, type PartsNamed, partsFrom } from '../data/split.js'
import { streamLineBlocks, textFiles } from '../data/text-lines.js'
import { DataError } from '../errors.js'
import { lmGeneration } from './lm-generation.js'
import { charactersOf, cutsOf, isText, requireText } from './lm-rows.js'
import { choice } from './settings.js'
import type { RowSource, TaskFiles } from './task.js'

/** Plain text in files, one after the other by name; folders may name parts. The training text stays in the files. */
export const lmFiles: TaskFiles<string> = {
  generation: lmGeneration,
  settings: {
    encoding: choice('utf-8', 'How the bytes are read', ['utf-8', 'latin1']),
  },
  async read({ root, data, valid, test }, { read }) {
    const encoding = read.encoding as Encoding
    const { all = [], train = [], ...named } = textFiles(data, root)
    const unused = valid?.length === 0 ? (named.valid ?? []) : []
    const text = new FileLines([...all, ...train, ...unused], encoding)
    const part = async (files: readonly DataFile[] | undefined) => files && linesIn(files, encoding)
    const given = { valid: await part(valid ?? named.valid), test: await part(test ?? named.test) }
    const { lengths, shown } = await lookThrough(text)
    const cuts = cutsOf(lengths, given)
    const source = text.slice(0, cuts.valid)
    requireText(await someText(source), root)
    const split = {
      train: [],
      source,
      valid: given.valid ?? (await text.slice(cuts.valid, cuts.test).lines()),
      test: given.test ?? (await text.slice(cuts.test, lengths.length).lines()),
    }
    const sizes = { train: source.length, valid: split.valid.length, test: split.test.length }
    return { data: split, detection: detected(root, { sizes, shown, given }) }
  },
  async readScored(files, root, { read }) {
    const { test, ...rest } = textFiles(files, root)
    const chosen = test ?? Object.values(rest).flat()
    const rows = await linesIn(chosen, read.encoding as Encoding)
    const shown = firstOf(rows, 0)
    return { rows, detection: detected(root, { sizes: { train: 0, valid: 0, test: rows.length }, shown }) }
  },
}

/** The lines of files from one up to another, read anew each time somebody goes through them. */
class FileLines implements RowSource<string> {
  constructor(
    readonly files: readonly DataFile[],
    readonly encoding: Encoding,
    readonly from = 0,
    readonly to = Number.POSITIVE_INFINITY,
    /** What the first pass has found in each file. */
    readonly sizes = new Map<DataFile, FileSize>(),
  ) {}

  /** How many, where that is known already. */
  get length(): number {
    return this.to - this.from
  }

  /** Some of the lines, counted from the first of the files. */
  slice(from: number, to: number): FileLines {
    return new FileLines(this.files, this.encoding, from, to, this.sizes)
  }

  /** Throws a `DataError` for a file that is another one than in the first pass. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly string[]> {
    let line = 0
    for (const file of this.files) {
      if (line >= this.to) return
      const size = { lines: 0, length: 0 }
      // also the lines behind the last: what is put in before them moves them
      for await (const block of streamLineBlocks(file, this.encoding)) {
        const wanted = block.slice(Math.max(0, this.from - line), Math.max(0, this.to - line))
        if (wanted.length > 0) yield wanted
        line += block.length
        size.lines += block.length
        for (const text of block) size.length += text.length
      }
      this.#compare(file, size)
    }
  }

  #compare(file: DataFile, size: FileSize): void {
    const first = this.sizes.get(file)
    if (!first) this.sizes.set(file, size)
    else if (first.lines !== size.lines || first.length !== size.length)
      throw new DataError(
        `${file.name}: expected ${sizeText(first)}, as when it was first read, found ${sizeText(size)}; files must not change while they are read`,
      )
  }

  /** All of them, in memory. */
  async lines(): Promise<string[]> {
    const lines: string[] = []
    if (this.length > 0) for await (const block of this) for (const line of block) lines.push(line)
    return lines
  }
}

interface FileSize {
  readonly lines: number
  /** Of the lines without their ends. */
  readonly length: number
}

const sizeText = ({ lines, length }: FileSize) => `${lines} lines of ${length} characters in all`

const linesIn = (files: readonly DataFile[], encoding: Encoding) => new FileLines(files, encoding).lines()

interface ShownLine {
  readonly text: string
  readonly line: number
}

/** The first lines with text; `before` lines stand before these. */
function firstOf(lines: readonly string[], before: number): ShownLine[] {
  const shown: ShownLine[] = []
  for (let i = 0; i < lines.length && shown.length < SHOWN; i++)
    if (isText(lines[i])) shown.push({ text: lines[i], line: before + i + 1 })
  return shown
}

const SHOWN = 3

/** The number of characters in each line, and the first lines. */
async function lookThrough(text: FileLines): Promise<{ lengths: number[]; shown: readonly ShownLine[] }> {
  const lengths: number[] = []
  let shown: ShownLine[] = []
  for await (const block of text) {
    if (shown.length < SHOWN) shown = [...shown, ...firstOf(block, lengths.length)].slice(0, SHOWN)
    for (const line of block) lengths.push(charactersOf([line]))
  }
  return { lengths, shown }
}

async function someText(text: FileLines): Promise<boolean> {
  for await (const block of text) if (block.some(isText)) return true
  return false
}

interface Found {
  readonly sizes: Detection['sizes']
  readonly shown: readonly ShownLine[]
  /** The parts that the data names; without it nothing was to be split. */
  readonly given?: PartsNamed
}

function detected(root: string, { sizes, shown, given }: Found): Detection {
  const split = given ? partsFrom(given) : 'given'
  const none = given?.valid?.length === 0
  return {
    format: 'plain text, line by line',
    source: root,
    sizes,
    split,
    rows: shown.map((row) => ({ ...row, label: '', file: root })),
    labels: 0,
    notes: [
      ...(none ? [NOT_VALIDATED] : []),
      ...(sizes.valid + sizes.test > 0 && HELD_OUT[split] !== ''
        ? [`held out from the end of the text: ${HELD_OUT[split]}`]
        : []),
    ],
  }
}

const HELD_OUT: Readonly<Record<PartsFrom, string>> = {
  given: '',
  automatic: 'a tenth for the test and the twentieth before it',
  completed: 'a twentieth',
  testOnly: 'a tenth for the test',
}
