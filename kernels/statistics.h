// What the lens measures of activations and gradients: norms of rows, and how often values fall where.
#pragma once
#include "vector.h"

// The square root of the sum of squares. Where single precision would lose the squares (a vanishing or exploding gradient is
// what the lens is for) they are taken again in double precision.
INLINE real norm(const real *values, int n) {
  vec sum = {};
  for (int j = 0; j < n; j += LANES) {
    vec x = loadPart(values + j, n - j);
    sum += x * x;
  }
  double squares = sumLanes(sum);
  if (!(squares > 1e-25 && squares < __builtin_inf())) {
    squares = 0;
    for (int j = 0; j < n; j++) squares += (double)values[j] * values[j];
  }
  return (real)__builtin_sqrt(squares);
}

static void run(const Context &context, const RowNormsJob &job) {
  Range rows = share(context.team, job.rows, LANES);
  for (int i = rows.begin; i < rows.end; i++)
    context.reals(job.target)[i] = norm(context.reals(job.source) + (uptr)i * job.columns, job.columns);
}

// counts [bins + 3]: values below `low`, in each bin of equal width from `low` to `high` inclusive, above `high`; last, exact zeros.
// A NaN counts nowhere.
static void run(const Context &context, const HistogramJob &job) {
  if (context.team.id) return;
  int *counts = context.ints(job.counts);
  const int bins = job.bins;
  const real low = (real)job.low, high = (real)job.high, scale = (real)(bins / (job.high - job.low));
  for (int bin = 0; bin < bins + 3; bin++) counts[bin] = 0;
  for (u32 i = 0; i < job.rows; i++) {
    const real *values = context.reals(job.source) + (uptr)i * job.rowStride;
    for (u32 j = 0; j < job.columns; j++) {
      real x = values[j];
      if (x >= low && x <= high) counts[1 + min((int)((x - low) * scale), bins - 1)]++;
      else if (x < low) counts[0]++;
      else if (x > high) counts[bins + 1]++;
      if (x == 0) counts[bins + 2]++;
    }
  }
}
