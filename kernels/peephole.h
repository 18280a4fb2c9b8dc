// LSTM with peepholes (Gers and Schmidhuber 2000), weights p_i p_f p_o one per unit:
//   i, f = sigmoid(sums + p c_before),  g = tanh(sums),  c = f c_before + i g,  o = sigmoid(sums + p_o c),  h = o tanh(c)
// gates as for the LSTM. The gradients of the weights are sums of products over all rows: see columnProducts.
#pragma once
#include "lstm.h"

struct Peepholes { const real *i, *f, *o; };

static void peepholeUnits(Peepholes weights, int rows, int H, Range units, real *gates, const real *cBefore, real *c, real *h) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 4 * H + u;
      uptr state = (uptr)b * H + u;
      vec before = cBefore ? loadPart(cBefore + state, n) : vec{};
      vec i = sigmoid(multiplyAdd(loadPart(weights.i + u, n), before, loadPart(at, n)));
      vec f = sigmoid(multiplyAdd(loadPart(weights.f + u, n), before, loadPart(at + H, n)));
      vec g = hyperbolicTangent(loadPart(at + 2 * H, n));
      vec cell = multiplyAdd(f, before, i * g);
      vec o = sigmoid(multiplyAdd(loadPart(weights.o + u, n), cell, loadPart(at + 3 * H, n)));
      storePart(at, i, n), storePart(at + H, f, n), storePart(at + 2 * H, g, n), storePart(at + 3 * H, o, n);
      storePart(c + state, cell, n);
      storePart(h + state, o * hyperbolicTangent(cell), n);
    }
}

// As lstmUnitsBackward; the gates that saw a c pass a part of their gradient back to it.
static void peepholeUnitsBackward(Peepholes weights, int rows, int H, Range units, real *gates, const real *cBefore, const real *c, const real *dy, const real *dh,
                                  real *dc, real *dhs, real *dcs) {
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
      vec dO = dhHere * squashed * (o * (one - o));
      vec dcHere = multiplyAdd(dhHere * o, one - squashed * squashed, multiplyAdd(dO, loadPart(weights.o + u, n), loadPart(dc + state, n)));
      if (dhs) storePart(dhs + state, dhHere, n), storePart(dcs + state, dcHere, n);
      vec before = cBefore ? loadPart(cBefore + state, n) : vec{};
      vec dI = dcHere * g * (i * (one - i)), dF = dcHere * before * (f * (one - f));
      storePart(at, dI, n);
      storePart(at + H, dF, n);
      storePart(at + 2 * H, dcHere * i * (one - g * g), n);
      storePart(at + 3 * H, dO, n);
      storePart(dc + state, multiplyAdd(dI, loadPart(weights.i + u, n), multiplyAdd(dF, loadPart(weights.f + u, n), dcHere * f)), n);
    }
}

template <class Job> INLINE Peepholes peepholesOf(const Context &context, const Job &job) {
  return {context.reals(job.peepholeI), context.reals(job.peepholeF), context.reals(job.peepholeO)};
}
static void run(const Context &context, const PeepholeForwardJob &job) {
  Peepholes weights = peepholesOf(context, job);
  forwardWithCells<4>(context, job, [&](auto... part) { peepholeUnits(weights, part...); });
}
static void run(const Context &context, const PeepholeBackwardJob &job) {
  Peepholes weights = peepholesOf(context, job);
  backwardWithCells<4>(context, job, [&](auto... part) { peepholeUnitsBackward(weights, part...); });
}
