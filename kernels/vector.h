// One vector of reals, whatever the machine: LANES reals of type REAL, set by the build.
// No standard library here: nothing may be shared between objects compiled for different instruction sets.
// Built with -ffp-contract=off: a multiply-add is fused where `multiplyAdd` says so and nowhere else, so that
// the same sum gives the same bits in every function it is inlined into.
#pragma once
#include "team.h"
#if defined(__x86_64__) && LANES >= 8
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#ifndef REAL
#define REAL float
#define FLOAT32 1
#endif
typedef REAL real;
typedef real vec __attribute__((vector_size(LANES * sizeof(real)), may_alias));
typedef real vecUnaligned __attribute__((vector_size(LANES * sizeof(real)), aligned(sizeof(real)), may_alias));
#if FLOAT32
typedef int mask;                              // a lane of a comparison, as wide as a real
#else
typedef long long mask;
#endif
typedef mask vecMask __attribute__((vector_size(LANES * sizeof(real)), may_alias));

INLINE vec load(const real *p) { return *(const vecUnaligned *)p; }
INLINE void store(real *p, vec v) { *(vecUnaligned *)p = v; }
INLINE vec broadcast(real x) { return x - (vec){}; }
INLINE vec select(vecMask condition, vec yes, vec no) { return condition ? yes : no; }

// The first n lanes (n >= LANES: all of them); the others read as zero and are not written.
INLINE vec loadPart(const real *p, int n) {
  if (n >= LANES) return load(p);
  vec v = {};
  for (int lane = 0; lane < n; lane++) v[lane] = p[lane];
  return v;
}
INLINE void storePart(real *p, vec v, int n) {
  if (n >= LANES) return store(p, v);
  for (int lane = 0; lane < n; lane++) p[lane] = v[lane];
}

INLINE vec multiplyAdd(vec a, vec b, vec c) {
#if defined(__x86_64__) && FLOAT32 && LANES == 16
  return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__x86_64__) && FLOAT32 && LANES == 8
  return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__) && FLOAT32
  return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

// The sum of the lanes, always in the same order.
INLINE real sumLanes(vec v) {
  real sum = 0;
  for (int lane = 0; lane < LANES; lane++) sum += v[lane];
  return sum;
}

// ---- where a job's fields lie ---------------------------------------------------------------------------------
typedef u32 Place;                             // heap offset in 4-byte words; 0 = absent
struct Number {                                // a float64 in two words, so that records need no alignment
  u32 low, high;
  operator double() const {
    union { u32 words[2]; double value; } both = {{low, high}};
    return both.value;
  }
};
struct Context {
  Team team;
  unsigned char *base;
  real *reals(Place place) const { return place ? (real *)(base + (uptr)place * 4) : nullptr; }
  int *ints(Place place) const { return place ? (int *)(base + (uptr)place * 4) : nullptr; }
};
