import type { Random } from '../random/random.js'
import type { Example, Part } from './example.js'
import { grouped } from './group.js'

/** Examples in two: those kept and those held out, each in the order in which they came. */
export interface Split<T> {
  readonly kept: T[]
  readonly held: T[]
}

/**
 * Holds out `count` examples, each label in proportion (largest remainders), and at least one of every label stays.
 *
 * Rows with the same text and label go to the same side, so that nothing held out was also learned. Fewer than `count` are
 * held out where labels are too small.
 *
 * @example
 * const { kept, held } = holdOut(examples, 100, new Random(1).split('data'))
 */
export function holdOut<T extends Pick<Example, 'text' | 'label'>>(
  examples: readonly T[],
  count: number,
  random: Pick<Random, 'shuffle'>,
): Split<T> {
  const labels = [...grouped([...examples.keys()], (row) => examples[row].label).values()].map((rows) => {
    const texts = [...grouped(rows, (row) => examples[row].text.toLowerCase()).values()]
    random.shuffle(texts)
    const fewest = texts.reduce((least, group) => Math.min(least, group.length), rows.length)
    return { rows: rows.length, texts, room: rows.length - fewest }
  })
  random.shuffle(labels)
  const quotas = quotasOf(labels, count, examples.length)
  const held = new Set(labels.flatMap(({ texts }, index) => taken(texts, quotas[index])))
  return {
    kept: examples.filter((_, row) => !held.has(row)),
    held: examples.filter((_, row) => held.has(row)),
  }
}

/** Texts that come so often each are held out in proportion, as single words are; sentences are not. */
const OFTEN = 5

/** Whether few texts are said again and again, so that some rows of each should be held out. */
export function fewTexts(texts: readonly string[]): boolean {
  return texts.length >= OFTEN * new Set(texts).size
}

/**
 * Where the parts come from: the data names all (`given`), or some were held out: the validation rows (`completed`), those and the test rows
 * (`automatic`), or the test rows where no rows are to choose the best epoch (`testOnly`).
 */
export type PartsFrom = 'given' | 'completed' | 'automatic' | 'testOnly'

/** Rows in three parts, and where the parts come from. */
export interface CompleteParts<T> {
  readonly train: readonly T[]
  readonly valid: readonly T[]
  readonly test: readonly T[]
  readonly split: PartsFrom
}

/** Rows by the part that the data names; `all` where it names none. */
type RowsByPart<T> = Partial<Record<Part | 'all', readonly T[]>>

/** The parts that the data names, if any. */
export interface PartsNamed {
  readonly valid?: readonly unknown[] | undefined
  readonly test?: readonly unknown[] | undefined
}

/** The same rows where none are to choose the best epoch: those that the data names for it are learned from. */
export function withoutValidation<T>(rows: RowsByPart<T>): { all: T[]; train: T[]; valid: T[]; test?: T[] } {
  const { all = [], train = [], valid = [], test } = rows
  return { all: [...all], train: [...train, ...valid], valid: [], ...(test && { test: [...test] }) }
}

/**
 * Holds out the parts that are missing from the training rows, a tenth each: both of them, or the validation rows alone where
 * the data names a test part. A data set that names validation rows but no test keeps an empty test part, unless the validation
 * part is there and empty: then no rows are to choose the best epoch, and the test part alone is held out.
 *
 * `keyOf` says what makes two rows the same, and the label whose share is to stay.
 */
export function completeParts<T>(
  rows: RowsByPart<T>,
  keyOf: (row: T) => Pick<Example, 'text' | 'label'>,
  random: Pick<Random, 'shuffle'>,
): CompleteParts<T> {
  let train: readonly T[] = [...(rows.all ?? []), ...(rows.train ?? [])]
  let { valid, test } = rows
  const tenth = Math.max(1, Math.round(train.length * TENTH))
  const out = () => {
    const { kept, held } = holdOut(
      train.map((row) => ({ ...keyOf(row), row })),
      tenth,
      random,
    )
    train = kept.map(({ row }) => row)
    return held.map(({ row }) => row)
  }
  const split = partsFrom(rows)
  if (split === 'automatic' || split === 'testOnly') test = out()
  valid ??= out()
  return { train, valid, test: test ?? [], split }
}

/** Where the parts come from, from those that the data names. */
export function partsFrom({ valid, test }: PartsNamed): PartsFrom {
  if (valid === undefined) return test === undefined ? 'automatic' : 'completed'
  return valid.length === 0 && test === undefined ? 'testOnly' : 'given'
}

/** What the caller should know where no rows choose the best epoch. */
export const NOT_VALIDATED = 'no rows choose the best epoch: the last one is kept'

const TENTH = 0.1

/** How many rows each label gives up: its share rounded down, then one more by largest remainder while there is room. */
function quotasOf(labels: readonly { rows: number; room: number }[], count: number, total: number): number[] {
  const shares = labels.map(({ rows }) => (count * rows) / Math.max(1, total))
  const quotas = labels.map(({ room }, index) => Math.min(room, Math.floor(shares[index])))
  const order = [...labels.keys()].sort(
    (a, b) => shares[b] - Math.floor(shares[b]) - (shares[a] - Math.floor(shares[a])),
  )
  let missing = count - quotas.reduce((sum, quota) => sum + quota, 0)
  for (let before = -1; missing > 0 && missing !== before; ) {
    before = missing
    for (const index of order) {
      if (missing === 0) break
      if (quotas[index] >= labels[index].room) continue
      quotas[index]++
      missing--
    }
  }
  return quotas
}

/** Groups of equal texts until the quota is filled; the last group always stays. */
function taken(texts: readonly number[][], quota: number): number[] {
  const rows: number[] = []
  let left = texts.length
  for (const group of texts) {
    if (left === 1 || rows.length + group.length > quota) continue
    for (const row of group) rows.push(row)
    left--
  }
  return rows
}
