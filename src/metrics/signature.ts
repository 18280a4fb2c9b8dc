import { UsageError } from '../errors.js'
import type { Gold } from './gold.js'

/** The version of sacrebleu whose scores BLEU and chrF equal; the fixtures of the tests are made with it. */
const SACREBLEU = '2.6.0'

/** sacrebleu's signature line: what was computed, so that two figures can be compared. It says at its end who computed it. */
export function signatureOf(
  golds: readonly Gold[],
  fields: Readonly<Record<string, string | number>>,
): string {
  const counts = new Set(golds.map((gold) => referencesOf(gold).length))
  const references = counts.size === 1 ? [...counts][0] : 'var'
  const all = { nrefs: references, ...fields, version: SACREBLEU, implementation: 'unrolled' }
  return Object.entries(all)
    .map(([name, value]) => `${name}:${value}`)
    .join('|')
}

/** The references of a row, at least one. */
export function referencesOf(gold: Gold): readonly string[] {
  if (typeof gold === 'string') return [gold]
  if (gold.length === 0)
    throw new UsageError('expected at least one reference in every row, got an empty list')
  return gold
}
