// exp, tanh, sigmoid and log of a vector, within 4 ulp. NaN stays NaN, infinities go to their limits.
#pragma once
#include "vector.h"

#if FLOAT32
#define REAL_BITS 32
static const mask MANTISSA_BITS = 23, EXPONENT_BIAS = 127;
static const real ROUND_MAGIC = 12582912.0f;             // 1.5 * 2^23: adding it rounds to an integer
static const real LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;   // their sum is ln 2; n * LN2_HIGH is exact
static const real EXP_LOW = -104.0f, EXP_HIGH = 89.0f;   // beyond these exp is 0 or infinity
static const real SMALLEST_NORMAL = 1.17549435e-38f;
#else
#define REAL_BITS 64
static const mask MANTISSA_BITS = 52, EXPONENT_BIAS = 1023;
static const real ROUND_MAGIC = 6755399441055744.0;      // 1.5 * 2^52
static const real LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;
static const real EXP_LOW = -746.0, EXP_HIGH = 710.0;
static const real SMALLEST_NORMAL = 2.2250738585072014e-308;
#endif
static const real LOG2_E = (real)1.44269504088896340736;

// 2^n for whole n inside the normal exponents.
INLINE vec powerOfTwo(vecMask n) { return (vec)((n + EXPONENT_BIAS) << MANTISSA_BITS); }

// x = n ln 2 + r with |r| <= ln 2 / 2.
struct Reduced { vecMask n; vec r; };
INLINE Reduced reduce(vec x) {
  vec shifted = multiplyAdd(x, broadcast(LOG2_E), broadcast(ROUND_MAGIC));
  vec n = shifted - broadcast(ROUND_MAGIC);
  vec r = multiplyAdd(n, broadcast(-LN2_LOW), multiplyAdd(n, broadcast(-LN2_HIGH), x));
  return {(vecMask)shifted - (vecMask)broadcast(ROUND_MAGIC), r};
}

// e^r - 1 by its Taylor series: the first term left out is below a tenth of an ulp for |r| <= ln 2 / 2.
INLINE vec expMinusOneSmall(vec r) {
#if FLOAT32
  vec p = broadcast(1.0f / 5040);
  p = multiplyAdd(p, r, broadcast(1.0f / 720));
  p = multiplyAdd(p, r, broadcast(1.0f / 120));
#else
  vec p = broadcast(1.0 / 87178291200.0);
  p = multiplyAdd(p, r, broadcast(1.0 / 6227020800.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 479001600.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 39916800.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 3628800.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 362880.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 40320.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 5040.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 720.0));
  p = multiplyAdd(p, r, broadcast(1.0 / 120.0));
#endif
  p = multiplyAdd(p, r, broadcast((real)1 / 24));
  p = multiplyAdd(p, r, broadcast((real)1 / 6));
  p = multiplyAdd(p, r, broadcast((real)0.5));
  return multiplyAdd(p * r, r, r);
}

INLINE vec exponential(vec x) {
  x = select(x > broadcast(EXP_HIGH), broadcast(EXP_HIGH), x);   // a NaN compares false and stays
  x = select(x < broadcast(EXP_LOW), broadcast(EXP_LOW), x);
  Reduced reduced = reduce(x);
  vec p = expMinusOneSmall(reduced.r) + broadcast(1);
  vecMask half = reduced.n >> 1;                                 // in two steps: 2^n alone may not be a normal number
  return p * powerOfTwo(half) * powerOfTwo(reduced.n - half);
}

INLINE vec absolute(vec x) { return (vec)((vecMask)x & ~(vecMask)broadcast((real)-0.0)); }
INLINE vec copySign(vec magnitude, vec sign) {
  vecMask signBit = (vecMask)broadcast((real)-0.0);
  return (vec)(((vecMask)magnitude & ~signBit) | ((vecMask)sign & signBit));
}

// sigmoid(x) = 1 / (1 + e^-x), from e^-|x| so that neither tail loses digits.
INLINE vec sigmoid(vec x) {
  vec e = exponential(-absolute(x));
  return select(x >= broadcast(0), broadcast(1), e) / (broadcast(1) + e);
}

// tanh |x| = -m / (2 + m) with m = e^(-2|x|) - 1, which keeps its digits near 0.
INLINE vec hyperbolicTangent(vec x) {
  vec y = broadcast(-2) * absolute(x);
  y = select(y < broadcast(-64), broadcast(-64), y);             // tanh is 1 to the last bit long before
  Reduced reduced = reduce(y);
  vec scale = powerOfTwo(reduced.n);
  vec m = multiplyAdd(expMinusOneSmall(reduced.r), scale, scale - broadcast(1));
  return copySign(-m / (broadcast(2) + m), x);
}

// log x: x = 2^n f with f in [sqrt 1/2, sqrt 2), log f = 2 atanh((f - 1) / (f + 1)).
INLINE vec logarithm(vec x) {
  const real infinity = __builtin_inff();
  vecMask tiny = x < broadcast(SMALLEST_NORMAL);                 // subnormal: scale up first
  const real up = (real)(1 << 24) * (1 << 24) * (REAL_BITS == 64 ? 64 : 1);
  vec scaled = select(tiny, x * broadcast(up), x);
  vecMask bits = (vecMask)scaled;
  vecMask n = ((bits >> MANTISSA_BITS) & (((mask)1 << (REAL_BITS - 1 - MANTISSA_BITS)) - 1)) - EXPONENT_BIAS;
  const vecMask one = (vecMask)broadcast(1);
  const vecMask fraction = (bits & (((mask)1 << MANTISSA_BITS) - 1)) | one;
  vec f = (vec)fraction;
  vecMask big = f > broadcast((real)1.41421356237309504880);
  f = select(big, f * broadcast((real)0.5), f);
  n -= big;                                                      // a true lane is -1
  n -= tiny & (REAL_BITS == 64 ? 54 : 48);
  vec count = __builtin_convertvector(n, vec);
  vec s = (f - broadcast(1)) / (f + broadcast(1)), s2 = s * s;
#if FLOAT32
  vec p = broadcast(2.0f / 11);
#else
  vec p = broadcast(2.0 / 25);
  for (int k = 23; k >= 11; k -= 2) p = multiplyAdd(p, s2, broadcast((real)2 / k));
#endif
  for (int k = 9; k >= 3; k -= 2) p = multiplyAdd(p, s2, broadcast((real)2 / k));
  vec logF = multiplyAdd(p * s2, s, broadcast(2) * s);
  vec result = multiplyAdd(count, broadcast(LN2_HIGH), multiplyAdd(count, broadcast(LN2_LOW), logF));
  result = select(x == broadcast(0), broadcast(-infinity), result);
  result = select(x < broadcast(0), broadcast(__builtin_nanf("")), result);
  result = select(x == broadcast(infinity), x, result);
  return select(x == x, result, x);
}
