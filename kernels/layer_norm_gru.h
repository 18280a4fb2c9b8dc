// Layer-normalised GRU (Ba, Kiros and Hinton 2016), the LN of r and z over their 2H sums of a row and that of n over its H:
//   r, z = sigmoid(LN(W_ih x) + LN(W_hh h)),  n = tanh(LN(W_in x) + r LN(W_hn h)),  h = (1 - z) n + z h
// After forward `inputs` and `hidden` hold what was normalised, before gain and shift; `inverses` [rows, 4] the factors that
// did it. After backward gates and `hiddenGates` hold the gradients of LN(W_ih x) and LN(W_hh h).
#pragma once
#include "layer_norm_steps.h"

static void run(const Context &context, const LayerNormGruForwardJob &job) {
  int H = job.hiddenSize;
  const real *gainIh = context.reals(job.gainIh), *gainHh = context.reals(job.gainHh), *biasIh = context.reals(job.biasIh), *biasHh = context.reals(job.biasHh);
  real epsilon = (real)(double)job.epsilon;
  forwardByRows<3>(context, job, [&](Step step, int b, uptr at, const real *hBefore) {
    real *input = context.reals(job.inputs) + at * 3 * H, *hidden = context.reals(job.hidden) + at * 3 * H, *gates = context.reals(job.gates) + at * 3 * H;
    real *inverses = context.reals(job.inverses) + at * 4, *h = context.reals(job.y) + (uptr)(step.first + b) * H;
    inverses[0] = normaliseRow(input, input, 2 * H, epsilon), inverses[1] = normaliseRow(input + 2 * H, input + 2 * H, H, epsilon);
    inverses[2] = normaliseRow(hidden, hidden, 2 * H, epsilon), inverses[3] = normaliseRow(hidden + 2 * H, hidden + 2 * H, H, epsilon);
    for (int u = 0; u < H; u += LANES) {
      int n = H - u;
      auto fromInput = [&](int j) { return scaled(input + j, gainIh + j, biasIh ? biasIh + j : nullptr, n); };
      auto fromHidden = [&](int j) { return scaled(hidden + j, gainHh + j, biasHh ? biasHh + j : nullptr, n); };
      vec r = sigmoid(fromInput(u) + fromHidden(u)), z = sigmoid(fromInput(H + u) + fromHidden(H + u));
      vec candidate = hyperbolicTangent(multiplyAdd(r, fromHidden(2 * H + u), fromInput(2 * H + u))), fresh = (broadcast(1) - z) * candidate;
      storePart(gates + u, r, n), storePart(gates + H + u, z, n), storePart(gates + 2 * H + u, candidate, n);
      storePart(h + u, hBefore ? multiplyAdd(z, loadPart(hBefore + u, n), fresh) : fresh, n);
    }
  });
}

static void run(const Context &context, const LayerNormGruBackwardJob &job) {
  int H = job.hiddenSize;
  const real *h0 = context.reals(job.h0), *y = context.reals(job.y), *dy = context.reals(job.dy);
  const real *gainIh = context.reals(job.gainIh), *gainHh = context.reals(job.gainHh), *biasHh = context.reals(job.biasHh);
  real *dhs = context.reals(job.dhs);
  const vec one = broadcast(1);
  backwardByRows<3>(context, job, true, [&](Step step, int b) {
    uptr row = step.first + b, state = row * H, sums = row * 3 * H;
    real *gates = context.reals(job.gates) + sums, *hiddenGates = context.reals(job.hiddenGates) + sums, *dh = context.reals(job.dh) + (uptr)b * H;
    real *inputSums = context.reals(job.inputSums) + sums, *hiddenSums = context.reals(job.hiddenSums) + sums;
    const real *input = context.reals(job.inputs) + sums, *hidden = context.reals(job.hidden) + sums, *inverses = context.reals(job.inverses) + row * 4;
    const real *hFirst = step.index ? y + (uptr)step.previousFirst * H : h0, *hBefore = hFirst ? hFirst + (uptr)b * H : nullptr;
    for (int u = 0; u < H; u += LANES) {
      int n = H - u, j = 2 * H + u;
      vec r = loadPart(gates + u, n), z = loadPart(gates + H + u, n), candidate = loadPart(gates + j, n);
      vec before = hBefore ? loadPart(hBefore + u, n) : vec{}, dhHere = loadPart(dh + u, n);
      if (dy) dhHere += loadPart(dy + state + u, n);
      if (dhs) storePart(dhs + state + u, dhHere, n);
      vec dz = dhHere * (before - candidate) * (z * (one - z)), dn = dhHere * (one - z) * (one - candidate * candidate);
      vec dr = dn * scaled(hidden + j, gainHh + j, biasHh ? biasHh + j : nullptr, n) * (r * (one - r));
      storePart(gates + u, dr, n), storePart(gates + H + u, dz, n), storePart(gates + j, dn, n);
      storePart(hiddenGates + u, dr, n), storePart(hiddenGates + H + u, dz, n), storePart(hiddenGates + j, dn * r, n);
      storePart(dh + u, dhHere * z, n);
    }
    normaliseRowBackward(input, inverses[0], gates, gainIh, 2 * H, inputSums, false);
    normaliseRowBackward(input + 2 * H, inverses[1], gates + 2 * H, gainIh + 2 * H, H, inputSums + 2 * H, false);
    normaliseRowBackward(hidden, inverses[2], hiddenGates, gainHh, 2 * H, hiddenSums, false);
    normaliseRowBackward(hidden + 2 * H, inverses[3], hiddenGates + 2 * H, gainHh + 2 * H, H, hiddenSums + 2 * H, false);
  });
}
