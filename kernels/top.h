// The largest elements of each row, for searches over large vocabularies.
#pragma once
#include "softmax.h"

enum { TOP_CHUNKS = 4 * LANES };               // elements looked at together; also the parts of a row whose maxima bound the best

// A number that at least `count` elements of the row reach: the count-th largest of the maxima of TOP_CHUNKS parts.
static real topBound(const real *x, int columns, int count) {
  const real nothing = -__builtin_inff();
  if (count > TOP_CHUNKS || columns < 2 * TOP_CHUNKS) return nothing;
  vec maxima[4] = {load(x), load(x + LANES), load(x + 2 * LANES), load(x + 3 * LANES)};
  for (int j = TOP_CHUNKS; j + TOP_CHUNKS <= columns; j += TOP_CHUNKS)
    for (int v = 0; v < 4; v++) {
      vec next = load(x + j + v * LANES);
      maxima[v] = select(next > maxima[v], next, maxima[v]);
    }
  real sorted[TOP_CHUNKS];
  int found = 0;
  for (int i = 0; i < TOP_CHUNKS; i++) {
    real value = maxima[i / LANES][i % LANES];
    if (value != value) return nothing;
    int place = found++;
    for (; place > 0 && sorted[place - 1] < value; place--) sorted[place] = sorted[place - 1];
    sorted[place] = value;
  }
  return sorted[count - 1];
}

// Whether any of the n <= TOP_CHUNKS elements is not below the bound; a NaN is not.
INLINE bool anyFrom(const real *x, int n, real bound) {
  vecMask from = {};
  for (int j = 0; j < n; j += LANES) {
    vecMask lanes = ~(loadPart(x + j, n - j) < broadcast(bound));
    for (int lane = max(0, n - j); lane < LANES; lane++) lanes[lane] = 0;
    from |= lanes;
  }
  typedef long long pairs __attribute__((vector_size(sizeof(vec)), may_alias));   // half as many lanes to look at
  pairs both = (pairs)from;
  long long any = 0;
  for (int pair = 0; pair < (int)(sizeof(vec) / sizeof(any)); pair++) any |= both[pair];
  return any != 0;
}

// values [rows, count], largest first, and their columns; of equal elements the first. A NaN in a row comes first of all.
// With `log` the values are those of the row's log-softmax, bit for bit, without that being written anywhere.
static void run(const Context &context, const TopRowsJob &job) {
  int count = job.count, columns = job.columns;
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *x = context.reals(job.source) + (uptr)i * columns;
    real *values = context.reals(job.values) + (uptr)i * count, bound = topBound(x, columns, count);
    int *indices = context.ints(job.indices) + (uptr)i * count, found = 0, nan = -1;
    for (int block = 0; block < columns && nan < 0; block += TOP_CHUNKS) {
      int end = min(columns, block + TOP_CHUNKS);
      if (!anyFrom(x + block, end - block, found == count ? values[count - 1] : bound)) continue;
      for (int j = block; j < end; j++) {
        if (x[j] != x[j]) { nan = j; break; }
        if (x[j] < bound || (found == count && x[j] <= values[count - 1])) continue;
        int place = found < count ? found++ : count - 1;
        for (; place > 0 && values[place - 1] < x[j]; place--) values[place] = values[place - 1], indices[place] = indices[place - 1];
        values[place] = x[j];
        indices[place] = j;
      }
    }
    if (nan >= 0) values[0] = x[nan], indices[0] = nan;
    if (!job.log) continue;
    Exponentials e = exponentials(x, columns, nullptr);
    real logSum = logarithmOf(e.sum);
    for (int place = 0; place < count; place++) values[place] = values[place] - e.largest - logSum;
  }
}
