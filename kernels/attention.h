// Attention of queries over the steps of packed source sequences. For query u, whose source is sequence b = sources[u]:
//
//   s_j = q . k_j  (dot)  or  v . tanh(q + k_j)  (additive)     for every step j of b
//   w   = softmax(s),  context = sum_j w_j values_j
//
// With coverage (additive only) the score is v . tanh(q + k_j + c_j r): c_j says how much attention step j has had before, r is
// `coverageVector`, and `covered` becomes c + w. Rows of c and of c + w have `span` places, as many as the longest source has steps.
//
// The weights of all queries lie one after the other without padding; those of u begin at offsets[u]. A query is computed from
// its own row and its source only, so that one query at a time gives the same bits as all of them.
#pragma once
#include "segments.h"

enum AttentionKind { ATTENTION_DOT, ATTENTION_ADDITIVE };

INLINE real dotRow(const real *a, const real *b, int n) {
  vec sum = {};
  for (int j = 0; j < n; j += LANES) sum = multiplyAdd(loadPart(a + j, n - j), loadPart(b + j, n - j), sum);
  return sumLanes(sum);
}
INLINE real additiveScore(const real *q, const real *k, const real *v, int n) {
  vec sum = {};
  for (int j = 0; j < n; j += LANES) {
    int part = n - j;
    sum = multiplyAdd(loadPart(v + j, part), hyperbolicTangent(loadPart(q + j, part) + loadPart(k + j, part)), sum);
  }
  return sumLanes(sum);
}
INLINE real coveredScore(const real *q, const real *k, const real *v, const real *r, real c, int n) {
  vec sum = {};
  for (int j = 0; j < n; j += LANES) {
    int part = n - j;
    vec inner = multiplyAdd(broadcast(c), loadPart(r + j, part), loadPart(q + j, part) + loadPart(k + j, part));
    sum = multiplyAdd(loadPart(v + j, part), hyperbolicTangent(inner), sum);
  }
  return sumLanes(sum);
}

static void run(const Context &context, const AttentionForwardJob &job) {
  const int *sources = context.ints(job.sources), *lengths = context.ints(job.lengths);
  const int *firstRows = context.ints(job.firstRows), *offsets = context.ints(job.offsets);
  int size = job.size, valueSize = job.valueSize;
  Range queries = share(context.team, job.queries, 1);
  for (int u = queries.begin; u < queries.end; u++) {
    int b = sources[u], steps = lengths[b];
    const real *q = context.reals(job.query) + (uptr)u * size;
    real *w = context.reals(job.weights) + offsets[u], *sum = context.reals(job.context) + (uptr)u * valueSize;
    const real *v = context.reals(job.vector), *c = job.coverage ? context.reals(job.coverage) + (uptr)u * job.span : nullptr;
    for (int j = 0; j < steps; j++) {
      const real *k = context.reals(job.keys) + (uptr)(firstRows[j] + b) * size;
      if (job.kind == ATTENTION_DOT) w[j] = dotRow(q, k, size);
      else w[j] = c ? coveredScore(q, k, v, context.reals(job.coverageVector), c[j], size) : additiveScore(q, k, v, size);
    }
    Exponentials e = exponentials(w, steps, w);
    fillRow(sum, {0, valueSize});
    for (int j = 0; j < steps; j++) {
      w[j] /= e.sum;
      addRow(sum, context.reals(job.values) + (uptr)(firstRows[j] + b) * valueSize, broadcast(w[j]), {0, valueSize});
    }
    if (!c) continue;
    real *covered = context.reals(job.covered) + (uptr)u * job.span;
    for (int j = 0; j < (int)job.span; j++) covered[j] = j < steps ? c[j] + w[j] : 0;
  }
}

// The gradients of one query with respect to its scores, into `slopes`: w_j (dw_j - sum_i w_i dw_i), where dw_j is the
// gradient of the weight itself, of what is covered, and of the context, dc . values_j.
static void scoreSlopes(const Context &context, const AttentionBackwardJob &job, int u, int b, int steps, real *slopes) {
  const int *firstRows = context.ints(job.firstRows);
  int valueSize = job.valueSize, offset = context.ints(job.offsets)[u];
  const real *w = context.reals(job.weights) + offset, *dw = context.reals(job.weightGradient);
  const real *dc = context.reals(job.contextGradient), *dCovered = context.reals(job.coveredGradient);
  real *dValues = context.reals(job.valueGradient);
  real mean = 0;
  for (int j = 0; j < steps; j++) {
    uptr row = (uptr)(firstRows[j] + b) * valueSize;
    slopes[j] = dw ? dw[offset + j] : 0;
    if (dCovered) slopes[j] += dCovered[(uptr)u * job.span + j];
    if (dc) slopes[j] += dotRow(dc + (uptr)u * valueSize, context.reals(job.values) + row, valueSize);
    if (dc && dValues) addRow(dValues + row, dc + (uptr)u * valueSize, broadcast(w[j]), {0, valueSize});
    mean += w[j] * slopes[j];
  }
  for (int j = 0; j < steps; j++) slopes[j] = w[j] * (slopes[j] - mean);
}

// Additive: with t = tanh(q + k_j), dq and dk_j get slope v (1 - t^2); `dv` [size] becomes this query's sum of slope t.
static void additiveSlopes(const real *q, const real *k, const real *v, real slope, int size, real *dq, real *dk, real *dv) {
  for (int i = 0; i < size; i += LANES) {
    int n = size - i;
    vec t = hyperbolicTangent(loadPart(q + i, n) + loadPart(k + i, n)), s = broadcast(slope);
    vec inner = s * loadPart(v + i, n) * (broadcast(1) - t * t);
    if (dq) storePart(dq + i, loadPart(dq + i, n) + inner, n);
    if (dk) storePart(dk + i, loadPart(dk + i, n) + inner, n);
    if (dv) storePart(dv + i, multiplyAdd(s, t, loadPart(dv + i, n)), n);
  }
}

// As additiveSlopes, with coverage: t = tanh(q + k_j + c_j r). Gives dc_j; `dr` [size] gets this query's sum of slope v (1 - t^2) c_j.
static real coveredSlopes(const real *q, const real *k, const real *v, const real *r, real c, real slope, int size, real *dq, real *dk, real *dv, real *dr) {
  vec sum = {};
  for (int i = 0; i < size; i += LANES) {
    int n = size - i;
    vec t = hyperbolicTangent(multiplyAdd(broadcast(c), loadPart(r + i, n), loadPart(q + i, n) + loadPart(k + i, n)));
    vec s = broadcast(slope), inner = s * loadPart(v + i, n) * (broadcast(1) - t * t);
    sum = multiplyAdd(inner, loadPart(r + i, n), sum);
    if (dq) storePart(dq + i, loadPart(dq + i, n) + inner, n);
    if (dk) storePart(dk + i, loadPart(dk + i, n) + inner, n);
    if (dv) storePart(dv + i, multiplyAdd(s, t, loadPart(dv + i, n)), n);
    if (dr) storePart(dr + i, multiplyAdd(inner, broadcast(c), loadPart(dr + i, n)), n);
  }
  return sumLanes(sum);
}

// Adds to the gradients of queries, keys, values and coverage. Every source sequence belongs to one thread, with all its queries
// (those of b are groupQueries[groups[b]] and on), the last one first, as all sums over rows go.
static void run(const Context &context, const AttentionBackwardJob &job) {
  const int *groups = context.ints(job.groups), *groupQueries = context.ints(job.groupQueries);
  const int *lengths = context.ints(job.lengths), *firstRows = context.ints(job.firstRows);
  int size = job.size;
  real *dQuery = context.reals(job.queryGradient), *dKeys = context.reals(job.keyGradient), *dVector = context.reals(job.vectorGradients);
  real *dCoverage = context.reals(job.coverageGradient), *dCoverageVector = context.reals(job.coverageVectorGradients);
  const real *dCovered = context.reals(job.coveredGradient);
  for (int b = context.team.id; b < (int)job.batch; b += context.team.size)  // the long sequences are the first: deal them out
    for (int g = groups[b + 1] - 1; g >= groups[b]; g--) {
      int u = groupQueries[g], steps = lengths[b];
      real *slopes = context.reals(job.scoreGradient) + context.ints(job.offsets)[u];
      scoreSlopes(context, job, u, b, steps, slopes);
      const real *q = context.reals(job.query) + (uptr)u * size;
      real *dq = dQuery ? dQuery + (uptr)u * size : nullptr, *dv = dVector ? dVector + (uptr)u * size : nullptr;
      if (dv) fillRow(dv, {0, size});
      real *dr = dCoverageVector ? dCoverageVector + (uptr)u * size : nullptr;
      if (dr) fillRow(dr, {0, size});
      for (int j = steps - 1; j >= 0; j--) {
        uptr row = (uptr)(firstRows[j] + b) * size;
        const real *k = context.reals(job.keys) + row;
        real *dk = dKeys ? dKeys + row : nullptr;
        if (job.coverage) {
          uptr place = (uptr)u * job.span + j;
          real dc = coveredSlopes(q, k, context.reals(job.vector), context.reals(job.coverageVector), context.reals(job.coverage)[place], slopes[j], size, dq, dk, dv, dr);
          if (dCoverage) dCoverage[place] += dc + (dCovered ? dCovered[place] : 0);
          continue;
        }
        if (job.kind == ATTENTION_ADDITIVE) { additiveSlopes(q, k, context.reals(job.vector), slopes[j], size, dq, dk, dv); continue; }
        if (dq) addRow(dq, k, broadcast(slopes[j]), {0, size});
        if (dk) addRow(dk, q, broadcast(slopes[j]), {0, size});
      }
    }
}
