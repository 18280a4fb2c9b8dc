// Layer-normalised LSTM (Ba, Kiros and Hinton 2016), each LN over all 4H sums of a row:
//   i, f, g, o = LN(W_ih x) + LN(W_hh h),  c = sigmoid(f) c + sigmoid(i) tanh(g),  h = sigmoid(o) tanh(LN(c))
// After forward `inputs`, `hidden` and `normalCells` hold what was normalised, before gain and shift; `inverses` [rows, 3]
// the factors that did it. After backward gates hold the gradients of the sums, `cellSums` those of LN(c).
#pragma once
#include "layer_norm_steps.h"

static void run(const Context &context, const LayerNormLstmForwardJob &job) {
  int H = job.hiddenSize, steps = job.steps;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *c0 = context.reals(job.c0), *gainIh = context.reals(job.gainIh), *gainHh = context.reals(job.gainHh), *gainC = context.reals(job.gainC);
  const real *biasIh = context.reals(job.biasIh), *biasHh = context.reals(job.biasHh), *biasC = context.reals(job.biasC);
  real epsilon = (real)(double)job.epsilon, *cells = context.reals(job.cells), *cn = context.reals(job.cn);
  forwardByRows<4>(context, job, [&](Step step, int b, uptr at, const real *) {
    real *input = context.reals(job.inputs) + at * 4 * H, *hidden = context.reals(job.hidden) + at * 4 * H, *gates = context.reals(job.gates) + at * 4 * H;
    real *normalC = context.reals(job.normalCells) + at * H, *inverses = context.reals(job.inverses) + at * 3;
    real *c = cells + (uptr)(job.keep ? step.first + b : b) * H, *h = context.reals(job.y) + (uptr)(step.first + b) * H;
    const real *cFirst = step.index ? (job.keep ? cells + (uptr)step.previousFirst * H : cells) : c0, *cBefore = cFirst ? cFirst + (uptr)b * H : nullptr;
    inverses[0] = normaliseRow(input, input, 4 * H, epsilon), inverses[1] = normaliseRow(hidden, hidden, 4 * H, epsilon);
    for (int u = 0; u < H; u += LANES) {
      int n = H - u;
      auto sum = [&](int j) { return scaled(input + j, gainIh + j, biasIh ? biasIh + j : nullptr, n) + scaled(hidden + j, gainHh + j, biasHh ? biasHh + j : nullptr, n); };
      vec i = sigmoid(sum(u)), f = sigmoid(sum(H + u)), g = hyperbolicTangent(sum(2 * H + u)), o = sigmoid(sum(3 * H + u));
      vec cell = cBefore ? multiplyAdd(f, loadPart(cBefore + u, n), i * g) : i * g;
      storePart(gates + u, i, n), storePart(gates + H + u, f, n), storePart(gates + 2 * H + u, g, n), storePart(gates + 3 * H + u, o, n);
      storePart(c + u, cell, n);
    }
    inverses[2] = normaliseRow(c, normalC, H, epsilon);
    bool ends = step.index + 1 == steps || b >= batchSizes[step.index + 1];
    for (int u = 0; u < H; u += LANES) {
      int n = H - u;
      storePart(h + u, loadPart(gates + 3 * H + u, n) * hyperbolicTangent(scaled(normalC + u, gainC + u, biasC ? biasC + u : nullptr, n)), n);
      if (cn && ends) storePart(cn + (uptr)b * H + u, loadPart(c + u, n), n);
    }
  });
}

static void run(const Context &context, const LayerNormLstmBackwardJob &job) {
  int H = job.hiddenSize;
  const real *c0 = context.reals(job.c0), *cells = context.reals(job.cells), *dy = context.reals(job.dy);
  const real *gainC = context.reals(job.gainC), *biasC = context.reals(job.biasC);
  real *dhs = context.reals(job.dhs), *dcs = context.reals(job.dcs);
  const vec one = broadcast(1);
  backwardByRows<4>(context, job, false, [&](Step step, int b) {
    uptr row = step.first + b, state = row * H, sums = row * 4 * H;
    real *gates = context.reals(job.gates) + sums, *dNormal = context.reals(job.cellSums) + state, *dh = context.reals(job.dh) + (uptr)b * H, *dc = context.reals(job.dc) + (uptr)b * H;
    const real *normalC = context.reals(job.normalCells) + state, *inverses = context.reals(job.inverses) + row * 3;
    const real *cFirst = step.index ? cells + (uptr)step.previousFirst * H : c0, *cBefore = cFirst ? cFirst + (uptr)b * H : nullptr;
    for (int u = 0; u < H; u += LANES) {       // the output gate and LN(c)
      int n = H - u;
      vec o = loadPart(gates + 3 * H + u, n), squashed = hyperbolicTangent(scaled(normalC + u, gainC + u, biasC ? biasC + u : nullptr, n));
      vec dhHere = loadPart(dh + u, n);
      if (dy) dhHere += loadPart(dy + state + u, n);
      if (dhs) storePart(dhs + state + u, dhHere, n);
      storePart(gates + 3 * H + u, dhHere * squashed * (o * (one - o)), n);
      storePart(dNormal + u, dhHere * o * (one - squashed * squashed), n);
    }
    normaliseRowBackward(normalC, inverses[2], dNormal, gainC, H, dc, true);
    for (int u = 0; u < H; u += LANES) {       // c and the other gates
      int n = H - u;
      vec i = loadPart(gates + u, n), f = loadPart(gates + H + u, n), g = loadPart(gates + 2 * H + u, n), dcHere = loadPart(dc + u, n);
      if (dcs) storePart(dcs + state + u, dcHere, n);
      storePart(gates + u, dcHere * g * (i * (one - i)), n);
      storePart(gates + H + u, cBefore ? dcHere * loadPart(cBefore + u, n) * (f * (one - f)) : vec{}, n);
      storePart(gates + 2 * H + u, dcHere * i * (one - g * g), n);
      storePart(dc + u, dcHere * f, n);
    }
    normaliseRowBackward(context.reals(job.inputs) + sums, inverses[0], gates, context.reals(job.gainIh), 4 * H, context.reals(job.inputSums) + sums, false);
    normaliseRowBackward(context.reals(job.hidden) + sums, inverses[1], gates, context.reals(job.gainHh), 4 * H, context.reals(job.hiddenSums) + sums, false);
  });
}
