// Cividis at nine places (Nuñez, Anderton and Renslow 2018): even in lightness, the same to colour-blind people and in grey.
const cividis = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [167, 156, 117],
  [200, 180, 103],
  [254, 232, 56],
] as const

/** What is no number: a light grey that is none of the colours. */
const missing = '#d9d9d9'

/** The colour of a value from 0 (dark) to 1 (light); what lies outside gets the colour of the end, what is no number a light grey. */
export function colourOf(value: number): string {
  if (Number.isNaN(value)) return missing
  const place = Math.max(0, Math.min(1, value)) * (cividis.length - 1)
  const below = Math.min(Math.floor(place), cividis.length - 2)
  const part = place - below
  const mixed = cividis[below].map((dark, k) => Math.round(dark + part * (cividis[below + 1][k] - dark)))
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}
