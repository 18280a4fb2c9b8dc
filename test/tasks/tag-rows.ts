import type { TaggedRow } from '../../src/tasks/index.js'

const cities = ['Rome', 'Paris', 'New York', 'Oslo', 'Lima', 'Hong Kong', 'Cairo', 'Delhi']
const days = ['today', 'tomorrow', 'on Monday', 'on Sunday']
const shapes: readonly (readonly [label: string, shape: string])[] = [
  ['flight', 'a flight from {from} to {to} {day}'],
  ['flight', '{day} fly me to {to}'],
  ['weather', 'will it rain in {place} {day}'],
  ['weather', 'the weather of {place}'],
]
const kinds: Readonly<Record<string, readonly string[]>> = {
  from: cities,
  to: cities,
  place: cities,
  day: days,
}

/** A shape with its slots filled: the text and where each slot came to stand. */
function filled(label: string, shape: string, number: number): TaggedRow {
  const spans: { type: string; start: number; end: number }[] = []
  let text = ''
  for (const piece of shape.split(/(\{\w+\})/)) {
    const type = piece.slice(1, -1)
    const choices = piece.startsWith('{') ? kinds[type] : undefined
    const words = choices ? choices[(number * 3 + spans.length * 5) % choices.length] : piece
    if (choices) spans.push({ type, start: text.length, end: text.length + words.length })
    text += words
  }
  return { text, spans, label }
}

/** Rows whose spans and labels are easily told: where somebody flies, when, and where it rains. */
export const slotRows: readonly TaggedRow[] = Array.from({ length: 80 }, (_, number) => {
  const [label, shape] = shapes[number % shapes.length]
  return filled(label, shape, Math.floor(number / shapes.length))
})

/** The same without labels. */
export const plainRows: readonly TaggedRow[] = slotRows.map(({ label: _, ...row }) => row)

/** Settings for a network that learns them in about a second. */
export const small = {
  model: {
    embeddingSize: 16,
    characterSize: 8,
    characterUnits: 8,
    hiddenSize: 16,
    inputDropout: 0.1,
    headDropout: 0.1,
    layerDropout: 0.1,
  },
  train: { epochs: 30, learningRate: 0.01, averaging: 0.9 },
} as const
