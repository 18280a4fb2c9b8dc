/** Maps values to pixels, and knows the values to be written at its axis. */
export interface Scale {
  (value: number): number
  readonly ticks: readonly number[]
  /** The lowest value on it. */
  readonly low: number
}

/** A linear scale from `low` at pixel `from` to `high` at pixel `to`, with about `count` round ticks. */
export function linearScale(low: number, high: number, from: number, to: number, count = 5): Scale {
  const range = high - low || 1
  const rough = range / count
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough * 0.999) as number)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  const ticks = Array.from({ length: last - first + 1 }, (_, k) =>
    Number(((first + k) * step).toPrecision(12)),
  )
  return Object.assign((value: number) => from + ((value - low) / range) * (to - from), { ticks, low })
}

/** A logarithmic scale over whole powers of ten, with at most `count` ticks. */
export function logScale(low: number, high: number, from: number, to: number, count = 7): Scale {
  const [first, last] = [Math.log10(low), Math.log10(high)]
  const step = Math.max(1, Math.ceil((last - first) / count))
  const ticks: number[] = []
  for (let power = Math.floor(last + 1e-9); power >= first - 1e-9; power -= step) ticks.unshift(10 ** power)
  return Object.assign(
    (value: number) => from + ((Math.log10(value) - first) / (last - first || 1)) * (to - from),
    { ticks, low },
  )
}

/** A power of ten as people write it: `1`, `0.01`, `10⁻⁹`. */
export function powerLabel(value: number): string {
  const power = Math.round(Math.log10(value))
  if (power >= -2 && power <= 3) return (10 ** power).toLocaleString('en', { maximumFractionDigits: 2 })
  return `10${superscript(power)}`
}

/** A whole number in raised digits. */
export function superscript(power: number): string {
  return [...String(power)].map((sign) => superscripts[sign]).join('')
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
}
