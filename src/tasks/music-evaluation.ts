import { LOWEST_PITCH, type Piece, type Roll, rollsOf } from '../data/piece.js'
import { UsageError } from '../errors.js'
import type { SummedMetric } from '../metrics/summed.js'
import type { MusicModel } from './music-model.js'
import type { Evaluation, RowAnswers } from './task.js'
import { bar, percent, table } from './text-table.js'

/** What an evaluation needs of a model. */
type Evaluated = Pick<MusicModel, 'form' | 'floors' | 'settings'>

/** The sum of some losses and how many there are. */
type Losses = ArrayLike<number>

/** Nats per step, the mean over all steps of all pieces. */
const nllMetric: SummedMetric<unknown, Losses> = {
  name: 'nll',
  counts: (_, losses) => [sum(losses), losses.length],
  score: ([nats, steps]) => nats / steps,
}

/** -log P of every step of each piece. */
export function musicAnswers({ form, settings }: Evaluated, rows: readonly Piece[]): RowAnswers {
  return {
    score: 'nll',
    metric: nllMetric as SummedMetric<unknown, unknown>,
    rules: {
      'notes.stepsPerBeat': String(settings.notes.stepsPerBeat),
      'notes.velocities': String(settings.notes.velocities),
    },
    right: rows,
    answers: form.stepLosses(rollsOf(rows, settings.notes.stepsPerBeat)),
  }
}

/**
 * Scores a model on pieces: nats per step, all steps counted alike and every first one too, beside two rules for each key by itself.
 * Throws a `UsageError` without pieces, a `DataError` for one without notes that a piano has.
 */
export function evaluateMusic({ form, floors, settings }: Evaluated, rows: readonly Piece[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one piece, got none')
  const rolls = rollsOf(rows, settings.notes.stepsPerBeat)
  const parts = form.lossesInParts?.(rolls)
  const losses = parts?.all ?? form.stepLosses(rolls)
  const simple = rolls.map((roll) => floors.losses(keysOf(roll)))
  const steps = losses.reduce((count, { length }) => count + length, 0)
  const mean = (of: readonly Losses[]) => of.reduce((total, each) => total + sum(each), 0) / steps
  const first = losses.reduce((total, [loss]) => total + loss, 0)
  return {
    rows: rows.length,
    scores: { nll: mean(losses), ...form.frames?.(rolls) },
    baselines: {
      markov: mean(simple.map(({ markov }) => markov)),
      independent: mean(simple.map(({ independent }) => independent)),
    },
    details: {
      steps,
      notes: rolls.reduce((count, { notes }) => count + notes.length, 0),
      ...(parts && { nllOfLoudness: mean(parts.loudness) }),
      nllOfFirstSteps: first / rows.length,
      nllWithoutFirstSteps:
        steps > rows.length ? (mean(losses) * steps - first) / (steps - rows.length) : null,
    },
  }
}

/** The keys of a roll, numbered from 0. */
export function keysOf({ steps }: Roll): number[][] {
  return steps.map((step) => step.map((pitch) => pitch - LOWEST_PITCH))
}

function sum(values: Losses): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]
  return total
}

/** An evaluation as text: the model beside the two rules. */
export function musicReport({ rows, scores, baselines, details }: Evaluation): string {
  const { steps, notes, nllOfFirstSteps, nllWithoutFirstSteps, nllOfLoudness } = details as unknown as Record<
    string,
    number | null | undefined
  >
  const count = (n: number | null | undefined) => (n ?? 0).toLocaleString('en')
  const line = (name: string, nll: number) => [name, nll.toFixed(3), bar(nll / baselines.independent, 20)]
  const frames =
    scores.frameF1 === undefined
      ? ''
      : `\n  keys more likely on than off: F1 ${percent(scores.frameF1)}, accuracy ${percent(scores.frameAccuracy)}`
  const loudness =
    typeof nllOfLoudness === 'number'
      ? `\n  ${nllOfLoudness.toFixed(3)} nats of the model's say how loud notes are, which the two rules need not say`
      : ''
  const without =
    nllWithoutFirstSteps === null ? '' : `; without them ${(nllWithoutFirstSteps as number).toFixed(3)}`
  return [
    `${count(rows)} pieces, ${count(steps)} steps, ${count(notes)} notes`,
    table([
      ['', 'nats/step', ''],
      line('this model', scores.nll),
      line('each key by itself: as in the step before?', baselines.markov),
      line('each key by itself: how often?', baselines.independent),
    ]),
    `  all steps are scored; the first of each piece, of which nothing is known, costs ${(nllOfFirstSteps as number).toFixed(3)}${without}${loudness}${frames}`,
  ].join('\n')
}
