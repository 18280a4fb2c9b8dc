/** The fixed matrices of audio features, row by row in double precision. */

/** Mel scales: Slaney's, linear below 1,000 Hz (librosa's default), and HTK's 2595 log10(1 + f / 700). */
export type MelScale = 'slaney' | 'htk'

const linearStep = 200 / 3
const logStep = Math.log(6.4) / 27
const logBegin = 1000 / linearStep

function toMel(frequency: number, scale: MelScale): number {
  if (scale === 'htk') return 2595 * Math.log10(1 + frequency / 700)
  return frequency < 1000 ? frequency / linearStep : logBegin + Math.log(frequency / 1000) / logStep
}

function toFrequency(mel: number, scale: MelScale): number {
  if (scale === 'htk') return 700 * (10 ** (mel / 2595) - 1)
  return mel < logBegin ? mel * linearStep : 1000 * Math.exp(logStep * (mel - logBegin))
}

/**
 * [window, 2 · bins]: the Fourier transform of a window of samples under a periodic Hann window, `bins` = fft / 2 + 1 cosines and as many
 * sines. A matrix product with it is exact for any length, and rows of a product do not depend on how many there are.
 */
export function fourierMatrix(window: number, fft: number): Float64Array {
  const bins = fft / 2 + 1
  const matrix = new Float64Array(window * 2 * bins)
  for (let n = 0; n < window; n++) {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / window)
    for (let k = 0; k < bins; k++) {
      const angle = (2 * Math.PI * ((n * k) % fft)) / fft
      matrix[n * 2 * bins + k] = weight * Math.cos(angle)
      matrix[n * 2 * bins + bins + k] = -weight * Math.sin(angle)
    }
  }
  return matrix
}

/** What mel filters are made of. */
export interface MelOptions {
  readonly sampleRate: number
  readonly fft: number
  readonly bands: number
  readonly lowest: number
  readonly highest: number
  readonly scale: MelScale
}

/** [bins, bands]: triangles that are evenly spaced in mel and, as Slaney's, of equal area. */
export function melMatrix({ sampleRate, fft, bands, lowest, highest, scale }: MelOptions): Float64Array {
  const [from, to] = [toMel(lowest, scale), toMel(highest, scale)]
  const points = Array.from({ length: bands + 2 }, (_, i) =>
    toFrequency(from + ((to - from) * i) / (bands + 1), scale),
  )
  const bins = fft / 2 + 1
  const matrix = new Float64Array(bins * bands)
  for (let band = 0; band < bands; band++) {
    const [left, centre, right] = points.slice(band, band + 3)
    for (let k = 0; k < bins; k++) {
      const frequency = (k * sampleRate) / fft
      const height = Math.min((frequency - left) / (centre - left), (right - frequency) / (right - centre))
      matrix[k * bands + band] = (Math.max(0, height) * 2) / (right - left)
    }
  }
  return matrix
}

/** [bands, coefficients]: the orthonormal cosine transform (DCT-II) that makes cepstral coefficients of log energies. */
export function cosineMatrix(bands: number, coefficients: number): Float64Array {
  const matrix = new Float64Array(bands * coefficients)
  for (let band = 0; band < bands; band++)
    for (let c = 0; c < coefficients; c++)
      matrix[band * coefficients + c] =
        Math.sqrt((c === 0 ? 1 : 2) / bands) * Math.cos((Math.PI * c * (2 * band + 1)) / (2 * bands))
  return matrix
}
