// What the lens measures of activations and gradients: norms of rows, and how often values fall where.
#pragma once
#include "vector.h"

// The square root of the sum of squares. Squares leave single precision long before the numbers do, and vanishing and exploding
// gradients are what the lens is for: numbers far from 1 are brought near it first, by a power of two.
INLINE real norm(const real *values, int n) {
  vec most = {}, sum = {};
  for (int j = 0; j < n; j += LANES) {
    vec x = loadPart(values + j, n - j);
    x = select(x < vec{}, -x, x);
    most = select(x > most, x, most);
  }
  real largest = 0;
  for (int lane = 0; lane < LANES; lane++) largest = most[lane] > largest ? most[lane] : largest;
  double scale = largest < 1e-9 ? 0x1p80 : largest > 1e9 ? 0x1p-80 : 1;
  for (int j = 0; j < n; j += LANES) {
    vec x = loadPart(values + j, n - j) * broadcast((real)scale);
    sum += x * x;
  }
  return (real)(__builtin_sqrt((double)sumLanes(sum)) / scale);
}

static void run(const Context &context, const RowNormsJob &job) {
  Range rows = share(context.team, job.rows, LANES);
  for (int i = rows.begin; i < rows.end; i++)
    context.reals(job.target)[i] = norm(context.reals(job.source) + (uptr)i * job.columns, job.columns);
}

enum { MOST_BINS = 64, TABLES = 4 };           // neighbouring values count in tables of their own, so that none waits for another

// The slot of each lane: 0 below low, 1 to `bins` in the bins, bins + 1 above high, bins + 2 for a NaN.
typedef int vecInt __attribute__((vector_size(LANES * sizeof(int)), may_alias));
INLINE vecInt binsOf(vec x, real low, real high, real scale, int bins) {
  vec place = (x - broadcast(low)) * broadcast(scale), last = broadcast((real)(bins - 1));
  place = select(place > last, last, place);
  place = select(x < broadcast(low), broadcast(-1), select(x > broadcast(high), last + broadcast(1), place));
  return __builtin_convertvector(select(x == x, place, last + broadcast(2)), vecInt) + 1;
}

// counts [bins + 3]: values below `low`, in each bin of equal width from `low` to `high` inclusive, above `high`; last, exact zeros.
// A NaN counts nowhere.
static void run(const Context &context, const HistogramJob &job) {
  int *counts = context.ints(job.counts);
  const int bins = job.bins, columns = job.columns;
  const real low = (real)job.low, high = (real)job.high, scale = (real)(bins / (job.high - job.low));
  int tables[TABLES][MOST_BINS + 3] = {}, zeros = 0;
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *values = context.reals(job.source) + (uptr)i * job.rowStride;
    vecMask isZero = {};
    for (int j = 0; j < columns; j += LANES) {
      int n = min(columns - j, LANES);
      vec x = loadPart(values + j, n);
      vecInt slots = binsOf(x, low, high, scale, bins);
      isZero -= x == vec{};
      if (n == LANES)
        for (int lane = 0; lane < LANES; lane++) tables[lane % TABLES][slots[lane]]++;
      else {
        for (int lane = 0; lane < n; lane++) tables[0][slots[lane]]++;
        zeros -= LANES - n;                    // the lanes that are not there read as zero
      }
    }
    for (int lane = 0; lane < LANES; lane++) zeros += (int)isZero[lane];
  }
  if (context.team.id == 0)
    for (int slot = 0; slot < bins + 3; slot++) counts[slot] = 0;
  barrier(context.team);
  for (int slot = 0; slot < bins + 2; slot++) {
    int sum = 0;
    for (int table = 0; table < TABLES; table++) sum += tables[table][slot];
    __atomic_fetch_add(counts + slot, sum, __ATOMIC_RELAXED);
  }
  __atomic_fetch_add(counts + bins + 2, zeros, __ATOMIC_RELAXED);
}
