import { attribute } from '../decoding/attribution.js'
import { UsageError } from '../errors.js'
import { scoreFormula } from '../inspect/search-tree.js'
import type { AttributedRow, Evaluation, RowAttribution } from './task.js'
import { percent, table } from './text-table.js'
import { type Evaluated, evaluateTranslator, sameText, translationsOf } from './translate-evaluation.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSearch, Translation, TranslationScore, Translator } from './translator.js'

/** What an attribution needs of a translator. */
type Attributed = Pick<Translator, 'predict' | 'score' | 'settings'>

/** A side of a row that is judged. */
type Judged = Omit<TranslationScore, 'logProb'> & { readonly row: number }

/** The rows that are shown for each fault. */
const SHOWN = 3

/**
 * Beam or model? Each row's translation ŷ and its target y* are scored alike, as the search ranks them. Right is what is exactly right
 * (as in `evaluate`), whatever its tokens. `translations` are the model's own of the rows by the same options, where they are there
 * already. Throws a `UsageError` without rows.
 */
export function attributeTranslations(
  model: Attributed,
  rows: readonly PairRow[],
  options: TranslateSearch = {},
  translations?: readonly Translation[],
): RowAttribution {
  if (rows.length === 0) throw new UsageError('attribute: expected at least one row, got none')
  const targets = model.score(rows, options)
  const written = translations ?? translationsOf(model, rows, options)
  const isRight = sameText(model.settings)
  const right = rows.map(({ target }, row) => isRight(target, written[row].text))
  const { faults, ...shares } = attribute<Judged>(
    targets.map((target, row) => ({ ...target, row })),
    written.map(({ score }, row) => ({ score, row })),
    ({ row }) => right[row],
  )
  const { decode } = model.settings
  const { width = decode.width, lengthNormalisation = decode.lengthNormalisation } = options
  const { coveragePenalty = decode.coveragePenalty } = options
  return {
    search: { width, lengthNormalisation, coveragePenalty },
    ...shares,
    rows: rows.map(({ source, target }, row) => ({
      ...{ source, target, written: written[row].text },
      ...{ targetScore: targets[row].score, writtenScore: written[row].score, fault: faults[row] },
      ...(targets[row].forbiddenBy && { forbiddenBy: targets[row].forbiddenBy }),
    })),
  }
}

/** The scores of a translator and its attribution, from one search. */
export function evaluateAttributed(
  model: Attributed & Evaluated,
  rows: readonly PairRow[],
): { evaluation: Evaluation; attribution: RowAttribution } {
  const translations = translationsOf(model, rows)
  return {
    evaluation: evaluateTranslator(model, rows, translations),
    attribution: attributeTranslations(model, rows, {}, translations),
  }
}

/** An attribution as text: how often which is at fault, and where it matters most. */
export function attributionReport({ search, rows, wrong, beam, model, forbidden }: RowAttribution): string {
  const faulty = (fault: AttributedRow['fault']) => rows.filter((row) => row.fault === fault)
  const line = (name: string, fault: AttributedRow['fault'], share: string) => {
    const count = faulty(fault).length
    return [name, count.toLocaleString('en'), percent(count / rows.length), share]
  }
  const shareOf = (share: number) => (wrong === 0 ? '-' : percent(share))
  const counted = table([
    ['', 'pairs', 'of all', 'of the wrong'],
    line('exactly right', 'none', ''),
    line('wrong, the search is at fault: score(y*) > score(ŷ)', 'beam', shareOf(beam)),
    line('wrong, the model is at fault: it likes ŷ as well or better', 'model', shareOf(model)),
    ...(forbidden > 0
      ? [line(`wrong, the search may not write y* (${reasonsOf(rows)})`, 'forbidden', percent(forbidden))]
      : []),
  ])
  const kind = search.width === 1 ? 'greedy search' : `a beam of ${search.width}`
  return [
    `Beam or model? ${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'pair' : 'pairs'}, ${kind}, ` +
      `score ${scoreFormula(search)}\n${counted}`,
    ...worst('The search missed', faulty('beam')),
    ...worst('The model prefers what is wrong', faulty('model')),
  ].join('\n\n')
}

/** The options that forbid targets, the most frequent first: `maximumLength 12, noRepeatNgram 3`. */
function reasonsOf(rows: readonly AttributedRow[]): string {
  const counts = new Map<string, number>()
  for (const { fault, forbiddenBy } of rows)
    if (fault === 'forbidden' && forbiddenBy) counts.set(forbiddenBy, (counts.get(forbiddenBy) ?? 0) + 1)
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${name} ${count.toLocaleString('en')}`).join(', ')
}

/** The rows with the widest gap between the scores, the widest first. */
function worst(heading: string, rows: readonly AttributedRow[]): string[] {
  const gap = ({ targetScore, writtenScore }: AttributedRow) => Math.abs(targetScore - writtenScore)
  const shown = [...rows].sort((a, b) => gap(b) - gap(a)).slice(0, SHOWN)
  if (shown.length === 0) return []
  const score = (value: number) => value.toFixed(2).padStart(8)
  return [
    [
      heading,
      ...shown.flatMap(({ source, target, written, targetScore, writtenScore }) => [
        `  ${source}`,
        `    y* ${score(targetScore)}  ${target}`,
        `    ŷ  ${score(writtenScore)}  ${written}`,
      ]),
    ].join('\n'),
  ]
}
