// Elman network over whole packed sequences: h = g(W_ih x + b_ih + W_hh h + b_hh), g = tanh or ReLU.
#pragma once
#include "recurrent.h"

enum { ELMAN_TANH = 0, ELMAN_RELU = 1 };
INLINE vec rectify(vec x) { return select(x < broadcast(0), vec{}, x); }   // a NaN stays

static void run(const Context &context, const ElmanForwardJob &job) {
  int steps = job.steps, I = job.inputSize, H = job.hiddenSize;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *x = context.reals(job.x), *h0 = context.reals(job.h0), *bias = context.reals(job.packedBias);
  const real *packedIh = context.reals(job.packedIh), *packedHh = context.reals(job.packedHh);
  real *y = context.reals(job.y), *scratch = scratchOf(context, job.scratch);
  Columns columns = {1, H, 0};
  Range panels = share(context.team, panelCount(columns), 1);
  int chunkEnd = 0;                            // the steps whose W_ih x is in y
  forEachStep(batchSizes, steps, [&](Step step) {
    if (step.index == chunkEnd) {
      int rows;
      chunkEnd += chunkSteps(batchSizes, step.index, steps, false, rows);
      multiply({rows, I, rowsOf(x + (uptr)step.first * I, I), packedIh, columns, y + (uptr)step.first * H, (uptr)H, bias, false, scratch}, panels);
    }
    real *h = y + (uptr)step.first * H;
    const real *hBefore = step.index ? y + (uptr)step.previousFirst * H : h0;
    forEachUnits(columns, panels, step.rows, [&](Range part, Range units) {
      if (hBefore) multiply({step.rows, H, rowsOf(hBefore, H), packedHh, columns, h, (uptr)H, nullptr, true, scratch}, part);
      for (int b = 0; b < step.rows; b++)
        for (int u = units.begin; u < units.end; u += LANES) {
          real *at = h + (uptr)b * H + u;
          vec sum = loadPart(at, units.end - u);
          storePart(at, job.activation == ELMAN_RELU ? rectify(sum) : hyperbolicTangent(sum), units.end - u);
        }
    });
    barrier(context.team);
  });
}

static void run(const Context &context, const ElmanBackwardJob &job) {
  int steps = job.steps, H = job.hiddenSize;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *y = context.reals(job.y), *dy = context.reals(job.dy), *packed = context.reals(job.packedHhBackward);
  real *gates = context.reals(job.gates), *dh = context.reals(job.dh), *dhs = context.reals(job.dhs), *scratch = scratchOf(context, job.scratch);
  Columns columns = {1, H, 0};
  Range panels = share(context.team, panelCount(columns), 1);
  auto recur = [&](int rows, const real *sums, Range part) {
    multiply({rows, H, rowsOf(sums, H), packed, columns, dh, (uptr)H, nullptr, false, scratch}, part);
  };
  forEachStepBack(batchSizes, steps, [&](Step step) {
    int continuing = step.index + 1 < steps ? batchSizes[step.index + 1] : 0;
    uptr row = step.first;
    forEachUnits(columns, panels, step.rows, [&](Range part, Range units) {
      if (continuing) recur(continuing, gates + (row + step.rows) * H, part);
      for (int b = 0; b < step.rows; b++)
        for (int u = units.begin; u < units.end; u += LANES) {
          int n = units.end - u;
          uptr at = (row + b) * H + u;
          vec h = loadPart(y + at, n), dhHere = loadPart(dh + (uptr)b * H + u, n);
          if (dy) dhHere += loadPart(dy + at, n);
          if (dhs) storePart(dhs + at, dhHere, n);                     // for looking inside
          vec slope = job.activation == ELMAN_RELU ? select(h > broadcast(0), broadcast(1), vec{}) : broadcast(1) - h * h;
          storePart(gates + at, dhHere * slope, n);
        }
    });
    barrier(context.team);
  });
  recur(batchSizes[0], gates, panels);
}
