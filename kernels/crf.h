// Linear-chain conditional random fields over packed batches, in log space: every sum of exponentials is taken from its
// largest term, so that neither long sequences nor forbidden transitions (-infinity) overflow or lose digits.
//
//   alpha_t[j] = e_t[j] + log sum_i exp(alpha_{t-1}[i] + transition[i][j]),  alpha_0 = start + e_0
//   beta_t[i]  = log sum_j exp(transition[i][j] + e_{t+1}[j] + beta_{t+1}[j]),  beta_last = end
//   log Z      = log sum_j exp(alpha_last[j] + end[j])
//
// Each sequence belongs to one thread, each element of the transitions' gradient too: threads and batch decide no bit.
#pragma once
#include "segments.h"

static const real CRF_NOTHING = -__builtin_inff();

// log sum_n exp(term(n)) for a vector of columns at once; `term` is called twice for every n.
template <class Term> INLINE vec logSum(int count, Term term) {
  vec top = broadcast(CRF_NOTHING);
  for (int n = 0; n < count; n++) {
    vec x = term(n);
    top = select(x <= top, top, x);                              // a NaN comes through
  }
  vec shift = select(top == broadcast(CRF_NOTHING), vec{}, top), sum = {};   // -infinity - -infinity would be NaN
  for (int n = 0; n < count; n++) sum += exponential(term(n) - shift);
  return logarithm(sum) + shift;
}
// log sum exp over the elements of one row: term(j, n) gives the n <= LANES elements from j on.
template <class Term> INLINE real logSumRow(int count, Term term) {
  real top = CRF_NOTHING;
  for (int j = 0; j < count; j += LANES) {
    vec x = term(j, count - j);
    for (int lane = 0; lane < min(LANES, count - j); lane++) top = x[lane] <= top ? top : x[lane];
  }
  real shift = top == CRF_NOTHING ? 0 : top;
  vec sum = {};
  for (int j = 0; j < count; j += LANES) {
    vec e = exponential(term(j, count - j) - broadcast(shift));
    for (int lane = max(0, count - j); lane < LANES; lane++) e[lane] = 0;
    sum += e;
  }
  return logarithmOf(sumLanes(sum)) + shift;
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
  int tags = job.tags, steps = job.steps;
  Range batch = share(context.team, batchSizes[0], 1);
  for (int b = batch.begin; b < batch.end; b++) {
    const real *before = nullptr;
    real score = 0;
    int tagBefore = 0;
    forEachRow(batchSizes, steps, b, [&](uptr row) {
      const real *e = emissions + row * tags;
      real *alpha = alphas + row * tags;
      for (int j = 0; j < tags; j += LANES) {
        int n = tags - j;
        vec into = before ? logSum(tags, [&](int i) { return broadcast(before[i]) + loadPart(transition + (uptr)i * tags + j, n); })
                          : loadPart(start + j, n);
        storePart(alpha + j, into + loadPart(e + j, n), n);
      }
      if (targets) {
        int tag = targets[row];
        score += (before ? transition[(uptr)tagBefore * tags + tag] : start[tag]) + e[tag];
        tagBefore = tag;
      }
      before = alpha;
    });
    partitions[b] = logSumRow(tags, [&](int j, int n) { return loadPart(before + j, n) + loadPart(end + j, n); });
    if (targets) losses[b] = partitions[b] - (score + end[tagBefore]);
  }
}

// With targets: the gradients of sum_b gradient[b] losses[b], each added to what is there. Without targets and gradient the
// emissions' gradient is that of log Z: the probability of each tag at each step.
static void run(const Context &context, const CrfBackwardJob &job) {
  const int *batchSizes = context.ints(job.batchSizes), *targets = context.ints(job.targets);
  const real *emissions = context.reals(job.emissions), *transition = context.reals(job.transition), *end = context.reals(job.end);
  const real *alphas = context.reals(job.alphas), *partitions = context.reals(job.partitions), *gradient = context.reals(job.gradient);
  real *betas = context.reals(job.betas), *dEmissions = context.reals(job.emissionGradient);
  real *dStart = context.reals(job.startGradient), *dTransition = context.reals(job.transitionGradient), *dEnd = context.reals(job.endGradient);
  int tags = job.tags, steps = job.steps;
  forEachPackedRowBackwards(batchSizes, steps, share(context.team, batchSizes[0], 1), [&](uptr row, int t, int b) {
    real *beta = betas + row * tags;
    if (isLast(batchSizes, steps, t, b)) {
      for (int j = 0; j < tags; j += LANES) storePart(beta + j, loadPart(end + j, tags - j), tags - j);
    } else {
      uptr next = (row + batchSizes[t]) * tags;
      for (int i = 0; i < tags; i++) {
        const real *from = transition + (uptr)i * tags;
        beta[i] = logSumRow(tags, [&](int j, int n) { return loadPart(from + j, n) + (loadPart(emissions + next + j, n) + loadPart(betas + next + j, n)); });
      }
    }
    if (!dEmissions) return;
    vec logZ = broadcast(partitions[b]), weight = broadcast(gradient ? gradient[b] : 1);
    for (int j = 0; j < tags; j += LANES) {
      int n = tags - j;
      vec probability = exponential(loadPart(alphas + row * tags + j, n) + loadPart(beta + j, n) - logZ);
      storePart(dEmissions + row * tags + j, multiplyAdd(weight, probability, loadPart(dEmissions + row * tags + j, n)), n);
    }
    if (targets) dEmissions[row * tags + targets[row]] -= gradient[b];
  });
  if (!targets) return;
  barrier(context.team);

  // From the last row to the first, as all sums over rows go. Threads share the tags that a transition leaves.
  Range from = share(context.team, tags, 1);
  forEachPackedRowBackwards(batchSizes, steps, {0, batchSizes[0]}, [&](uptr row, int t, int b) {
    real weight = gradient[b], logZ = partitions[b];
    const real *alpha = alphas + row * tags, *beta = betas + row * tags, *e = emissions + row * tags;
    if (t > 0 && dTransition) {
      uptr before = row - batchSizes[t - 1];
      for (int i = from.begin; i < from.end; i++) {
        vec shift = broadcast(alphas[before * tags + i] - logZ);
        real *to = dTransition + (uptr)i * tags;
        for (int j = 0; j < tags; j += LANES) {
          int n = tags - j;
          vec arrival = loadPart(transition + (uptr)i * tags + j, n) + (loadPart(e + j, n) + loadPart(beta + j, n));
          storePart(to + j, multiplyAdd(broadcast(weight), exponential(arrival + shift), loadPart(to + j, n)), n);
        }
        if (i == targets[before]) to[targets[row]] -= weight;
      }
    }
    if (context.team.id > 0) return;
    if (t == 0 && dStart)
      for (int j = 0; j < tags; j++) dStart[j] += weight * (exponentialOf(alpha[j] + beta[j] - logZ) - (j == targets[row]));
    if (isLast(batchSizes, steps, t, b) && dEnd)
      for (int j = 0; j < tags; j++) dEnd[j] += weight * (exponentialOf(alpha[j] + beta[j] - logZ) - (j == targets[row]));
  });
}
