import { basename, resolve } from 'node:path'
import { UsageError } from '../errors.js'
import { type Comparison, type Interval, pairedBootstrap } from '../metrics/bootstrap.js'
import { Random } from '../random/index.js'
import { restoreModel } from '../tasks/restore.js'
import type { RowAnswers } from '../tasks/task.js'
import { scoreText, table } from '../tasks/text-table.js'
import { abilityOf } from './ability.js'
import { withEngine } from './engine.js'
import { loadAdjusted } from './model.js'
import { scoredRows } from './rows.js'
import { print } from './terminal.js'

/** How models are compared. */
interface CompareArguments {
  /** Overrides of `read.…`, and of what may change after the training; these hold for every model. */
  readonly reading: readonly string[]
  readonly changes: readonly string[]
  readonly json: boolean
}

/** A difference that chance makes less often is called one. */
const SIGNIFICANT = 0.05

/**
 * `unrolled evaluate --beside`: the headline score of the first model and of others on the same rows, and how often chance alone would make
 * the difference, by a paired bootstrap.
 */
export async function evaluateBeside(
  folders: readonly string[],
  data: string,
  { reading, changes, json }: CompareArguments,
): Promise<void> {
  const [first, ...others] = await answersOf(folders, data, reading, changes)
  const { score, metric, right } = first
  const comparisons = others.map(({ answers }) =>
    compared(pairedBootstrap(metric, right, first.answers, answers, { random: new Random(1) })),
  )
  if (json) print(JSON.stringify(summaryOf(folders, data, first, comparisons)))
  else print(reportOf(score, right.length, folders, comparisons))
}

/** Models that score alike: sacrebleu's formula, which compares with a difference of 0, would call even equal ones different. */
function compared(comparison: Comparison): Comparison {
  return comparison.difference === 0 ? { ...comparison, pValue: 1 } : comparison
}

/** What each model says of the rows. All are read before the first is asked; one at a time is on the engine. */
async function answersOf(
  folders: readonly string[],
  data: string,
  reading: readonly string[],
  changes: readonly string[],
): Promise<RowAnswers[]> {
  const stored = await Promise.all(folders.map((folder) => loadAdjusted(folder, changes)))
  const [task, ...tasks] = stored.map(({ config }) => String(config.task))
  const other = tasks.findIndex((name) => name !== task)
  if (other >= 0)
    throw new UsageError(
      `--beside: expected models of the task ${task}, as ${folders[0]} is one; ${folders[other + 1]} is one of the task ${tasks[other]}`,
    )
  const answers = await abilityOf(task, 'answers', '--beside needs models whose score is a sum over rows')
  return withEngine(async (engine) => {
    const found: RowAnswers[] = []
    let rows: readonly unknown[] | undefined
    for (const [place, folder] of folders.entries()) {
      const model = await restoreModel(engine, stored[place], folder)
      rows ??= await scoredRows(model, data, reading)
      found.push(answers(model, rows))
      model.dispose()
      requireSameRules(folders, found[0], found[place], folder)
    }
    return found
  })
}

/** Throws a `UsageError` for a model that is scored otherwise than the first: which is better would depend on their order. */
function requireSameRules(
  [first]: readonly string[],
  { rules = {} }: RowAnswers,
  other: RowAnswers,
  folder: string,
): void {
  for (const [setting, value] of Object.entries(rules)) {
    const found = other.rules?.[setting]
    if (found === undefined || found === value) continue
    const remedy = setting === 'scores.headline' ? `; --set ${setting}=${value} sets it for all` : ''
    throw new UsageError(
      `--beside: expected models that are scored alike: ${setting} is ${value} in ${first} and ${found} in ${folder}${remedy}`,
    )
  }
}

function summaryOf(
  folders: readonly string[],
  data: string,
  { score, right }: RowAnswers,
  comparisons: readonly Comparison[],
) {
  const plain = ({ score, low, high }: Interval) => ({ score, low, high })
  return {
    ...{ model: folders[0], data, rows: right.length, metric: score, ...plain(comparisons[0].first) },
    beside: comparisons.map(({ second, difference, differenceLow, differenceHigh, pValue }, place) => ({
      ...{ model: folders[place + 1], ...plain(second) },
      ...{ difference, differenceLow, differenceHigh, pValue },
    })),
  }
}

function reportOf(
  score: string,
  rows: number,
  folders: readonly string[],
  comparisons: readonly Comparison[],
): string {
  const names = folders.map((folder) => basename(resolve(folder)))
  const value = (number: number) => scoreText(score, number)
  const signed = (number: number) => (number > 0 ? `+${value(number)}` : value(number))
  const range = ({ low, high }: Pick<Interval, 'low' | 'high'>) => `${value(low)} to ${value(high)}`
  const lines = comparisons.map((comparison, place) => {
    const { second, difference, differenceLow, differenceHigh, pValue } = comparison
    const between = `${signed(differenceLow)} to ${signed(differenceHigh)}`
    return [
      names[place + 1],
      value(second.score),
      range(second),
      signed(difference),
      between,
      pValue.toFixed(3),
    ]
  })
  const [{ first }] = comparisons
  const head = ['', score, '95 % of samples', 'difference', '95 % of samples', 'p']
  return [
    `${rows.toLocaleString('en')} rows`,
    table([head, [names[0], value(first.score), range(first), '', '', ''], ...lines]),
    ...comparisons.map((comparison, place) => verdict(names[place + 1], names[0], comparison)),
  ].join('\n')
}

function verdict(name: string, first: string, { difference, pValue }: Comparison): string {
  const often = `(p = ${pValue.toFixed(3)})`
  if (difference === 0) return `${name} and ${first} score alike`
  if (pValue >= SIGNIFICANT) return `${name} and ${first}: chance alone may make such a difference ${often}`
  return `${name} scores ${difference > 0 ? 'higher' : 'lower'} than ${first}, and seldom by chance ${often}`
}
