import { box, headed, ink, line, palette, picture, text } from './svg.js'

/** Music on a grid of steps, as notes whose times are steps. */
export interface DrawableRoll {
  readonly steps: readonly (readonly number[])[]
  readonly notes: readonly {
    readonly pitch: number
    readonly start: number
    readonly end: number
    readonly velocity: number
  }[]
  /** How many steps were given; those behind them were drawn by a model. */
  readonly primer: number
  readonly stepsPerBeat: number
}

const left = 46
const widest = 900
const row = 6

/**
 * A piano roll: a bar for every note, high ones above, the steps from left to right. The notes of the primer are blue, those of the model
 * orange; loud ones are darker. A line stands at every C, and a dashed one where the model begins.
 *
 * ```ts
 * const svg = drawRoll(model.compose({ primer, steps: 64 }))
 * ```
 */
export function drawRoll(roll: DrawableRoll, title?: string): string {
  const { steps, notes, primer, stepsPerBeat } = roll
  const pitches = notes.map(({ pitch }) => pitch)
  const low = Math.min(60, ...pitches) - 2
  const high = Math.max(60, ...pitches) + 2
  const step = Math.max(1.5, Math.min(16, (widest - left) / Math.max(1, steps.length)))
  const heading = title ?? headingOf(roll)
  const width = Math.max(420, left + steps.length * step + 16)
  const head = headed(heading, width)
  const top = head.bottom + 16
  const right = left + steps.length * step
  const bottom = top + (high - low + 1) * row
  const yOf = (pitch: number) => top + (high - pitch) * row
  const xOf = (place: number) => left + place * step
  const octaves = Array.from({ length: high - low + 1 }, (_, k) => low + k).filter(
    (pitch) => pitch % 12 === 0,
  )
  const beats = everyBeat(steps.length, stepsPerBeat, step)
  return picture(width, bottom + 42, heading, [
    head.part,
    ...octaves.map((pitch) => {
      const y = yOf(pitch) + row
      const name = text(left - 6, y, `C${pitch / 12 - 1}`, { size: 11, anchor: 'end', colour: ink.faint })
      return (
        line(
          [
            [left, y],
            [right, y],
          ],
          { stroke: ink.grid },
        ) + name
      )
    }),
    ...beats.map(({ place, label }) =>
      text(xOf(place), bottom + 16, label, { size: 11, anchor: 'middle', colour: ink.faint }),
    ),
    ...notes.map(({ pitch, start, end, velocity }) =>
      box(xOf(start), yOf(pitch), Math.max(1, (end - start) * step - 0.8), row - 1, {
        fill: start < primer ? palette[0] : palette[1],
        opacity: Math.round((0.35 + (0.65 * velocity) / 127) * 100) / 100,
        corner: 1.5,
        tip: `pitch ${pitch}, steps ${start + 1} to ${end}`,
      }),
    ),
    primer > 0 && primer < steps.length
      ? line(
          [
            [xOf(primer), top],
            [xOf(primer), bottom],
          ],
          { stroke: ink.text, dash: '4 3' },
        )
      : '',
    text((left + right) / 2, bottom + 34, 'beats', { size: 12, anchor: 'middle', colour: ink.faint }),
  ])
}

/** Beats to be named under a roll, not closer than 40 pixels. */
function everyBeat(steps: number, stepsPerBeat: number, step: number): { place: number; label: string }[] {
  const each = [1, 2, 4, 8, 16, 32, 64, 128, 256].find((beats) => beats * stepsPerBeat * step >= 40) ?? 512
  const count = Math.floor(steps / (each * stepsPerBeat)) + 1
  return Array.from({ length: count }, (_, k) => ({
    place: k * each * stepsPerBeat,
    label: String(k * each),
  }))
}

function headingOf({ steps, notes, primer }: DrawableRoll): string {
  const drawn = steps.length - primer
  if (primer === 0) return `${notes.length} notes in ${drawn} steps, drawn by the model`
  return `${primer} steps that were given, and ${drawn} that the model went on with`
}
