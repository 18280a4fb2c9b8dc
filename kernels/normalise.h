// Layer normalisation: y = (x - mean) / sqrt(variance + epsilon) * weight + bias, per row; and dropout.
#pragma once
#include "pointwise.h"

// The mean of n numbers and 1 / sqrt(variance + epsilon).
struct Moments { real mean, inverse; };
static Moments momentsOf(const real *x, int n, real epsilon) {
  real mean = sumRow(x, n) / n;
  vec squares = {};
  for (int j = 0; j < n; j += LANES) {
    vec centred = loadPart(x + j, n - j) - broadcast(mean);
    for (int lane = max(0, n - j); lane < LANES; lane++) centred[lane] = 0;
    squares += centred * centred;
  }
  return {mean, 1 / squareRoot(broadcast(sumLanes(squares) / n + epsilon))[0]};
}

// Brings n numbers to mean 0 and variance 1 (`normal` may be `x`) and returns the factor that did it.
static real normaliseRow(const real *x, real *normal, int n, real epsilon) {
  Moments moments = momentsOf(x, n, epsilon);
  for (int j = 0; j < n; j += LANES) storePart(normal + j, (loadPart(x + j, n - j) - broadcast(moments.mean)) * broadcast(moments.inverse), n - j);
  return moments.inverse;
}

// Gradients of the numbers from those of normal * gain, `dy`: dx (+)= (g - mean(g) - normal mean(g normal)) * inverse, g = dy gain.
static void normaliseRowBackward(const real *normal, real inverse, const real *dy, const real *gain, int n, real *dx, bool accumulate) {
  vec sum = {}, product = {};
  for (int j = 0; j < n; j += LANES) {
    vec g = loadPart(dy + j, n - j) * loadPart(gain + j, n - j);
    sum += g, product += g * loadPart(normal + j, n - j);
  }
  vec sumMean = broadcast(sumLanes(sum) / n), productMean = broadcast(sumLanes(product) / n);
  for (int j = 0; j < n; j += LANES) {
    vec g = loadPart(dy + j, n - j) * loadPart(gain + j, n - j);
    vec slope = (g - sumMean - loadPart(normal + j, n - j) * productMean) * broadcast(inverse);
    storePart(dx + j, accumulate ? loadPart(dx + j, n - j) + slope : slope, n - j);
  }
}

static void run(const Context &context, const LayerNormJob &job) {
  int n = job.columns;
  const real *weight = context.reals(job.weight), *bias = context.reals(job.bias);
  real *means = context.reals(job.means), *deviations = context.reals(job.deviations);
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    const real *x = context.reals(job.source) + (uptr)i * n;
    real *y = context.reals(job.target) + (uptr)i * n;
    auto [mean, inverse] = momentsOf(x, n, (real)(double)job.epsilon);
    means[i] = mean, deviations[i] = inverse;
    for (int j = 0; j < n; j += LANES) {
      vec normal = (loadPart(x + j, n - j) - broadcast(mean)) * broadcast(inverse);
      storePart(y + j, multiplyAdd(normal, loadPart(weight + j, n - j), bias ? loadPart(bias + j, n - j) : vec{}), n - j);
    }
  }
}

// With g = dy weight and x^ the normalised input: dx = (g - mean(g) - x^ mean(g x^)) / deviation.
static void run(const Context &context, const LayerNormBackwardJob &job) {
  int n = job.columns;
  const real *source = context.reals(job.source), *weight = context.reals(job.weight), *gradient = context.reals(job.gradient);
  const real *means = context.reals(job.means), *inverses = context.reals(job.deviations);
  real *target = context.reals(job.target);
  Range rows = share(context.team, job.rows, 1);
  for (int i = rows.begin; target && i < rows.end; i++) {
    const real *x = source + (uptr)i * n, *dy = gradient + (uptr)i * n;
    real *dx = target + (uptr)i * n;
    vec mean = broadcast(means[i]), inverse = broadcast(inverses[i]), sum = {}, product = {};
    for (int j = 0; j < n; j += LANES) {
      vec g = loadPart(dy + j, n - j) * loadPart(weight + j, n - j);
      sum += g, product += g * ((loadPart(x + j, n - j) - mean) * inverse);
    }
    vec sumMean = broadcast(sumLanes(sum) / n), productMean = broadcast(sumLanes(product) / n);
    for (int j = 0; j < n; j += LANES) {
      vec g = loadPart(dy + j, n - j) * loadPart(weight + j, n - j), normal = (loadPart(x + j, n - j) - mean) * inverse;
      vec slope = (g - sumMean - normal * productMean) * inverse;
      storePart(dx + j, job.accumulate ? loadPart(dx + j, n - j) + slope : slope, n - j);
    }
  }
  real *weightGradient = context.reals(job.weightGradient), *biasGradient = context.reals(job.biasGradient);
  Range columns = share(context.team, n, LANES);
  for (int j = columns.begin; j < columns.end; j += LANES) {
    int part = columns.end - j;
    vec weightSum = weightGradient ? loadPart(weightGradient + j, part) : vec{}, biasSum = biasGradient ? loadPart(biasGradient + j, part) : vec{};
    for (u32 i = job.rows; i-- > 0;) {
      vec dy = loadPart(gradient + (uptr)i * n + j, part);
      biasSum += dy;
      weightSum += dy * ((loadPart(source + (uptr)i * n + j, part) - broadcast(means[i])) * broadcast(inverses[i]));
    }
    if (weightGradient) storePart(weightGradient + j, weightSum, part);
    if (biasGradient) storePart(biasGradient + j, biasSum, part);
  }
}

// Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): four random words for a counter
// and a key, so that any element's mask can be had again in the backward pass without keeping it.
struct Words { u32 at[4]; };
INLINE Words philox(u32 key0, u32 key1, Words counter) {
  for (int round = 0; round < 10; round++) {
    unsigned long long first = 0xD2511F53ull * counter.at[0], second = 0xCD9E8D57ull * counter.at[2];
    counter = {{(u32)(second >> 32) ^ counter.at[1] ^ key0, (u32)second, (u32)(first >> 32) ^ counter.at[3] ^ key1, (u32)first}};
    key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
  }
  return counter;
}

static void run(const Context &context, const DropoutJob &job) {
  Range range = share(context.team, job.count, max(4, POINTWISE_UNIT));
  const real *source = context.reals(job.source);
  real *target = context.reals(job.target);
  double rate = job.rate;
  u32 threshold = (u32)(rate * 4294967296.0);  // words from here on keep their element
  real scale = (real)(1 / (1 - rate));
  for (int i = range.begin; i < range.end; i += 4) {
    Words words = philox(job.key0, job.key1, {{(u32)i >> 2, 0, job.counter, 0}});
    for (int j = i; j < min(i + 4, range.end); j++) {
      real value = words.at[j & 3] >= threshold ? source[j] * scale : 0;
      target[j] = job.accumulate ? target[j] + value : value;
    }
  }
}
