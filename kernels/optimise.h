// Parameter updates in one pass over memory, and the sums that clipping needs.
#pragma once
#include "pointwise.h"

// Adam (Kingma & Ba 2015) and, with decoupled weight decay, AdamW (Loshchilov & Hutter 2019).
static void run(const Context &context, const AdamJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  real *parameter = context.reals(job.parameter), *mean = context.reals(job.mean), *variance = context.reals(job.variance);
  const real *gradient = context.reals(job.gradient);
  const double decay = job.weightDecay, rate = job.learningRate, b1 = job.beta1, b2 = job.beta2;
  vec scale = broadcast((real)(double)job.gradientScale), beta1 = broadcast((real)b1), beta2 = broadcast((real)b2);
  vec rest1 = broadcast((real)(1 - b1)), rest2 = broadcast((real)(1 - b2)), epsilon = broadcast((real)(double)job.epsilon);
  vec step = broadcast((real)(rate / (double)job.correction1)), unbias = broadcast((real)(1 / (double)job.correction2));
  vec inGradient = broadcast(job.decoupled ? 0 : (real)decay), keep = broadcast(job.decoupled ? (real)(1 - rate * decay) : 1);
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec p = loadPart(parameter + i, n), g = multiplyAdd(inGradient, p, loadPart(gradient + i, n) * scale);
    vec m = multiplyAdd(rest1, g, loadPart(mean + i, n) * beta1), v = multiplyAdd(rest2 * g, g, loadPart(variance + i, n) * beta2);
    storePart(mean + i, m, n), storePart(variance + i, v, n);
    storePart(parameter + i, p * keep - step * m / (squareRoot(v * unbias) + epsilon), n);
  }
}

// velocity = momentum velocity + g; parameter -= rate velocity, or rate (g + momentum velocity) for Nesterov (PyTorch's form).
static void run(const Context &context, const SgdJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  real *parameter = context.reals(job.parameter), *velocity = context.reals(job.velocity);
  const real *gradient = context.reals(job.gradient);
  vec scale = broadcast((real)(double)job.gradientScale), rate = broadcast((real)(double)job.learningRate);
  vec momentum = broadcast((real)(double)job.momentum), decay = broadcast((real)(double)job.weightDecay);
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec p = loadPart(parameter + i, n), g = multiplyAdd(decay, p, loadPart(gradient + i, n) * scale);
    if (velocity) {
      vec moved = multiplyAdd(momentum, loadPart(velocity + i, n), g);
      storePart(velocity + i, moved, n);
      g = job.nesterov ? multiplyAdd(momentum, moved, g) : moved;
    }
    storePart(parameter + i, p - rate * g, n);
  }
}

// square = alpha square + (1 - alpha) g²; velocity = momentum velocity + g / (sqrt(square) + epsilon) (Tieleman & Hinton 2012, PyTorch's form).
static void run(const Context &context, const RmspropJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  real *parameter = context.reals(job.parameter), *square = context.reals(job.meanSquare), *velocity = context.reals(job.velocity);
  const real *gradient = context.reals(job.gradient);
  vec scale = broadcast((real)(double)job.gradientScale), rate = broadcast((real)(double)job.learningRate);
  vec alpha = broadcast((real)(double)job.alpha), rest = broadcast((real)(1 - (double)job.alpha)), epsilon = broadcast((real)(double)job.epsilon);
  vec momentum = broadcast((real)(double)job.momentum), decay = broadcast((real)(double)job.weightDecay);
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec p = loadPart(parameter + i, n), g = multiplyAdd(decay, p, loadPart(gradient + i, n) * scale);
    vec mean = multiplyAdd(rest * g, g, loadPart(square + i, n) * alpha), step = g / (squareRoot(mean) + epsilon);
    storePart(square + i, mean, n);
    if (velocity) {
      step = multiplyAdd(momentum, loadPart(velocity + i, n), step);
      storePart(velocity + i, step, n);
    }
    storePart(parameter + i, p - rate * step, n);
  }
}

// squares += g²; parameter -= rate g / (sqrt(squares) + epsilon) (Duchi et al. 2011).
static void run(const Context &context, const AdagradJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  real *parameter = context.reals(job.parameter), *squares = context.reals(job.squares);
  const real *gradient = context.reals(job.gradient);
  vec scale = broadcast((real)(double)job.gradientScale), rate = broadcast((real)(double)job.learningRate);
  vec epsilon = broadcast((real)(double)job.epsilon), decay = broadcast((real)(double)job.weightDecay);
  for (int i = range.begin; i < range.end; i += LANES) {
    int n = range.end - i;
    vec p = loadPart(parameter + i, n), g = multiplyAdd(decay, p, loadPart(gradient + i, n) * scale);
    vec sum = multiplyAdd(g, g, loadPart(squares + i, n));
    storePart(squares + i, sum, n);
    storePart(parameter + i, p - rate * g / (squareRoot(sum) + epsilon), n);
  }
}

// A float64 sum of squares. Blocks of vectors are summed first and then added in double precision, by one thread: the
// order, and so the bits, never depend on the team.
static void run(const Context &context, const SumSquaresJob &job) {
  if (context.team.id) return;
  const real *source = context.reals(job.source);
  const int block = 64 * LANES, count = job.count;
  union { double value; u32 words[2]; } total = {0};
  for (int i = 0; i < count; i += block) {
    vec sum = {};
    for (int j = i; j < min(i + block, count); j += LANES) {
      vec x = loadPart(source + j, count - j);
      sum += x * x;
    }
    double part = 0;
    for (int lane = 0; lane < LANES; lane++) part += sum[lane];
    // Squares leave the range of single precision long before the numbers do.
    if (!(part < __builtin_inf())) {
      part = 0;
      for (int j = i; j < min(i + block, count); j++) part += (double)source[j] * source[j];
    }
    total.value += part;
  }
  u32 *target = (u32 *)context.ints(job.target);
  target[0] = total.words[0], target[1] = total.words[1];
}

static void run(const Context &context, const ClampJob &job) {
  Range range = share(context.team, job.count, POINTWISE_UNIT);
  real *target = context.reals(job.target);
  vec low = broadcast((real)(double)job.low), high = broadcast((real)(double)job.high);
  for (int i = range.begin; i < range.end; i += LANES) {
    vec x = loadPart(target + i, range.end - i);
    x = select(x < low, low, x);
    storePart(target + i, select(x > high, high, x), range.end - i);
  }
}

// Twelve independent chains of multiply-adds: what this machine can do at most, to hold the products against.
static void run(const Context &context, const PeakJob &job) {
  vec sums[12], factor = load(context.reals(job.source)), term = load(context.reals(job.source) + LANES);
#pragma GCC unroll 12
  for (int i = 0; i < 12; i++) sums[i] = load(context.reals(job.source) + i);
  for (u32 k = 0; k < job.rounds; k += 8)      // unrolled: in WebAssembly a loop's own cost would show
#pragma GCC unroll 8
    for (int repeat = 0; repeat < 8; repeat++)
#pragma GCC unroll 12
      for (int i = 0; i < 12; i++) sums[i] = multiplyAdd(sums[i], factor, term);
#pragma GCC unroll 12
  for (int i = 0; i < 12; i++) store(context.reals(job.target) + (context.team.id * 12 + i) * LANES, sums[i]);
}
