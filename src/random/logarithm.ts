const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10

const view = new DataView(new ArrayBuffer(8))

/**
 * ln x of a positive normal number, from additions, products and one quotient only, so that every engine and machine gets
 * the same bits (`Math.log` may differ in the last place from one JavaScript engine to another). Error below 1 ulp.
 *
 * Source: the reduction and the minimax coefficients of fdlibm's `e_log.c` (Sun Microsystems, 1993).
 */
export function logarithm(x: number): number {
  view.setFloat64(0, x)
  let exponent = (view.getUint16(0) >>> 4) - 1023
  view.setUint16(0, (view.getUint16(0) & 0x000f) | 0x3ff0)
  let mantissa = view.getFloat64(0) // [1, 2)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent++
  }
  const f = mantissa - 1 // ln x = exponent ln 2 + ln(1 + f)
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const odd =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)))
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373))
  const half = 0.5 * f * f
  return exponent * LN2_HIGH - (half - (s * (half + odd + even) + exponent * LN2_LOW) - f)
}
