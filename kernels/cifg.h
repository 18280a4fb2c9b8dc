// LSTM with coupled gates, f = 1 - i (gate order i g o):
//   i, o = sigmoid(sums),  g = tanh(sums),  c = (1 - i) c + i g,  h = o tanh(c)
#pragma once
#include "lstm.h"

static void cifgUnits(int rows, int H, Range units, real *gates, const real *cBefore, real *c, real *h) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 3 * H + u;
      uptr state = (uptr)b * H + u;
      vec i = sigmoid(loadPart(at, n)), g = hyperbolicTangent(loadPart(at + H, n)), o = sigmoid(loadPart(at + 2 * H, n));
      vec cell = cBefore ? multiplyAdd(broadcast(1) - i, loadPart(cBefore + state, n), i * g) : i * g;
      storePart(at, i, n), storePart(at + H, g, n), storePart(at + 2 * H, o, n);
      storePart(c + state, cell, n);
      storePart(h + state, o * hyperbolicTangent(cell), n);
    }
}

// As lstmUnitsBackward.
static void cifgUnitsBackward(int rows, int H, Range units, real *gates, const real *cBefore, const real *c, const real *dy, const real *dh, real *dc,
                              real *dhs, real *dcs) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 3 * H + u;
      uptr state = (uptr)b * H + u;
      const vec one = broadcast(1);
      vec i = loadPart(at, n), g = loadPart(at + H, n), o = loadPart(at + 2 * H, n);
      vec squashed = hyperbolicTangent(loadPart(c + state, n)), before = cBefore ? loadPart(cBefore + state, n) : vec{};
      vec dhHere = loadPart(dh + state, n);
      if (dy) dhHere += loadPart(dy + state, n);
      vec dcHere = multiplyAdd(dhHere * o, one - squashed * squashed, loadPart(dc + state, n));
      if (dhs) storePart(dhs + state, dhHere, n), storePart(dcs + state, dcHere, n);
      storePart(at, dcHere * (g - before) * (i * (one - i)), n);
      storePart(at + H, dcHere * i * (one - g * g), n);
      storePart(at + 2 * H, dhHere * squashed * (o * (one - o)), n);
      storePart(dc + state, dcHere * (one - i), n);
    }
}

static void run(const Context &context, const CifgForwardJob &job) { forwardWithCells<3>(context, job, cifgUnits); }
static void run(const Context &context, const CifgBackwardJob &job) { backwardWithCells<3>(context, job, cifgUnitsBackward); }
