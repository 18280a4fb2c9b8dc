/** Which part of a data set a row belongs to. */
export type Part = 'train' | 'valid' | 'test'

/** The parts in the order in which they are reported. */
export const parts: readonly Part[] = ['train', 'valid', 'test']

/**
 * A text and its label, with the place it was read from: `line` counts from 1 and is 0 where the format has no lines.
 *
 * @example
 * const example: Example = { text: 'What time is it?', label: 'ask_time', file: 'intents.jsonl', line: 3 }
 */
export interface Example {
  readonly text: string
  readonly label: string
  readonly file: string
  readonly line: number
}

/**
 * The labels that count as right for a gold label: itself, or, for several labels joined by `#`, each of them and the
 * joined label (the convention of ATIS, where a few requests carry two intents).
 *
 * A `#` at either end joins nothing, so that `c#` stays one label.
 *
 * @example
 * labelSet('flight')          // ['flight']
 * labelSet('flight#airfare')  // ['flight', 'airfare', 'flight#airfare']
 */
export function labelSet(label: string): readonly string[] {
  const labels = label.split('#')
  if (labels.length === 1 || labels.some((part) => part === '')) return [label]
  return [...new Set(labels), label]
}

const partWords: Readonly<Record<string, Part>> = {
  train: 'train',
  training: 'train',
  valid: 'valid',
  validation: 'valid',
  validate: 'valid',
  val: 'valid',
  dev: 'valid',
  test: 'test',
  testing: 'test',
  testa: 'valid', // CoNLL 2003
  testb: 'test',
}

/** The part that a word names (`train`, `training`, `valid`, `validation`, `validate`, `val`, `dev`, `test`, `testing`; `testa` and `testb` of CoNLL). */
export function partOfWord(word: string): Part | undefined {
  const key = word.toLowerCase()
  return Object.hasOwn(partWords, key) ? partWords[key] : undefined
}
