import { UsageError } from '../errors.js'
import type { DataFile } from './data-file.js'
import type { Encoding } from './decode.js'
import { problem, shown } from './problem.js'
import { streamLines } from './text-lines.js'

/** What is read from a file of vectors. */
export interface VectorOptions {
  /** Which words to keep (default: all). A file of millions is read in little memory when few are wanted. */
  readonly wanted?: (word: string) => boolean
  /** Keeps the first so many words of the file too, wanted or not: such files begin with the most frequent ones (default: none). */
  readonly first?: number
  readonly encoding?: Encoding
}

/** Ready-made vectors, wherever they are kept: it gives those of the words that somebody has a use for. */
export type VectorSource = (options: Pick<VectorOptions, 'wanted' | 'first'>) => Promise<WordVectors>

/** Ready-made vectors of words. */
export class WordVectors {
  constructor(
    /** Numbers per vector. */
    readonly size: number,
    readonly vectors: ReadonlyMap<string, Float32Array>,
  ) {}

  /** The vectors of the words that are `wanted`, and of the `first` so many. */
  select({ wanted = () => true, first = 0 }: Pick<VectorOptions, 'wanted' | 'first'>): WordVectors {
    const kept = [...this.vectors].filter(([word], index) => index < first || wanted(word))
    return new WordVectors(this.size, new Map(kept))
  }

  /** The same under other names (lower case, say). Where several words get one name, the one that has it already counts, else the first. */
  renamed(rename: (word: string) => string): WordVectors {
    const vectors = new Map<string, Float32Array>()
    for (const [word, vector] of this.vectors) {
      const name = rename(word)
      if (name === word || !vectors.has(name)) vectors.set(name, vector)
    }
    return new WordVectors(this.size, vectors)
  }

  /**
   * Writes each vector into the row of a table [rows, size] that `rowOf` names (undefined: none), and says how many rows it has
   * filled; the others stay as they are. `embedding.weight.set(table)` then loads them, whatever the embedding belongs to.
   *
   * Throws `UsageError` when the table has no rows of this size or a row is outside of it.
   *
   * @example
   * const table = embedding.weight.data.slice()
   * const found = vectors.fill(table, (word) => tokenizer.id(word))
   * embedding.weight.set(table)
   */
  fill(table: Float32Array | Float64Array, rowOf: (word: string) => number | undefined): number {
    const { size } = this
    const rows = table.length / size
    if (!Number.isInteger(rows))
      throw new UsageError(
        `WordVectors.fill: expected a table with rows of ${size} numbers, got ${table.length} numbers`,
      )
    const filled = new Set<number>()
    for (const [word, vector] of this.vectors) {
      const row = rowOf(word)
      if (row === undefined) continue
      if (!Number.isInteger(row) || row < 0 || row >= rows)
        throw new UsageError(
          `WordVectors.fill: expected rows from 0 to ${rows - 1}, got ${row} for "${word}"`,
        )
      table.set(vector, row * size)
      filled.add(row)
    }
    return filled.size
  }
}

/**
 * Reads vectors of words in text form: a word and its numbers per line, with blanks between, as word2vec and fastText (`.vec`)
 * write them, with a first line of two numbers (words, size), and GloVe without. The file is streamed, and may be a `.gz`. Of
 * a word that is there twice the first vector counts; lines of unwanted words are not looked at.
 *
 * Throws `DataError` (`file:line`) for a line with more or fewer numbers than the first, and when there is no vector at all.
 *
 * @example
 * const vectors = await readVectors(file, { wanted: (word) => tokenizer.id(word) !== undefined })
 */
export async function readVectors(file: DataFile, options: VectorOptions = {}): Promise<WordVectors> {
  const { wanted = () => true, first = 0, encoding } = options
  const vectors = new Map<string, Float32Array>()
  let size = 0
  let rows = 0
  for await (const { text, line } of streamLines(file, encoding)) {
    const row = text.trimEnd()
    if (row === '') continue
    const header = line === 1 ? /^\d+[ \t]+(\d+)$/.exec(row) : null
    if (header !== null) {
      size = Number(header[1])
      continue
    }
    if (size === 0) size = row.split(separator).length - 1
    rows++
    const frequent = rows <= first
    if (!frequent && !wanted(row.slice(0, firstBlank(row)))) continue
    const { word, vector } = parsed(row, size, file.name, line)
    if ((frequent || wanted(word)) && !vectors.has(word)) vectors.set(word, vector)
  }
  if (rows === 0) throw problem(file.name, 0, 'words and their vectors', 'none')
  return new WordVectors(size, vectors)
}

const separator = /[ \t]/

function firstBlank(row: string): number {
  const at = row.search(separator)
  return at < 0 ? row.length : at
}

/** The last `size` columns are numbers; what is before them is the word, which may hold blanks (GloVe has `. . .`). */
function parsed(row: string, size: number, file: string, line: number) {
  const cells = row.split(separator)
  const word = cells.slice(0, cells.length - size).join(' ')
  const vector = Float32Array.from(cells.slice(-size), (cell) => (cell === '' ? Number.NaN : Number(cell)))
  if (size < 1 || word === '' || !vector.every(Number.isFinite))
    throw problem(file, line, `a word and ${Math.max(1, size)} numbers`, shown(row))
  return { word, vector }
}
