// Over the steps of each sequence of a packed batch: softmax, weighted sum and maximum (pooling and attention).
// Results have a row per sequence, in the batch's sorted order.
#pragma once
#include "gather.h"
#include "softmax.h"

// Calls visit(row) for every packed row of sequence b, first step to last.
template <class Visit> INLINE void forEachRow(const int *batchSizes, int steps, int b, Visit visit) {
  int first = 0;
  for (int t = 0; t < steps && batchSizes[t] > b; first += batchSizes[t++]) visit((uptr)(first + b));
}
// Calls visit(row, b, isFirstStep) for every packed row of the sequences in `range`, step by step.
template <class Visit> INLINE void forEachPackedRow(const int *batchSizes, int steps, Range range, Visit visit) {
  int first = 0;
  for (int t = 0; t < steps; first += batchSizes[t++])
    for (int b = range.begin; b < min(range.end, batchSizes[t]); b++) visit((uptr)(first + b), b, t == 0);
}
INLINE real exponentialOf(real x) { return exponential(broadcast(x))[0]; }

static void run(const Context &context, const SegmentSoftmaxJob &job) {
  const int *batchSizes = context.ints(job.batchSizes);
  const real *source = context.reals(job.source);
  real *target = context.reals(job.target);
  Range batch = share(context.team, batchSizes[0], 1);
  for (int b = batch.begin; b < batch.end; b++) {
    real top = source[b], sum = 0;
    forEachRow(batchSizes, job.steps, b, [&](uptr row) { if (source[row] > top || source[row] != source[row]) top = source[row]; });
    forEachRow(batchSizes, job.steps, b, [&](uptr row) { sum += target[row] = exponentialOf(source[row] - top); });
    forEachRow(batchSizes, job.steps, b, [&](uptr row) { target[row] /= sum; });
  }
}

static void run(const Context &context, const SegmentSoftmaxBackwardJob &job) {
  const int *batchSizes = context.ints(job.batchSizes);
  const real *y = context.reals(job.result), *dy = context.reals(job.gradient);
  real *dx = context.reals(job.target);
  Range batch = share(context.team, batchSizes[0], 1);
  for (int b = batch.begin; b < batch.end; b++) {
    real sum = 0;
    forEachRow(batchSizes, job.steps, b, [&](uptr row) { sum += y[row] * dy[row]; });
    forEachRow(batchSizes, job.steps, b, [&](uptr row) {
      real slope = y[row] * (dy[row] - sum);
      dx[row] = job.accumulate ? dx[row] + slope : slope;
    });
  }
}

static void run(const Context &context, const SegmentSumJob &job) {
  const int *batchSizes = context.ints(job.batchSizes);
  const real *weights = context.reals(job.weights), *source = context.reals(job.source);
  real *target = context.reals(job.target);
  uptr columns = job.columns;
  forEachPackedRow(batchSizes, job.steps, share(context.team, batchSizes[0], 1), [&](uptr row, int b, bool isFirst) {
    if (isFirst) fillRow(target + b * columns, {0, (int)columns});
    addRow(target + b * columns, source + row * columns, broadcast(weights ? weights[row] : 1), {0, (int)columns});
  });
}

static void run(const Context &context, const SegmentSumBackwardJob &job) {
  const int *batchSizes = context.ints(job.batchSizes);
  const real *weights = context.reals(job.weights), *source = context.reals(job.source), *gradient = context.reals(job.gradient);
  real *sourceGradient = context.reals(job.sourceGradient), *weightGradient = context.reals(job.weightGradient);
  uptr columns = job.columns;
  forEachPackedRow(batchSizes, job.steps, share(context.team, batchSizes[0], 1), [&](uptr row, int b, bool) {
    const real *g = gradient + b * columns;
    if (sourceGradient) {
      if (!job.sourceAccumulate) fillRow(sourceGradient + row * columns, {0, (int)columns});
      addRow(sourceGradient + row * columns, g, broadcast(weights ? weights[row] : 1), {0, (int)columns});
    }
    if (weightGradient) {
      vec sum = {};
      for (int j = 0; j < (int)columns; j += LANES) sum += loadPart(g + j, columns - j) * loadPart(source + row * columns + j, columns - j);
      weightGradient[row] = sumLanes(sum) + (job.weightAccumulate ? weightGradient[row] : 0);
    }
  });
}

static void run(const Context &context, const SegmentMaxJob &job) {
  const int *batchSizes = context.ints(job.batchSizes);
  const real *source = context.reals(job.source);
  real *target = context.reals(job.target);
  int *arg = context.ints(job.arg);
  uptr columns = job.columns;
  forEachPackedRow(batchSizes, job.steps, share(context.team, batchSizes[0], 1), [&](uptr row, int b, bool isFirst) {
    for (uptr j = 0; j < columns; j++) {
      real value = source[row * columns + j], &best = target[b * columns + j];
      if (isFirst || value > best || (value != value && best == best)) best = value, arg[b * columns + j] = (int)row;
    }
  });
}

// target [packed rows, columns] += gradient [rows, columns] at the rows that were the maxima.
static void run(const Context &context, const SegmentMaxBackwardJob &job) {
  const int *arg = context.ints(job.arg);
  const real *gradient = context.reals(job.gradient);
  real *target = context.reals(job.target);
  Range rows = share(context.team, job.rows, 1);
  for (int b = rows.begin; b < rows.end; b++)
    for (u32 j = 0; j < job.columns; j++) target[(uptr)arg[(uptr)b * job.columns + j] * job.columns + j] += gradient[(uptr)b * job.columns + j];
}
