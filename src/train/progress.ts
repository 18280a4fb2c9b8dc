import { FormatError } from '../errors.js'
import type { Metrics, Position } from './events.js'

/** One epoch in the history of a training; `epoch` counts from 1. */
export interface EpochSummary {
  readonly epoch: number
  readonly loss: number
  readonly metrics?: Metrics
}

/** All that the loop itself remembers: plain numbers, saved with every checkpoint. */
export interface Progress extends Position {
  step: number
  epoch: number
  batch: number
  /** The weighted sum of the losses of this epoch so far, and the sum of the weights. */
  lossSum: number
  lossWeight: number
  /** Epochs since the best one. */
  sinceBest: number
  best?: { readonly epoch: number; readonly metrics: Metrics }
  /** Seconds of training, interruptions left out. */
  seconds: number
  readonly history: EpochSummary[]
}

/** The beginning. */
export function newProgress(): Progress {
  return { step: 0, epoch: 0, batch: 0, lossSum: 0, lossWeight: 0, sinceBest: 0, seconds: 0, history: [] }
}

/** Reads saved progress, checking every field: a `FormatError` names `file` and the first one that is wrong. */
export function readProgress(value: unknown, file: string): Progress {
  const saved = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const check = (name: string, fits: boolean): void => {
    if (!fits) throw new FormatError(`${file}: the checkpoint's ${name} is ${JSON.stringify(saved[name])}`)
  }
  for (const name of ['step', 'epoch', 'batch', 'sinceBest'])
    check(name, Number.isSafeInteger(saved[name]) && Number(saved[name]) >= 0)
  for (const name of ['lossSum', 'lossWeight', 'seconds']) check(name, Number.isFinite(saved[name]))
  check('history', Array.isArray(saved.history))
  const best = saved.best as Progress['best'] | null
  check(
    'best',
    best === undefined || (Number.isSafeInteger(best?.epoch) && typeof best?.metrics === 'object'),
  )
  return saved as unknown as Progress
}
