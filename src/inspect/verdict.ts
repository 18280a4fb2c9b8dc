import type { HalfLife } from './half-life.js'

/** What becomes of a gradient on its way back through time. */
export type VerdictKind = 'vanishing' | 'steady' | 'exploding' | 'unknown' | 'notFinite'

/** What a half-life means for a task, in words. */
export interface Verdict {
  readonly kind: VerdictKind
  /** What is found, one sentence. */
  readonly finding: string
  /** What to do about it, one sentence; empty when there is nothing to do. */
  readonly advice: string
  /** The part of the gradient at the end that reaches the beginning of the task: factor^span, kept between 2^-1000 and 2^1000. */
  readonly remaining?: number
}

/** What the verdict is about. */
export interface VerdictCase {
  readonly halfLife: HalfLife | undefined
  /** How many steps lie between what has to be remembered and the loss. */
  readonly span: number
  /** Whether the cell has gates that can carry its state unchanged. */
  readonly gated: boolean
  /** Whether all of the gradient is finite: a rate means nothing when it is not. True when left out. */
  readonly finite?: boolean
}

/** A gradient that shrinks or grows by more than this over the span is called vanishing or exploding. */
const much = 100

/**
 * Says in words what a half-life means over the span of a task: vanishing when less than a hundredth of the gradient is left at the
 * beginning, exploding when it has grown more than a hundredfold, steady in between; `notFinite` when NaN or infinity are in it.
 *
 * ```ts
 * verdictOn({ halfLife: halfLife([1, 0.5, 0.25]), span: 40, gated: false }).finding
 * // 'The gradient halves every step; over 40 steps 2^-40 of it is left.'
 * ```
 */
export function verdictOn({ halfLife, span, gated, finite = true }: VerdictCase): Verdict {
  if (!finite)
    return {
      kind: 'notFinite',
      finding: 'The gradient is not finite: it contains NaN or infinity, and has no rate.',
      advice:
        'Look for NaN or infinity in the inputs, the weights and the loss (fit tells where they began); if the weights grew or the gradient overflows on its way back, lower the learning rate and clip the gradient from the start of the training.',
    }
  if (!halfLife || span < 1)
    return {
      kind: 'unknown',
      finding: 'There are too few steps with a gradient to tell a rate.',
      advice: 'Give the lens longer sequences.',
    }
  const power = span * Math.log2(halfLife.factor)
  const kind = power < -Math.log2(much) ? 'vanishing' : power > Math.log2(much) ? 'exploding' : 'steady'
  return {
    kind,
    finding: `The gradient ${rate(halfLife)}; over ${count(span)} ${share(power)}.`,
    advice: adviceFor[kind](gated),
    remaining: 2 ** Math.max(-1000, Math.min(1000, power)),
  }
}

const adviceFor: Readonly<Record<Exclude<VerdictKind, 'unknown' | 'notFinite'>, (gated: boolean) => string>> =
  {
    vanishing: (gated) =>
      gated
        ? 'The gates forget: begin with a forget gate near 1 (initialization: "orthogonal"), train on, or let attention reach back.'
        : 'What lies further back is hardly learned: use a gated cell (lstm, gru), whose state can pass unchanged.',
    exploding: () =>
      'Clip the gradient (clip: { norm: 1 }), lower the learning rate, or begin with orthogonal recurrent weights.',
    steady: () => '',
  }

/** `halves every 4.1 steps`, `doubles every 7 steps`, `keeps its size`; `shrinks 2^20-fold every step` above 2^10-fold. */
export function rate({ steps }: Pick<HalfLife, 'steps'>): string {
  const size = Math.abs(steps)
  if (size >= 10_000) return 'keeps its size'
  if (size < 0.1) return `${steps > 0 ? 'shrinks' : 'grows'} 2^${Math.round(1 / size)}-fold every step`
  const every = size < 10 ? size.toFixed(1).replace(/\.0$/, '') : Math.round(size).toLocaleString('en')
  return `${steps > 0 ? 'halves' : 'doubles'} every ${every === '1' ? 'step' : `${every} steps`}`
}

// What becomes of the gradient over the span: as a percentage, or as a power of two where that says nothing.
function share(power: number): string {
  const remaining = 2 ** power // 0 or infinite where only the power says something
  const exponent = Math.round(power * 10) / 10
  if (remaining >= 1.005)
    return `it grows ${remaining < 1e6 ? `${round(remaining)}-fold` : `2^${exponent}-fold`}`
  if (remaining >= 0.995) return 'all of it is left'
  return remaining >= 0.01 ? `${round(100 * remaining)} % of it is left` : `2^${exponent} of it is left`
}

function round(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: value < 10 ? 2 : 3 })
}

function count(steps: number): string {
  return steps === 1 ? '1 step' : `${steps.toLocaleString('en')} steps`
}
