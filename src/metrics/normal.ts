/** The density of the standard normal distribution: φ(z) = e^(-z²/2) / √(2π). */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
}

/** The probability that a standard normal number lies in [-|z|, |z|]: erf(|z| / √2), to 1e-15. */
export function normalWithin(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  return x < 2 ? errorFunction(x) : 1 - complementaryErrorFunction(x)
}

/** erf x = 2/√π e^(-x²) Σ_n 2^n x^(2n+1) / (2n+1)!!: every term is positive, so nothing cancels (Abramowitz and Stegun 7.1.6). */
function errorFunction(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

/** erfc x = e^(-x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) (Abramowitz and Stegun 7.1.14): 60 terms are exact from x = 2 on. */
function complementaryErrorFunction(x: number): number {
  let tail = x
  for (let n = 60; n > 0; n--) tail = x + n / 2 / tail
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail
}

/** The number that a standard normal one is below with a probability in (0, 1). */
export function normalQuantile(probability: number): number {
  return quantileFrom(probability, (z) => (z < 0 ? (1 - normalWithin(z)) / 2 : (1 + normalWithin(z)) / 2))
}

/** Where a rising distribution function reaches a probability, found by halving. */
export function quantileFrom(probability: number, below: (x: number) => number): number {
  let [low, high] = [-1, 1]
  while (below(low) > probability) low *= 2
  while (below(high) < probability) high *= 2
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) return middle
    if (below(middle) < probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}
