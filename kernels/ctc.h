// Connectionist temporal classification (Graves et al. 2006) over packed batches, in log space.
//
// A target of L labels becomes S = 2 L + 1 states: a blank, the first label, a blank, ... , a blank. With e_t[s] the log probability of
// the symbol of state s at step t,
//
//   alpha_t[s] = e_t[s] + log(exp alpha_{t-1}[s] + exp alpha_{t-1}[s-1] + exp alpha_{t-1}[s-2])
//   beta_t[s]  = log(exp g_{t+1}[s] + exp g_{t+1}[s+1] + exp g_{t+1}[s+2]),  g_t = beta_t + e_t
//   loss       = -log(exp alpha_T[S-1] + exp alpha_T[S-2])
//
// where the last term of a sum counts only if it passes over a blank between two different labels. The gradient with respect to a
// logit is softmax - (the probability of the states of its symbol, given the target).
//
// Each sequence belongs to one thread and has a work area of its own; its rows have -infinity on both sides of the states, which adds
// nothing to a sum of exponentials.
#pragma once
#include "crf.h"

// A sequence's work area: rows of `width` reals whose states begin LANES reals in, and the log of the sum of each step's exponentials.
// src/losses/ctc.ts takes as much memory as this needs.
struct CtcArea {
  const int *labels;
  int states, steps, blank;
  uptr width;
  real *skips, *emissions, *ahead, *betas, *logSums, *alphas;
  CtcArea(const int *labels, int count, int steps, int blank, real *work)
      : labels(labels), states(2 * count + 1), steps(steps), blank(blank), width((uptr)roundUp(states, LANES) + 2 * LANES) {
    skips = work + LANES, emissions = skips + width, ahead = emissions + width, betas = ahead + width;
    logSums = betas - LANES + width, alphas = logSums + roundUp(steps, LANES) + LANES;
  }
  int symbol(int s) const { return s % 2 ? labels[s / 2] : blank; }
  real *alpha(int t) const { return alphas + t * width; }
};

static void fillNothing(const CtcArea &area, real *row) {
  for (uptr s = 0; s < area.width; s += LANES) store(row - LANES + s, broadcast(CRF_NOTHING));
}

// Not inlined: three exponentials and a logarithm are much code, and the call costs little beside them.
__attribute__((noinline)) static vec logSumOfThree(vec a, vec b, vec c) {
  vec top = maximum(maximum(a, b), c), shift = finiteShift(top);
  vec sum = exponential(a - shift) + exponential(b - shift) + exponential(c - shift);
  return select(top == broadcast(CRF_NOTHING), a + b + c, logarithm(sum) + shift);   // a NaN among nothings stays
}

// The log probabilities of the states' symbols at a step.
static void ctcEmissions(const CtcArea &area, const real *logits, real logSum) {
  for (int s = 0; s < area.states; s++) area.emissions[s] = logits[area.symbol(s)] - logSum;
}

static real ctcAlphas(const CtcArea &area, const real *logits, int classes, const int *batchSizes, int b) {
  int t = 0;
  forEachRow(batchSizes, area.steps, b, [&](uptr row) {
    const real *x = logits + row * classes;
    Exponentials e = exponentials(x, classes, nullptr);
    area.logSums[t] = e.largest + logarithmOf(e.sum);
    ctcEmissions(area, x, area.logSums[t]);
    real *alpha = area.alpha(t);
    fillNothing(area, alpha);
    if (t == 0) {
      for (int s = 0; s < min(2, area.states); s++) alpha[s] = area.emissions[s];
    } else {
      const real *before = area.alpha(t - 1);
      for (int s = 0; s < area.states; s += LANES)
        store(alpha + s, load(area.emissions + s) + logSumOfThree(load(before + s), load(before + s - 1), load(before + s - 2) + load(area.skips + s)));
    }
    t++;
  });
  const real *last = area.alpha(t - 1);
  return -logSumOfThree(broadcast(last[area.states - 1]), broadcast(last[area.states - 2]), broadcast(CRF_NOTHING))[0];
}

// The gradient of the loss with respect to the logits, from the last step to the first.
static void ctcGradients(const CtcArea &area, const real *logits, int classes, const int *batchSizes, int b, real loss, real *gradient) {
  int first = 0;
  for (int t = 0; t < area.steps; t++) first += batchSizes[t];
  for (int t = area.steps - 1; t >= 0; t--) {
    first -= batchSizes[t];
    uptr row = (uptr)(first + b) * classes;
    const real *x = logits + row, *alpha = area.alpha(t);
    real *slopes = gradient + row;
    if (t == area.steps - 1) {
      fillNothing(area, area.betas);
      for (int s = max(0, area.states - 2); s < area.states; s++) area.betas[s] = 0;
    } else {                                   // `emissions` are those of the step after
      for (int s = 0; s < area.states; s += LANES) store(area.ahead + s, load(area.betas + s) + load(area.emissions + s));
      for (int s = 0; s < area.states; s += LANES)
        store(area.betas + s, logSumOfThree(load(area.ahead + s), load(area.ahead + s + 1), load(area.ahead + s + 2) + load(area.skips + s + 2)));
    }
    ctcEmissions(area, x, area.logSums[t]);
    for (int k = 0; k < classes; k += LANES) storePart(slopes + k, flushedExponential(loadPart(x + k, classes - k) - broadcast(area.logSums[t])), classes - k);
    for (int s = 0; s < area.states; s += LANES) {
      vec share = flushedExponential(load(alpha + s) + load(area.betas + s) + broadcast(loss));
      for (int lane = 0; lane < min(LANES, area.states - s); lane++) slopes[area.symbol(s + lane)] -= share[lane];
    }
  }
}

// losses[b] and, where asked for, the gradient of each with respect to its logits. A sequence whose area is 0 does not count.
static void run(const Context &context, const CtcJob &job) {
  const int *batchSizes = context.ints(job.batchSizes), *labels = context.ints(job.labels), *offsets = context.ints(job.offsets);
  const int *areas = context.ints(job.areas);
  const real *logits = context.reals(job.logits);
  real *losses = context.reals(job.losses), *gradient = context.reals(job.gradient);
  int classes = job.classes, steps = job.steps;
  Range batch = share(context.team, batchSizes[0], 1);
  for (int b = batch.begin; b < batch.end; b++) {
    if (areas[b] == 0) {
      losses[b] = 0;
      if (gradient) forEachRow(batchSizes, steps, b, [&](uptr row) { fillRow(gradient + row * classes, {0, classes}); });
      continue;
    }
    int length = 0;
    while (length < steps && batchSizes[length] > b) length++;
    CtcArea area(labels + offsets[b], offsets[b + 1] - offsets[b], length, job.blank, context.reals(areas[b]));
    fillNothing(area, area.skips), fillNothing(area, area.emissions), fillNothing(area, area.ahead);
    for (int s = 3; s < area.states; s += 2)
      if (area.symbol(s) != area.symbol(s - 2)) area.skips[s] = 0;
    losses[b] = ctcAlphas(area, logits, classes, batchSizes, b);
    bool impossible = losses[b] == -CRF_NOTHING;   // some label has no probability where it is needed
    if (impossible && job.skip) losses[b] = 0;
    if (gradient && impossible) forEachRow(batchSizes, steps, b, [&](uptr row) { fillRow(gradient + row * classes, {0, classes}); });
    else if (gradient) ctcGradients(area, logits, classes, batchSizes, b, losses[b], gradient);
  }
}
