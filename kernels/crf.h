// Linear-chain conditional random fields over packed batches, in log space.
//
//   alpha_t[j] = e_t[j] + log sum_i exp(alpha_{t-1}[i] + transition[i][j]),  alpha_0 = start + e_0
//   beta_t[i]  = log sum_j exp(transition[i][j] + e_{t+1}[j] + beta_{t+1}[j]),  beta_last = end
//   log Z      = log sum_j exp(alpha_last[j] + end[j])
//
// Work areas have rows of whole vectors, filled up with -infinity, which adds nothing to a sum of exponentials.
// Each sequence belongs to one thread, each element of the transitions' gradient too: threads and batch decide no bit.
#pragma once
#include "matmul.h"
#include "segments.h"

static const real CRF_NOTHING = -__builtin_inff();
// A sum of exponentials taken from their largest is trusted from here on: what was flushed to 0 is below its last digit.
#if FLOAT32
static const real CRF_FLUSHED = 1e-36f, CRF_TRUSTED = 1e-26f;
#else
static const real CRF_FLUSHED = 1e-300, CRF_TRUSTED = 1e-280;
#endif
static const real CRF_LARGEST_SCALE = 20;      // e^20 times what was flushed is still nothing beside a probability

INLINE uptr paddedTags(int tags) { return (uptr)roundUp(tags, LANES); }
INLINE vec loadPadded(const real *p, int n) {
  if (n >= LANES) return load(p);
  vec v = broadcast(CRF_NOTHING);
  for (int lane = 0; lane < n; lane++) v[lane] = p[lane];
  return v;
}
INLINE vec maximum(vec a, vec b) { return select(a <= b, b, a); }
// What exponents are taken from: -infinity - -infinity would be NaN.
INLINE vec finiteShift(vec top) { return select(top == broadcast(CRF_NOTHING), vec{}, top); }
INLINE vec flushedExponential(vec x) {
  vec e = exponential(x);
  return select(e < broadcast(CRF_FLUSHED), vec{}, e);          // tiny numbers would make the products slow
}
// The largest of a padded row as a shift in every lane; `value(j)` is the vector at j.
template <class Value> INLINE vec shiftOf(int tags, Value value) {
  vec top = broadcast(CRF_NOTHING);
  for (int j = 0; j < tags; j += LANES) top = maximum(top, value(j));
  real largest = top[0];
  for (int lane = 1; lane < LANES; lane++) largest = top[lane] > largest ? top[lane] : largest;
  return finiteShift(broadcast(largest));
}

// Transitions (or their transpose) in padded rows, and exp(transition - top), where top is the largest of them.
struct Chain { real *scores, *factors; real top; };

// Every member fills its own rows.
static Chain padTransitions(const Context &context, const real *transition, int tags, bool transposed, real *work) {
  uptr width = paddedTags(tags);
  real top = CRF_NOTHING;
  for (uptr i = 0; i < (uptr)tags * tags; i++) top = transition[i] > top ? transition[i] : top;
  Chain chain = {work, work + tags * width, finiteShift(broadcast(top))[0]};
  Range rows = share(context.team, tags, 1);
  for (int i = rows.begin; i < rows.end; i++)
    for (uptr j = 0; j < width; j += LANES) {
      vec scores = broadcast(CRF_NOTHING);
      for (int lane = 0; lane < min(LANES, tags - (int)j); lane++)
        scores[lane] = transposed ? transition[(j + lane) * tags + i] : transition[(uptr)i * tags + j + lane];
      store(chain.scores + i * width + j, scores);
      store(chain.factors + i * width + j, flushedExponential(scores - broadcast(chain.top)));
    }
  return chain;
}

// log sum_i exp(from[i] + scores[i]) for the vector of columns at `scores`, every sum from its own largest term.
static vec logSumByTerms(const real *from, const real *scores, int tags, uptr width) {
  vec top = broadcast(CRF_NOTHING), sum = {};
  for (int i = 0; i < tags; i++) top = maximum(top, broadcast(from[i]) + load(scores + i * width));
  vec shift = finiteShift(top);
  for (int i = 0; i < tags; i++) sum += exponential(broadcast(from[i]) + load(scores + i * width) - shift);
  return logarithm(sum) + shift;
}

// target[j] = log sum_i exp(from[i] + scores[i][j]) for padded rows, with one exponential per tag instead of one per pair:
// sum_i exp(from[i] - shift) factors[i][j]. Where the terms are so far apart that this is too small, term by term.
static void logProduct(const Chain &chain, int tags, const real *from, real *powers, real *target) {
  uptr width = paddedTags(tags);
  vec shift = shiftOf(tags, [&](int i) { return load(from + i); });
  for (int i = 0; i < tags; i += LANES) store(powers + i, flushedExponential(load(from + i) - shift));
  for (int j = 0; j < tags; j += LANES) {
    const real *factors = chain.factors + j;
    vec sums[4] = {};                                            // four at a time hide the latency of the additions
    int i = 0;
    for (; i + 4 <= tags; i += 4)
#pragma GCC unroll 4
      for (int k = 0; k < 4; k++) sums[k] = multiplyAdd(broadcast(powers[i + k]), load(factors + (i + k) * width), sums[k]);
    for (; i < tags; i++) sums[0] = multiplyAdd(broadcast(powers[i]), load(factors + i * width), sums[0]);
    vec sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    bool trusted = true;
    for (int lane = 0; lane < min(LANES, tags - j); lane++) trusted &= sum[lane] >= CRF_TRUSTED;
    store(target + j, trusted ? logarithm(sum) + (shift + broadcast(chain.top)) : logSumByTerms(from, chain.scores + j, tags, width));
  }
}

// Whether the row of sequence b at step t is its last.
INLINE bool isLast(const int *batchSizes, int steps, int t, int b) { return t + 1 == steps || batchSizes[t + 1] <= b; }
// Calls visit(row, t, b) from the last packed row to the first, for the sequences in `range`.
template <class Visit> INLINE void forEachPackedRowBackwards(const int *batchSizes, int steps, Range range, Visit visit) {
  int first = 0;
  for (int t = 0; t < steps; t++) first += batchSizes[t];
  for (int t = steps - 1; t >= 0; t--) {
    first -= batchSizes[t];
    for (int b = min(range.end, batchSizes[t]) - 1; b >= range.begin; b--) visit((uptr)(first + b), t, b);
  }
}

static void run(const Context &context, const CrfForwardJob &job) {
  const int *batchSizes = context.ints(job.batchSizes), *targets = context.ints(job.targets);
  const real *emissions = context.reals(job.emissions), *transition = context.reals(job.transition);
  const real *start = context.reals(job.start), *end = context.reals(job.end);
  real *alphas = context.reals(job.alphas), *partitions = context.reals(job.partitions), *losses = context.reals(job.losses);
  real *powers = scratchOf(context, job.scratch);
  int tags = job.tags, steps = job.steps;
  uptr width = paddedTags(tags);
  Chain chain = padTransitions(context, transition, tags, false, context.reals(job.work));
  barrier(context.team);
  Range batch = share(context.team, batchSizes[0], 1);
  for (int b = batch.begin; b < batch.end; b++) {
    const real *before = nullptr;
    real score = 0;
    int tagBefore = 0;
    forEachRow(batchSizes, steps, b, [&](uptr row) {
      const real *e = emissions + row * tags;
      real *alpha = alphas + row * width;
      if (before) logProduct(chain, tags, before, powers, alpha);
      for (int j = 0; j < tags; j += LANES)
        store(alpha + j, (before ? load(alpha + j) : loadPadded(start + j, tags - j)) + loadPart(e + j, tags - j));
      if (targets) {
        int tag = targets[row];
        score += (before ? transition[(uptr)tagBefore * tags + tag] : start[tag]) + e[tag];
        tagBefore = tag;
      }
      before = alpha;
    });
    vec sum = {}, shift = shiftOf(tags, [&](int j) { return load(before + j) + loadPart(end + j, tags - j); });
    for (int j = 0; j < tags; j += LANES) sum += exponential(load(before + j) + loadPart(end + j, tags - j) - shift);
    partitions[b] = logarithmOf(sumLanes(sum)) + shift[0];
    if (targets) losses[b] = partitions[b] - (score + end[tagBefore]);
  }
}

// beta of every row, and the probabilities of its tags into the emissions' gradient.
static void crfBetas(const Context &context, const CrfBackwardJob &job, const Chain &turned) {
  const int *batchSizes = context.ints(job.batchSizes), *targets = context.ints(job.targets);
  const real *emissions = context.reals(job.emissions), *end = context.reals(job.end), *gradient = context.reals(job.gradient);
  const real *alphas = context.reals(job.alphas), *partitions = context.reals(job.partitions);
  real *betas = context.reals(job.betas), *dEmissions = context.reals(job.emissionGradient);
  int tags = job.tags, steps = job.steps;
  uptr width = paddedTags(tags);
  real *powers = scratchOf(context, job.scratch), *next = powers + width;
  forEachPackedRowBackwards(batchSizes, steps, share(context.team, batchSizes[0], 1), [&](uptr row, int t, int b) {
    real *beta = betas + row * width;
    if (isLast(batchSizes, steps, t, b)) {
      for (int i = 0; i < tags; i += LANES) store(beta + i, loadPadded(end + i, tags - i));
    } else {
      uptr after = row + batchSizes[t];
      for (int j = 0; j < tags; j += LANES) store(next + j, loadPart(emissions + after * tags + j, tags - j) + load(betas + after * width + j));
      logProduct(turned, tags, next, powers, beta);
    }
    if (!dEmissions) return;
    vec weight = broadcast(gradient ? gradient[b] : 1);
    for (int j = 0; j < tags; j += LANES) {
      real *to = dEmissions + row * tags + j;
      vec probability = exponential(load(alphas + row * width + j) + load(beta + j) - broadcast(partitions[b]));
      storePart(to, multiplyAdd(weight, probability, loadPart(to, tags - j)), tags - j);
    }
    if (targets) dEmissions[row * tags + targets[row]] -= gradient[b];
  });
}

// sums[i][j] += weight P(i, j) for the transitions leaving the tags in `from`, where log P(i, j) = leave[i] + scores[i][j] +
// arrive[j]. Both rows are overwritten. As in `logProduct`, one exponential per tag where the numbers allow it.
static void addPairs(const Chain &chain, int tags, Range from, real weight, real *leave, real *arrive, real *sums) {
  uptr width = paddedTags(tags);
  vec leaveShift = shiftOf(tags, [&](int i) { return load(leave + i); }), arriveShift = shiftOf(tags, [&](int j) { return load(arrive + j); });
  vec scale = leaveShift + arriveShift + broadcast(chain.top);
  if (!(scale[0] <= CRF_LARGEST_SCALE)) {
    for (int i = from.begin; i < from.end; i++)
      for (int j = 0; j < tags; j += LANES) {
        vec probability = exponential(load(chain.scores + i * width + j) + broadcast(leave[i]) + load(arrive + j));
        store(sums + i * width + j, multiplyAdd(broadcast(weight), probability, load(sums + i * width + j)));
      }
    return;
  }
  vec scaled = broadcast(weight) * exponential(scale);
  for (int j = 0; j < tags; j += LANES) {
    store(leave + j, scaled * flushedExponential(load(leave + j) - leaveShift));
    store(arrive + j, flushedExponential(load(arrive + j) - arriveShift));
  }
  for (int i = from.begin; i < from.end; i++) {
    vec left = broadcast(leave[i]);
    for (int j = 0; j < tags; j += LANES)
      store(sums + i * width + j, multiplyAdd(left, load(chain.factors + i * width + j) * load(arrive + j), load(sums + i * width + j)));
  }
}

// The gradients of the chain's own scores: expected counts less those seen, from the last row to the first, as all sums over
// rows go. Threads share the tags that a transition leaves; `sums` are the padded rows of its gradient.
static void crfChainGradients(const Context &context, const CrfBackwardJob &job, const Chain &chain, real *sums) {
  const int *batchSizes = context.ints(job.batchSizes), *targets = context.ints(job.targets);
  const real *emissions = context.reals(job.emissions), *gradient = context.reals(job.gradient);
  const real *alphas = context.reals(job.alphas), *betas = context.reals(job.betas), *partitions = context.reals(job.partitions);
  real *dStart = context.reals(job.startGradient), *dTransition = context.reals(job.transitionGradient), *dEnd = context.reals(job.endGradient);
  int tags = job.tags, steps = job.steps;
  uptr width = paddedTags(tags);
  real *leave = scratchOf(context, job.scratch), *arrive = leave + width;
  Range from = dTransition ? share(context.team, tags, 1) : Range{0, 0};
  for (int i = from.begin; i < from.end; i++)
    for (int j = 0; j < tags; j += LANES) store(sums + i * width + j, loadPart(dTransition + (uptr)i * tags + j, tags - j));
  forEachPackedRowBackwards(batchSizes, steps, {0, batchSizes[0]}, [&](uptr row, int t, int b) {
    const real *alpha = alphas + row * width, *beta = betas + row * width;
    real weight = gradient[b], logZ = partitions[b];
    if (t > 0 && dTransition) {
      uptr before = row - batchSizes[t - 1];
      for (int j = 0; j < tags; j += LANES) {
        store(leave + j, load(alphas + before * width + j) - broadcast(logZ));
        store(arrive + j, loadPart(emissions + row * tags + j, tags - j) + load(beta + j));
      }
      addPairs(chain, tags, from, weight, leave, arrive, sums);
      int tag = targets[before];
      if (tag >= from.begin && tag < from.end) sums[tag * width + targets[row]] -= weight;
    }
    if (context.team.id > 0) return;
    real *ends[2] = {t == 0 ? dStart : nullptr, isLast(batchSizes, steps, t, b) ? dEnd : nullptr};
    for (real *sum : ends)
      for (int j = 0; sum && j < tags; j++) sum[j] += weight * (exponentialOf(alpha[j] + beta[j] - logZ) - (j == targets[row]));
  });
  for (int i = from.begin; i < from.end; i++)
    for (int j = 0; j < tags; j += LANES) storePart(dTransition + (uptr)i * tags + j, load(sums + i * width + j), tags - j);
}

// With targets: the gradients of sum_b gradient[b] losses[b], each added to what is there. Without targets and gradient the
// emissions' gradient is that of log Z: the probability of each tag at each step.
static void run(const Context &context, const CrfBackwardJob &job) {
  uptr matrix = job.tags * paddedTags(job.tags);
  real *work = context.reals(job.work);
  const real *transition = context.reals(job.transition);
  Chain turned = padTransitions(context, transition, job.tags, true, work);
  Chain chain = padTransitions(context, transition, job.tags, false, work + 2 * matrix);
  barrier(context.team);
  crfBetas(context, job, turned);
  if (!job.targets) return;
  barrier(context.team);
  crfChainGradients(context, job, chain, work + 4 * matrix);
}
