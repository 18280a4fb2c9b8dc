import { superscript } from './scale.js'

/** Places of labels that stand one above the other, as near as can be to where they want to be, `gap` apart, between two bounds. */
export function spread(wanted: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = wanted.map((_, k) => k).sort((a, b) => wanted[a] - wanted[b] || a - b)
  const places = new Array<number>(wanted.length)
  let last = top - gap
  for (const k of order) {
    last = Math.max(wanted[k], last + gap)
    places[k] = last
  }
  let next = bottom + gap
  for (const k of order.reverse()) {
    next = Math.min(places[k], next - gap)
    places[k] = next
  }
  return places
}

/** Text of at most `most` characters, what is cut off replaced by an ellipsis. */
export function shortened(text: string, most: number): string {
  const characters = [...text]
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : text
}

/** A share as people read it: `38 %`, `0.4 %`, `2·10⁻⁶`; `?` for what is no number. */
export function shareLabel(share: number): string {
  if (!Number.isFinite(share)) return '?'
  if (share === 0) return '0 %'
  if (share < 0.0001) return powerOf(share)
  return `${(100 * share).toLocaleString('en', { maximumSignificantDigits: share < 0.1 ? 1 : 2 })} %`
}

function powerOf(share: number): string {
  const [digit, power] = share.toExponential(0).split('e')
  return `${digit}·10${superscript(Number(power))}`
}
