// Softmax, and cross-entropy on logits with its gradient p - q in the same pass.
#pragma once
#include "pointwise.h"

// The largest of n values. A NaN may be passed over here: the sum of the exponentials shows it.
INLINE real largestOf(const real *x, int n) {
  const int side = 4;                          // vectors side by side: a comparison need not wait for the one before
  vec tops[side];
  for (int v = 0; v < side; v++) tops[v] = broadcast(x[0]);
  int j = 0;
  for (; j + side * LANES <= n; j += side * LANES)
    for (int v = 0; v < side; v++) {
      vec next = load(x + j + v * LANES);
      tops[v] = select(next > tops[v], next, tops[v]);
    }
  for (int v = 1; v < side; v++) tops[0] = select(tops[v] > tops[0], tops[v], tops[0]);
  real best = tops[0][0];
  for (int lane = 1; lane < LANES; lane++) best = tops[0][lane] > best ? tops[0][lane] : best;
  for (; j < n; j++) best = x[j] > best ? x[j] : best;
  return best;
}

// target = e^(x - max), and their sum; returns max and sum. Working from the largest value, no exponential overflows.
struct Exponentials { real largest, sum; };
static Exponentials exponentials(const real *x, int n, real *target) {
  real top = largestOf(x, n);
  vec sum = {};
  int j = 0;
  for (; j + LANES <= n; j += LANES) {
    vec e = exponential(load(x + j) - broadcast(top));
    sum += e;
    if (target) store(target + j, e);
  }
  if (j < n) {
    vec e = exponential(loadPart(x + j, n - j) - broadcast(top));
    for (int lane = n - j; lane < LANES; lane++) e[lane] = 0;
    sum += e;
    if (target) storePart(target + j, e, n - j);
  }
  return {top, sumLanes(sum)};
}
INLINE real logarithmOf(real x) { return logarithm(broadcast(x))[0]; }

static void run(const Context &context, const SoftmaxJob &job) {
  int n = job.columns;
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *x = context.reals(job.source) + (uptr)i * n;
    real *y = context.reals(job.target) + (uptr)i * n;
    Exponentials e = exponentials(x, n, job.log ? nullptr : y);
    vec scale = broadcast((real)1 / e.sum), shift = broadcast(e.largest), logSum = job.log ? broadcast(logarithmOf(e.sum)) : vec{};
    for (int j = 0; j < n; j += LANES) {
      int part = n - j;
      storePart(y + j, job.log ? loadPart(x + j, part) - shift - logSum : loadPart(y + j, part) * scale, part);
    }
  }
}

// softmax: dx = y (dy - sum(dy y));  log-softmax: dx = dy - e^y sum(dy)
static void run(const Context &context, const SoftmaxBackwardJob &job) {
  int n = job.columns;
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *y = context.reals(job.result) + (uptr)i * n, *dy = context.reals(job.gradient) + (uptr)i * n;
    real *dx = context.reals(job.target) + (uptr)i * n;
    vec total = {};
    for (int j = 0; j < n; j += LANES) total += job.log ? loadPart(dy + j, n - j) : loadPart(dy + j, n - j) * loadPart(y + j, n - j);
    vec sum = broadcast(sumLanes(total));
    for (int j = 0; j < n; j += LANES) {
      vec value = loadPart(y + j, n - j), gradient = loadPart(dy + j, n - j);
      vec slope = job.log ? gradient - exponential(value) * sum : value * (gradient - sum);
      storePart(dx + j, job.accumulate ? loadPart(dx + j, n - j) + slope : slope, n - j);
    }
  }
}

// Per row: loss = w (-sum q log p), gradient = w (p - q), where q is the target smoothed towards uniform.
static void run(const Context &context, const CrossEntropyJob &job) {
  int n = job.columns;
  real smoothing = (real)(double)job.smoothing;
  const int *targets = context.ints(job.targets);
  const real *weights = context.reals(job.rowWeights);
  real *losses = context.reals(job.losses), *gradients = context.reals(job.gradient);
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *x = context.reals(job.logits) + (uptr)i * n;
    const real *probabilities = targets ? nullptr : context.reals(job.targetProbabilities) + (uptr)i * n;
    real *gradient = gradients ? gradients + (uptr)i * n : nullptr;
    real weight = weights ? weights[i] : 1, uniform = smoothing / n;
    if ((targets && targets[i] < 0) || weight == 0) {              // does not count, whatever its logits are
      losses[i] = 0;
      if (gradient) for (int j = 0; j < n; j += LANES) storePart(gradient + j, vec{}, n - j);
      continue;
    }
    Exponentials e = exponentials(x, n, gradient);
    // -sum q log p = sum q (largest - x + log sum e^(x - largest)): large logits lose no digits in their difference
    real logSum = logarithmOf(e.sum), loss = 0;
    if (targets) loss = (1 - smoothing) * (e.largest - x[targets[i]] + logSum);
    if (probabilities || smoothing != 0) {
      vec sum = {};
      for (int j = 0; j < n; j += LANES) {
        vec q = probabilities ? loadPart(probabilities + j, n - j) * broadcast(1 - smoothing) + broadcast(uniform) : broadcast(uniform);
        vec distance = broadcast(e.largest) - loadPart(x + j, n - j) + broadcast(logSum);
        vec term = select(q == vec{}, vec{}, q * distance);     // 0 log 0 = 0, also for a logit of -infinity
        for (int lane = max(0, n - j); lane < LANES; lane++) term[lane] = 0;
        sum += term;
      }
      loss += sumLanes(sum);
    }
    losses[i] = weight * loss;
    if (!gradient) continue;
    vec scale = broadcast((real)1 / e.sum);
    for (int j = 0; j < n; j += LANES) {
      vec q = probabilities ? loadPart(probabilities + j, n - j) * broadcast(1 - smoothing) + broadcast(uniform) : broadcast(uniform);
      storePart(gradient + j, broadcast(weight) * (loadPart(gradient + j, n - j) * scale - q), n - j);
    }
    if (targets) gradient[targets[i]] -= weight * (1 - smoothing);
  }
}

// On logits: loss = max(x, 0) - x y + log(1 + e^-|x|), which is -y log p - (1 - y) log(1 - p) without overflow.
static void run(const Context &context, const BinaryCrossEntropyJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  const real *logits = context.reals(job.logits), *targets = context.reals(job.targets);
  real *losses = context.reals(job.losses), *gradient = context.reals(job.gradient);
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec x = loadPart(logits + i, n), y = loadPart(targets + i, n);
    vec positive = select(x < vec{}, vec{}, x);
    storePart(losses + i, positive - x * y + logarithm(broadcast(1) + exponential(-absolute(x))), n);
    if (gradient) storePart(gradient + i, sigmoid(x) - y, n);
  }
}
