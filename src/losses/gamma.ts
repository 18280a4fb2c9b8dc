/**
 * ln Γ(x) for x > 0: Stirling's series (Abramowitz and Stegun 6.1.41), exact to 1e-13 from x = 8 on; below, Γ(x + 1) = x Γ(x) leads there.
 */
export function logGamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < 8; at++) shift -= Math.log(at)
  const r = 1 / (at * at)
  const series =
    (1 / 12 + r * (-1 / 360 + r * (1 / 1260 + r * (-1 / 1680 + r * (1 / 1188 - (r * 691) / 360_360))))) / at
  return shift + (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series
}

/** ψ(x), the slope of ln Γ, for x > 0 (Abramowitz and Stegun 6.3.18). */
export function digamma(x: number): number {
  let shift = 0
  let at = x
  for (; at < 8; at++) shift -= 1 / at
  const r = 1 / (at * at)
  const series =
    r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - (r * 691) / 32_760)))))
  return shift + Math.log(at) - 0.5 / at - series
}
