import { attribute } from '../decoding/attribution.js'
import { UsageError } from '../errors.js'
import type { AttributedRow, RowAttribution } from './task.js'
import { percent, table } from './text-table.js'
import { sameText } from './translate-evaluation.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSearch, Translator } from './translator.js'

/** The rows that are shown for each fault. */
const SHOWN = 3

/**
 * Beam or model? Each row's translation ŷ and its target y* are scored alike, as the search ranks them. Right is what is exactly right
 * (as in `evaluate`), whatever its tokens. Throws a `UsageError` without rows.
 */
export function attributeTranslations(
  model: Pick<Translator, 'predict' | 'score' | 'settings'>,
  rows: readonly PairRow[],
  options: TranslateSearch = {},
): RowAttribution {
  if (rows.length === 0) throw new UsageError('attribute: expected at least one row, got none')
  const targets = model.score(rows, options).map(({ score }, row) => ({ text: rows[row].target, score }))
  const written = model
    .predict(
      rows.map(({ source }) => source),
      options,
    )
    .map(([{ text, score }]) => ({ text, score }))
  const isRight = sameText(model.settings)
  const { faults, ...shares } = attribute(targets, written, (target, found) =>
    isRight(target.text, found.text),
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
    })),
  }
}

/** An attribution as text: how often which is at fault, and where it matters most. */
export function attributionReport({ search, rows, wrong, beam, model }: RowAttribution): string {
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
  ])
  const kind = search.width === 1 ? 'greedy search' : `a beam of ${search.width}`
  const coverage = search.coveragePenalty > 0 ? ` with coverage penalty ${search.coveragePenalty}` : ''
  return [
    `Beam or model? ${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'pair' : 'pairs'}, ${kind}, ` +
      `score Σ log P / T^${search.lengthNormalisation}${coverage}\n${counted}`,
    ...worst('The search missed', faulty('beam')),
    ...worst('The model prefers what is wrong', faulty('model')),
  ].join('\n\n')
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
