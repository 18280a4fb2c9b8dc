import type { HalfLife } from './half-life.js'

/** What becomes of a gradient on its way back through time. */
export type VerdictKind = 'vanishing' | 'steady' | 'exploding' | 'unknown'

/** What a half-life means for a task, in words. */
export interface Verdict {
  readonly kind: VerdictKind
  /** What is found, one sentence. */
  readonly finding: string
  /** What to do about it, one sentence; empty when there is nothing to do. */
  readonly advice: string
  /** The part of the gradient at the end that reaches the beginning of the task: factor^span. */
  readonly remaining?: number
}

/** What the verdict is about. */
export interface VerdictCase {
  readonly halfLife: HalfLife | undefined
  /** How many steps lie between what has to be remembered and the loss. */
  readonly span: number
  /** Whether the cell has gates that can carry its state unchanged. */
  readonly gated: boolean
}

/** A gradient that shrinks or grows by more than this over the span is called vanishing or exploding. */
const much = 100

/**
 * Says in words what a half-life means over the span of a task: vanishing when less than a hundredth of the gradient is left at the
 * beginning, exploding when it has grown more than a hundredfold, steady in between.
 *
 * ```ts
 * verdictOn({ halfLife: halfLife([1, 0.5, 0.25]), span: 40, gated: false }).finding
 * // 'The gradient halves every step; over 40 steps 2^-40 of it is left.'
 * ```
 */
export function verdictOn({ halfLife, span, gated }: VerdictCase): Verdict {
  if (!halfLife || span < 1)
    return {
      kind: 'unknown',
      finding: 'There are too few steps with a gradient to tell a rate.',
      advice: 'Give the lens longer sequences.',
    }
  const remaining = halfLife.factor ** span
  const kind = remaining < 1 / much ? 'vanishing' : remaining > much ? 'exploding' : 'steady'
  return {
    kind,
    finding: `The gradient ${rate(halfLife)}; over ${count(span)} ${share(remaining)}.`,
    advice: adviceFor[kind](gated),
    remaining,
  }
}

const adviceFor: Readonly<Record<Exclude<VerdictKind, 'unknown'>, (gated: boolean) => string>> = {
  vanishing: (gated) =>
    gated
      ? 'The gates forget: begin with a forget gate near 1 (initialization: "orthogonal"), train on, or let attention reach back.'
      : 'What lies further back is hardly learned: use a gated cell (lstm, gru), whose state can pass unchanged.',
  exploding: () =>
    'Clip the gradient (clip: { norm: 1 }), lower the learning rate, or begin with orthogonal recurrent weights.',
  steady: () => '',
}

/** `halves every 4.1 steps`, `doubles every 7 steps`, `keeps its size`. */
export function rate({ steps }: Pick<HalfLife, 'steps'>): string {
  const size = Math.abs(steps)
  if (size >= 10_000) return 'keeps its size'
  const every = size < 10 ? size.toFixed(1).replace(/\.0$/, '') : Math.round(size).toLocaleString('en')
  return `${steps > 0 ? 'halves' : 'doubles'} every ${every === '1' ? 'step' : `${every} steps`}`
}

// What becomes of the gradient over the span: as a percentage, or as a power of two where that says nothing.
function share(remaining: number): string {
  const power = Math.log2(remaining)
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
