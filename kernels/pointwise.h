// Element-wise operations, broadcasting by strides, copies and row reductions.
#pragma once
#include "activations.h"

enum { POINTWISE_UNIT = 4 * LANES };           // threads share arrays in whole runs of vectors

enum UnaryKind { UNARY_tanh, UNARY_sigmoid, UNARY_relu, UNARY_exp, UNARY_log, UNARY_sqrt, UNARY_square, UNARY_negate, UNARY_reciprocal, UNARY_logSigmoid };

INLINE vec squareRoot(vec x) {
  vec y;
  for (int lane = 0; lane < LANES; lane++) {
#if FLOAT32
    y[lane] = __builtin_sqrtf(x[lane]);
#else
    y[lane] = __builtin_sqrt(x[lane]);
#endif
  }
  return y;
}

template <int KIND> INLINE vec unaryValue(vec x) {
  switch (KIND) {
    case UNARY_tanh: return hyperbolicTangent(x);
    case UNARY_sigmoid: return sigmoid(x);
    case UNARY_relu: return select(x < broadcast(0), vec{}, x);
    case UNARY_exp: return exponential(x);
    case UNARY_log: return logarithm(x);
    case UNARY_sqrt: return squareRoot(x);
    case UNARY_square: return x * x;
    case UNARY_negate: return -x;
    case UNARY_logSigmoid: return select(x < broadcast(0), x, vec{}) - logarithm(broadcast(1) + exponential(-absolute(x)));
    default: return broadcast(1) / x;
  }
}
// The derivative, from the argument x and the value y.
template <int KIND> INLINE vec unarySlope(vec x, vec y) {
  const vec one = broadcast(1);
  switch (KIND) {
    case UNARY_tanh: return one - y * y;
    case UNARY_sigmoid: return y * (one - y);
    case UNARY_relu: return select(x > vec{}, one, vec{});
    case UNARY_exp: return y;
    case UNARY_log: return one / x;
    case UNARY_sqrt: return broadcast((real)0.5) / y;
    case UNARY_square: return broadcast(2) * x;
    case UNARY_negate: return -one;
    case UNARY_logSigmoid: return sigmoid(-x);
    default: return -(y * y);
  }
}

template <int KIND> static void unary(Range range, const real *source, real *target) {
  for (int i = range.begin; i < range.end; i += LANES) storePart(target + i, unaryValue<KIND>(loadPart(source + i, range.end - i)), range.end - i);
}
template <int KIND> static void unaryBackward(Range range, const real *source, const real *result, const real *gradient, real *target, bool accumulate) {
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec slope = loadPart(gradient + i, n) * unarySlope<KIND>(loadPart(source + i, n), loadPart(result + i, n));
    storePart(target + i, accumulate ? loadPart(target + i, n) + slope : slope, n);
  }
}
#define FOR_EACH_UNARY(X) X(tanh) X(sigmoid) X(relu) X(exp) X(log) X(sqrt) X(square) X(negate) X(reciprocal) X(logSigmoid)

static void run(const Context &context, const UnaryJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  switch (job.kind) {
#define CASE(name) case UNARY_##name: return unary<UNARY_##name>(range, context.reals(job.source), context.reals(job.target));
    FOR_EACH_UNARY(CASE)
#undef CASE
  }
}
static void run(const Context &context, const UnaryBackwardJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  switch (job.kind) {
#define CASE(name) case UNARY_##name: return unaryBackward<UNARY_##name>(range, context.reals(job.source), context.reals(job.result), context.reals(job.gradient), context.reals(job.target), job.accumulate);
    FOR_EACH_UNARY(CASE)
#undef CASE
  }
}

enum BinaryKind { BINARY_add, BINARY_subtract, BINARY_multiply, BINARY_divide, BINARY_maximum };
template <int KIND> INLINE vec binaryValue(vec a, vec b) {
  switch (KIND) {
    case BINARY_add: return a + b;
    case BINARY_subtract: return a - b;
    case BINARY_multiply: return a * b;
    case BINARY_divide: return a / b;
    default: return select(a >= b, a, select(a == a, b, a));   // a NaN on either side comes through
  }
}
// n elements of a row; a column stride is 0 (broadcast), 1 (dense) or anything (gathered).
INLINE vec loadStrided(const real *p, uptr stride, int j, int n) {
  if (stride == 1) return loadPart(p + j, n);
  if (stride == 0) return broadcast(p[0]);
  vec v = {};
  for (int lane = 0; lane < min(n, LANES); lane++) v[lane] = p[(uptr)(j + lane) * stride];
  return v;
}
template <int KIND> static void binary(const Context &context, const BinaryJob &job) {
  bool dense = job.aColumnStride == 1 && job.bColumnStride == 1 && job.aRowStride == job.columns && job.bRowStride == job.columns;
  int rows = dense ? 1 : job.rows, columns = dense ? job.rows * job.columns : job.columns;
  Range rowRange = rows > 1 ? share(context.team, rows, 1) : Range{0, rows};
  Range columnRange = rows > 1 ? Range{0, columns} : share(context.team, columns, POINTWISE_UNIT);
  for (int i = rowRange.begin; i < rowRange.end; i++) {
    const real *a = context.reals(job.a) + (uptr)i * job.aRowStride, *b = context.reals(job.b) + (uptr)i * job.bRowStride;
    real *target = context.reals(job.target) + (uptr)i * columns;
    for (int j = columnRange.begin; j < columnRange.end; j += LANES) {
      int n = columnRange.end - j;
      vec value = binaryValue<KIND>(loadStrided(a, job.aColumnStride, j, n), loadStrided(b, job.bColumnStride, j, n));
      storePart(target + j, job.accumulate ? loadPart(target + j, n) + value : value, n);
    }
  }
}
static void run(const Context &context, const BinaryJob &job) {
  switch (job.kind) {
    case BINARY_add: return binary<BINARY_add>(context, job);
    case BINARY_subtract: return binary<BINARY_subtract>(context, job);
    case BINARY_multiply: return binary<BINARY_multiply>(context, job);
    case BINARY_divide: return binary<BINARY_divide>(context, job);
    default: return binary<BINARY_maximum>(context, job);
  }
}

static void run(const Context &context, const FillJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  vec value = broadcast((real)job.value);
  for (int i = range.begin; i < range.end; i += LANES) storePart(context.reals(job.target) + i, value, range.end - i);
}

static void run(const Context &context, const ScaleAddJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  const real *source = context.reals(job.source);
  real *target = context.reals(job.target);
  real scale = (real)job.scale, targetScale = (real)job.targetScale;
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec value = targetScale == 0 ? vec{} : loadPart(target + i, n) * broadcast(targetScale);
    if (source) value = targetScale == 0 ? loadPart(source + i, n) * broadcast(scale) : multiplyAdd(loadPart(source + i, n), broadcast(scale), value);
    storePart(target + i, value, n);
  }
}

static void run(const Context &context, const Copy2dJob &job) {
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *source = context.reals(job.source) + (uptr)i * job.sourceRowStride;
    real *target = context.reals(job.target) + (uptr)i * job.targetRowStride;
    if (job.sourceColumnStride == 1 && job.targetColumnStride == 1) {
      for (int j = 0; j < (int)job.columns; j += LANES) {
        int n = job.columns - j;
        storePart(target + j, job.accumulate ? loadPart(target + j, n) + loadPart(source + j, n) : loadPart(source + j, n), n);
      }
      continue;
    }
    for (u32 j = 0; j < job.columns; j++) {
      real value = source[(uptr)j * job.sourceColumnStride], &to = target[(uptr)j * job.targetColumnStride];
      to = job.accumulate ? to + value : value;
    }
  }
}

// The largest of n values and its place; a NaN wins, so that it is seen.
struct Largest { real value; int place; };
static Largest largest(const real *values, int n) {
  Largest best = {values[0], 0};
  for (int j = 1; j < n; j++)
    if (values[j] > best.value || (values[j] != values[j] && best.value == best.value)) best = {values[j], j};
  return best;
}
static real sumRow(const real *values, int n) {
  vec sum = {};
  for (int j = 0; j < n; j += LANES) sum += loadPart(values + j, n - j);
  return sumLanes(sum);
}

enum { REDUCE_SUM = 0, REDUCE_MAX = 1 };
static void run(const Context &context, const RowReduceJob &job) {
  Range rows = share(context.team, job.rows, LANES);
  real *target = context.reals(job.target);
  int *arg = context.ints(job.arg);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *source = context.reals(job.source) + (uptr)i * job.columns;
    if (job.kind == REDUCE_SUM) { target[i] = sumRow(source, job.columns); continue; }
    Largest best = largest(source, job.columns);
    target[i] = best.value;
    if (arg) arg[i] = best.place;
  }
}
