import type { DrawableRoll } from './pictures/roll.js'

/** How a roll is written for a terminal. */
export interface RenderRollOptions {
  /** Characters in a line; 80 by default, 40 at least. */
  readonly width?: number
}

/** A character stands for two pitches: whether the upper one sounds, and the lower. */
const halves = [' ', '▄', '▀', '█'] as const

/**
 * A piano roll in characters, high notes above, two pitches to a line and a character for one step or more. `│` stands where the model
 * begins.
 *
 * ```ts
 * console.log(renderRoll(model.compose({ steps: 64 })))
 * ```
 */
export function renderRoll(
  { steps, primer }: Pick<DrawableRoll, 'steps' | 'primer'>,
  options: RenderRollOptions = {},
): string {
  const room = Math.max(40, Math.floor(options.width ?? 80)) - 7
  const each = Math.ceil(steps.length / room)
  const columns = Array.from(
    { length: Math.ceil(steps.length / each) },
    (_, k) => new Set(steps.slice(k * each, (k + 1) * each).flat()),
  )
  const pitches = steps.flat()
  if (pitches.length === 0) return '  (silence)'
  const high = pitches.reduce((a, b) => Math.max(a, b)) | 1 // lines begin at odd pitches
  const low = pitches.reduce((a, b) => Math.min(a, b))
  const begin = primer > 0 && primer < steps.length ? Math.floor(primer / each) : -1
  const lines: string[] = []
  for (let upper = high; upper >= low; upper -= 2) {
    const cells = columns.map((sounding, column) => {
      const shown = halves[(sounding.has(upper) ? 2 : 0) + (sounding.has(upper - 1) ? 1 : 0)]
      return `${column === begin ? '│' : ''}${shown}`
    })
    const name = (upper - 1) % 12 === 0 ? `C${(upper - 1) / 12 - 1}` : ''
    lines.push(`${name.padStart(4)} ${cells.join('')}`.trimEnd())
  }
  return lines.join('\n')
}
