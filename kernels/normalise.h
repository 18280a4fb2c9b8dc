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
// A lane holds a counter of its own.
typedef u32 words __attribute__((vector_size(LANES * sizeof(u32)), may_alias));
typedef unsigned long long longWords __attribute__((vector_size(LANES * sizeof(u32)), may_alias));   // half as many

// The upper half of a 64-bit product in each lane, of the even lanes and the odd ones in turn.
INLINE words upperProducts(words a, u32 factor) {
#if defined(__AVX512F__) && LANES == 16
  __m512i even = _mm512_mul_epu32((__m512i)a, _mm512_set1_epi32(factor)), odd = _mm512_mul_epu32((__m512i)((longWords)a >> 32), _mm512_set1_epi32(factor));
  return (words)(((longWords)even >> 32) | ((longWords)odd & ~0xFFFFFFFFull));
#elif defined(__AVX2__) && LANES == 8
  __m256i even = _mm256_mul_epu32((__m256i)a, _mm256_set1_epi32(factor)), odd = _mm256_mul_epu32((__m256i)((longWords)a >> 32), _mm256_set1_epi32(factor));
  return (words)(((longWords)even >> 32) | ((longWords)odd & ~0xFFFFFFFFull));
#else
  words upper;
  for (int lane = 0; lane < LANES; lane++) upper[lane] = (u32)(((unsigned long long)a[lane] * factor) >> 32);
  return upper;
#endif
}

struct Counters { words at[4]; };
INLINE Counters philox(u32 key0, u32 key1, Counters c) {
  for (int round = 0; round < 10; round++, key0 += 0x9E3779B9u, key1 += 0xBB67AE85u)
    c = {{upperProducts(c.at[2], 0xCD9E8D57u) ^ c.at[1] ^ key0, c.at[2] * 0xCD9E8D57u,
          upperProducts(c.at[0], 0xD2511F53u) ^ c.at[3] ^ key1, c.at[0] * 0xD2511F53u}};
  return c;
}

// The element i is kept where word i % 4 of the counter i / 4 is large enough.
static void run(const Context &context, const DropoutJob &job) {
  Range range = share(context.team, job.count, max(4, POINTWISE_UNIT));
  const real *source = context.reals(job.source);
  real *target = context.reals(job.target);
  double rate = job.rate;
  u32 threshold = (u32)(rate * 4294967296.0);  // words from here on keep their element
  real scale = (real)(1 / (1 - rate));
  words firsts;
  for (int lane = 0; lane < LANES; lane++) firsts[lane] = lane;
  for (int i = range.begin; i < range.end; i += 4 * LANES) {
    Counters drawn = philox(job.key0, job.key1, {{firsts + ((u32)i >> 2), words{}, words{} + job.counter, words{}}});
    u32 inOrder[4 * LANES];
    const u32 *lanes = (const u32 *)drawn.at;
    for (int lane = 0; lane < LANES; lane++)
      for (int word = 0; word < 4; word++) inOrder[4 * lane + word] = lanes[word * LANES + lane];
    const real *from = source + i;
    real *to = target + i;
    int count = min(4 * LANES, range.end - i);
    for (int j = 0; j < count; j += LANES) {
      vecMask keeps = __builtin_convertvector(*(const words *)(inOrder + j) >= threshold, vecMask);
      vec value = select(keeps, loadPart(from + j, count - j) * broadcast(scale), vec{});
      storePart(to + j, job.accumulate ? loadPart(to + j, count - j) + value : value, count - j);
    }
  }
}
