import type { JsonObject } from '../formats/index.js'
import type { ForecastVerdict } from './forecast-verdict.js'
import type { Evaluation } from './task.js'
import { percent, table } from './text-table.js'

/** What an evaluation of forecasts tells besides its scores. */
interface Details {
  readonly forecasts: number
  readonly horizon: number
  readonly coverage: number
  /** Scored steps that the model has learned from. */
  readonly learned: number
  /** Simple rules for which a series is too short. */
  readonly leftOut: readonly string[]
  readonly verdict: ForecastVerdict
  readonly byStep: readonly {
    readonly ahead: number
    readonly rmse: number
    readonly baselines: Readonly<Record<string, number>>
  }[]
}

/** Steps ahead that are listed, at most. */
const LISTED = 12

/** An evaluation as text: scores beside baselines, the verdict, intervals, errors by steps ahead. */
export function forecastReport(evaluation: Evaluation): string {
  const { scores, baselines, rows } = evaluation
  const details = evaluation.details as unknown as Details
  const { forecasts, horizon, verdict, learned, leftOut } = details
  const ahead = horizon === 1 ? 'one step ahead' : `${horizon} steps ahead`
  const beside = table([
    ['', 'RMSE'],
    ['this model', number(scores.rmse)],
    ...Object.entries(baselines).map(([name, score]) => [name, number(score)]),
  ])
  const others = ['mae', 'mape', 'smape', 'mase'].flatMap((name) =>
    scores[name] === undefined
      ? []
      : [`${NAMES[name]} ${number(scores[name])}${name.endsWith('ape') ? ' %' : ''}`],
  )
  return [
    ...(learned > 0
      ? [
          `Careful: the model has learned from ${learned.toLocaleString('en')} of the scored steps, or was chosen by them; what it says about those is no forecast`,
        ]
      : []),
    `${forecasts.toLocaleString('en')} forecasts of ${rows === 1 ? 'a series' : `${rows} series`}, ${ahead}, from every step of the scored part\n${beside}\n  ${others.join('   ')}`,
    ...(leftOut.length > 0
      ? [`Not beside it, for a series is too short or what they say explodes: ${leftOut.join(', ')}`]
      : []),
    `Verdict: ${verdict.words}`,
    intervalSection(evaluation, details),
    ...(horizon > 1 ? [stepSection(details)] : []),
  ].join('\n\n')
}

/** One line about how series go on. */
export function forecastLine(answer: JsonObject): string {
  const { forecasts } = answer as unknown as {
    forecasts: readonly {
      id: string
      steps: readonly { time?: string; value: number; low: number; high: number }[]
    }[]
  }
  return forecasts
    .map(({ id, steps }) => {
      const shown = steps.slice(0, 3).map(({ time, value, low, high }, k) => {
        return `${time ?? `+${k + 1}`}: ${number(value)} (${number(low)} to ${number(high)})`
      })
      return `${id}  ${shown.join(', ')}${steps.length > 3 ? ` … ${steps.length} steps` : ''}`
    })
    .join('; ')
}

const NAMES: Readonly<Record<string, string>> = { mae: 'MAE', mape: 'MAPE', smape: 'sMAPE', mase: 'MASE' }

/** Four digits that count. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)) return value.toExponential(2)
  const digits = Math.max(0, Math.min(6, 3 - Math.floor(Math.log10(Math.abs(value) || 1))))
  return value.toFixed(digits)
}

function intervalSection({ scores }: Evaluation, { coverage }: Details): string {
  return (
    `Intervals of ${percent(coverage)} hold ${percent(scores.coverage)} of the values; their width is ${number(scores.width)} on average\n` +
    `  CRPS ${number(scores.crps)}   pinball loss ${number(scores.pinball)}`
  )
}

function stepSection({ byStep, verdict }: Details): string {
  const every = Math.ceil(byStep.length / LISTED)
  const rows = byStep
    .filter((_, k) => k % every === 0 || k === byStep.length - 1)
    .map(({ ahead, rmse, baselines }) => [ahead, number(rmse), number(baselines[verdict.against])])
  return `RMSE by steps ahead\n${table([['steps', 'this model', verdict.against], ...rows])}`
}
