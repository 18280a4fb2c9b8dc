// LSTM over whole packed sequences (PyTorch gate order):
//   i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh),  g = tanh(...),  c = f c + i g,  h = o tanh(c)
// gates [rows, 4H] hold i f g o after forward and the gradients of their sums after backward.
#pragma once
#include "recurrent.h"

// i, f, g, o, c and h of some units of some rows, from the sums in `gates`.
static void lstmUnits(int rows, int H, Range units, real *gates, const real *cBefore, real *c, real *h) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 4 * H + u;
      uptr state = (uptr)b * H + u;
      vec i = sigmoid(loadPart(at, n)), f = sigmoid(loadPart(at + H, n));
      vec g = hyperbolicTangent(loadPart(at + 2 * H, n)), o = sigmoid(loadPart(at + 3 * H, n));
      vec cell = cBefore ? multiplyAdd(f, loadPart(cBefore + state, n), i * g) : i * g;
      storePart(at, i, n), storePart(at + H, f, n), storePart(at + 2 * H, g, n), storePart(at + 3 * H, o, n);
      storePart(c + state, cell, n);
      storePart(h + state, o * hyperbolicTangent(cell), n);
    }
}

// All steps of a cell with c and GATES gates: `computeUnits` does part of a step, as lstmUnits does.
template <int GATES, class Job, class Units> static void forwardWithCells(const Context &context, const Job &job, Units computeUnits) {
  int steps = job.steps, I = job.inputSize, H = job.hiddenSize, keep = job.keep;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *x = context.reals(job.x), *h0 = context.reals(job.h0), *c0 = context.reals(job.c0);
  real *y = context.reals(job.y), *cells = context.reals(job.cells), *gates = context.reals(job.gates), *cn = context.reals(job.cn);
  const real *packedIh = context.reals(job.packedIh), *packedHh = context.reals(job.packedHh), *bias = context.reals(job.packedBias);
  real *scratch = scratchOf(context, job.scratch);
  Columns columns = {GATES, H, H};
  Range panels = share(context.team, panelCount(columns), panelGroup(GATES));

  int chunkEnd = 0, chunkFirst = 0;            // the steps whose W_ih x is in `gates`, and their first row
  forEachStep(batchSizes, steps, [&](Step step) {
    if (step.index == chunkEnd) {
      int rows;
      chunkEnd += chunkSteps(batchSizes, step.index, steps, keep, rows);
      chunkFirst = keep ? 0 : step.first;
      multiply({rows, I, rowsOf(x + (uptr)step.first * I, I), packedIh, columns, gates + (uptr)(step.first - chunkFirst) * GATES * H,
                (uptr)GATES * H, bias, false, scratch}, panels);
    }
    real *stepGates = gates + (uptr)(step.first - chunkFirst) * GATES * H, *h = y + (uptr)step.first * H;
    real *c = keep ? cells + (uptr)step.first * H : cells;
    const real *hBefore = step.index ? y + (uptr)step.previousFirst * H : h0;
    const real *cBefore = step.index ? (keep ? cells + (uptr)step.previousFirst * H : cells) : c0;
    int ending = step.index + 1 < steps ? batchSizes[step.index + 1] : 0;   // rows from here on end at this step
    forEachUnits(columns, panels, step.rows, [&](Range part, Range units) {
      if (hBefore) multiply({step.rows, H, rowsOf(hBefore, H), packedHh, columns, stepGates, (uptr)GATES * H, nullptr, true, scratch}, part);
      computeUnits(step.rows, H, units, stepGates, cBefore, c, h);
      if (cn)
        for (int b = ending; b < step.rows; b++)
          for (int u = units.begin; u < units.end; u += LANES) storePart(cn + (uptr)b * H + u, loadPart(c + (uptr)b * H + u, units.end - u), units.end - u);
    });
    barrier(context.team);
  });
}

static void run(const Context &context, const LstmForwardJob &job) { forwardWithCells<4>(context, job, lstmUnits); }

// Gradients of the four sums, and of c before the step in dc, from those of h (dy + dh) and c (dc). The gradients of
// this step's h and c go to dhs and dcs when those are present, for looking inside.
static void lstmUnitsBackward(int rows, int H, Range units, real *gates, const real *cBefore, const real *c, const real *dy, const real *dh, real *dc,
                              real *dhs, real *dcs) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 4 * H + u;
      uptr state = (uptr)b * H + u;
      const vec one = broadcast(1);
      vec i = loadPart(at, n), f = loadPart(at + H, n), g = loadPart(at + 2 * H, n), o = loadPart(at + 3 * H, n);
      vec squashed = hyperbolicTangent(loadPart(c + state, n));
      vec dhHere = loadPart(dh + state, n);
      if (dy) dhHere += loadPart(dy + state, n);
      vec dcHere = multiplyAdd(dhHere * o, one - squashed * squashed, loadPart(dc + state, n));
      if (dhs) storePart(dhs + state, dhHere, n), storePart(dcs + state, dcHere, n);
      vec before = cBefore ? loadPart(cBefore + state, n) : vec{};
      storePart(at, dcHere * g * (i * (one - i)), n);
      storePart(at + H, dcHere * before * (f * (one - f)), n);
      storePart(at + 2 * H, dcHere * i * (one - g * g), n);
      storePart(at + 3 * H, dhHere * squashed * (o * (one - o)), n);
      storePart(dc + state, dcHere * f, n);
    }
}

// All steps back, last to first: `computeUnits` does part of a step, as lstmUnitsBackward does.
template <int GATES, class Job, class Units> static void backwardWithCells(const Context &context, const Job &job, Units computeUnits) {
  int steps = job.steps, H = job.hiddenSize;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *c0 = context.reals(job.c0), *cells = context.reals(job.cells), *dy = context.reals(job.dy);
  const real *packed = context.reals(job.packedHhBackward);
  real *gates = context.reals(job.gates), *dh = context.reals(job.dh), *dc = context.reals(job.dc), *scratch = scratchOf(context, job.scratch);
  real *dhs = context.reals(job.dhs), *dcs = context.reals(job.dcs);
  Columns columns = {1, H, 0};
  Range panels = share(context.team, panelCount(columns), 1);
  // dh = d(sums) W_hh for the rows of a step; rows that end before it keep the gradient of their final state.
  auto recur = [&](int rows, const real *sums, Range part) {
    multiply({rows, GATES * H, rowsOf(sums, GATES * H), packed, columns, dh, (uptr)H, nullptr, false, scratch}, part);
  };
  forEachStepBack(batchSizes, steps, [&](Step step) {
    int continuing = step.index + 1 < steps ? batchSizes[step.index + 1] : 0;
    real *stepGates = gates + (uptr)step.first * GATES * H;
    forEachUnits(columns, panels, step.rows, [&](Range part, Range units) {
      if (continuing) recur(continuing, stepGates + (uptr)step.rows * GATES * H, part);
      computeUnits(step.rows, H, units, stepGates, step.index ? cells + (uptr)step.previousFirst * H : c0,
                   cells + (uptr)step.first * H, dy ? dy + (uptr)step.first * H : nullptr, dh, dc,
                   dhs ? dhs + (uptr)step.first * H : nullptr, dcs ? dcs + (uptr)step.first * H : nullptr);
    });
    barrier(context.team);
  });
  recur(batchSizes[0], gates, panels);
}

static void run(const Context &context, const LstmBackwardJob &job) { backwardWithCells<4>(context, job, lstmUnitsBackward); }
