// Cells whose gates do not see h, run over whole packed sequences: minGRU and minLSTM (Feng et al. 2024, "Were RNNs all
// we needed?"). Their state is a linear recurrence h = a h_before + b with a and b from x alone.
//
// The usual way on a GPU is an associative scan over time, whose many small parts give thousands of cores something to
// do; it costs about twice the operations, and log T passes over memory. A CPU has few cores, and every unit of every
// sequence is a recurrence of its own: hundreds or thousands of them, more than enough. So each thread takes some units
// of all sequences and walks through time once: the products of a chunk of steps, then the chunk's h while its gates are
// still in the cache. Threads need nothing from each other, so that there is no barrier at all. The walk from h to h is
// one multiply-add per step for a vector of units; the vectors beside it fill the time that this takes.
#pragma once
#include "recurrent.h"

// `computeUnits(step, units, gates, hBefore, h)` turns the sums of a step in `gates` into activations and h.
template <int GATES, class Job, class Units> static void scanForward(const Context &context, const Job &job, Units computeUnits) {
  int steps = job.steps, I = job.inputSize, H = job.hiddenSize, keep = job.keep;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *x = context.reals(job.x), *h0 = context.reals(job.h0), *packedIh = context.reals(job.packedIh), *bias = context.reals(job.packedBias);
  real *y = context.reals(job.y), *gates = context.reals(job.gates), *scratch = scratchOf(context, job.scratch);
  Columns columns = {GATES, H, H};
  Range panels = share(context.team, panelCount(columns), panelGroup(GATES)), units = unitsOf(panels, columns);

  int chunkEnd = 0, chunkFirst = 0;            // the steps whose sums are in `gates`, and their first row
  forEachStep(batchSizes, steps, [&](Step step) {
    if (step.index == chunkEnd) {
      int rows;
      chunkEnd += chunkSteps(batchSizes, step.index, steps, false, rows);
      chunkFirst = keep ? 0 : step.first;
      multiply({rows, I, rowsOf(x + (uptr)step.first * I, I), packedIh, columns, gates + (uptr)(step.first - chunkFirst) * GATES * H,
                (uptr)GATES * H, bias, false, scratch}, panels);
    }
    computeUnits(step, units, gates + (uptr)(step.first - chunkFirst) * GATES * H, step.index ? y + (uptr)step.previousFirst * H : h0,
                 y + (uptr)step.first * H);
  });
}

// Gradients of the sums in place of the gates, and of h0 in dh, which comes with those of the final states.
// `computeUnits` does it for one step; dy and dhs move along with the steps.
template <class Job, class Units> static void scanBackward(const Context &context, const Job &job, Units computeUnits) {
  int H = job.hiddenSize;
  const real *h0 = context.reals(job.h0), *y = context.reals(job.y), *dy = context.reals(job.dy);
  real *dh = context.reals(job.dh), *dhs = context.reals(job.dhs);
  Range units = share(context.team, H, LANES);
  forEachStepBack(context.ints(job.batchSizes), job.steps, [&](Step step) {
    uptr row = (uptr)step.first * H;
    computeUnits(step, units, step.index ? y + (uptr)step.previousFirst * H : h0, dy ? dy + row : nullptr, dh, dhs ? dhs + row : nullptr);
  });
}

// The gradient of a step's h: what comes from later steps and what comes from its output.
INLINE vec gradientHere(const real *dh, const real *dy, real *dhs, uptr state, int n) {
  vec here = loadPart(dh + state, n);
  if (dy) here += loadPart(dy + state, n);
  if (dhs) storePart(dhs + state, here, n);
  return here;
}

// minGRU: z = sigmoid(sums), n = sums, h = (1 - z) h_before + z n.
static void run(const Context &context, const MinGruForwardJob &job) {
  int H = job.hiddenSize;
  scanForward<2>(context, job, [&](Step step, Range units, real *gates, const real *hBefore, real *h) {
    for (int b = 0; b < step.rows; b++)
      for (int u = units.begin; u < units.end; u += LANES) {
        int n = units.end - u;
        real *at = gates + (uptr)b * 2 * H + u;
        uptr state = (uptr)b * H + u;
        vec z = sigmoid(loadPart(at, n)), fresh = z * loadPart(at + H, n);
        storePart(at, z, n);
        storePart(h + state, hBefore ? multiplyAdd(broadcast(1) - z, loadPart(hBefore + state, n), fresh) : fresh, n);
      }
  });
}

static void run(const Context &context, const MinGruBackwardJob &job) {
  int H = job.hiddenSize;
  real *gates = context.reals(job.gates);
  scanBackward(context, job, [&](Step step, Range units, const real *hBefore, const real *dy, real *dh, real *dhs) {
    for (int b = 0; b < step.rows; b++)
      for (int u = units.begin; u < units.end; u += LANES) {
        int n = units.end - u;
        real *at = gates + (uptr)(step.first + b) * 2 * H + u;
        uptr state = (uptr)b * H + u;
        const vec one = broadcast(1);
        vec z = loadPart(at, n), candidate = loadPart(at + H, n), before = hBefore ? loadPart(hBefore + state, n) : vec{};
        vec dhHere = gradientHere(dh, dy, dhs, state, n);
        storePart(at, dhHere * (candidate - before) * (z * (one - z)), n);
        storePart(at + H, dhHere * z, n);
        storePart(dh + state, dhHere * (one - z), n);
      }
  });
}

// minLSTM's shares f / (f + i) and i / (f + i) of f = sigmoid(a) and i = sigmoid(b). With e = e^-|a| a sigmoid is
// e^min(a, 0) / (1 + e): the larger of the two powers is divided out, so that no 0 / 0 can arise however far both gates close.
struct Shares { vec f, i, forget, input; };
INLINE Shares sharesOf(vec a, vec b) {
  const vec one = broadcast(1), zero = {};
  vec eA = exponential(-absolute(a)), eB = exponential(-absolute(b));
  vec distance = select(a < zero, a, zero) - select(b < zero, b, zero), ratio = exponential(-absolute(distance));
  vec f = select(distance >= zero, one, ratio) * (one + eB), i = select(distance >= zero, ratio, one) * (one + eA);
  vec inverse = one / (f + i);
  return {select(a >= zero, one, eA) / (one + eA), select(b >= zero, one, eB) / (one + eB), f * inverse, i * inverse};
}

// minLSTM: f, i = sigmoid(sums), n = sums, h = f / (f + i) h_before + i / (f + i) n. `shares` keeps f / (f + i).
static void run(const Context &context, const MinLstmForwardJob &job) {
  int H = job.hiddenSize;
  real *kept = job.keep ? context.reals(job.shares) : nullptr;
  scanForward<3>(context, job, [&](Step step, Range units, real *gates, const real *hBefore, real *h) {
    for (int b = 0; b < step.rows; b++)
      for (int u = units.begin; u < units.end; u += LANES) {
        int n = units.end - u;
        real *at = gates + (uptr)b * 3 * H + u;
        uptr state = (uptr)b * H + u;
        Shares shares = sharesOf(loadPart(at, n), loadPart(at + H, n));
        vec fresh = shares.input * loadPart(at + 2 * H, n);
        storePart(at, shares.f, n), storePart(at + H, shares.i, n);
        if (kept) storePart(kept + (uptr)step.first * H + state, shares.forget, n);
        storePart(h + state, hBefore ? multiplyAdd(shares.forget, loadPart(hBefore + state, n), fresh) : fresh, n);
      }
  });
}

// The shares are sigmoid(d) and sigmoid(-d) of d = log f - log i, whose slope is 1 - f in a and i - 1 in b.
static void run(const Context &context, const MinLstmBackwardJob &job) {
  int H = job.hiddenSize;
  real *gates = context.reals(job.gates);
  const real *shares = context.reals(job.shares);
  scanBackward(context, job, [&](Step step, Range units, const real *hBefore, const real *dy, real *dh, real *dhs) {
    for (int b = 0; b < step.rows; b++)
      for (int u = units.begin; u < units.end; u += LANES) {
        int n = units.end - u;
        real *at = gates + (uptr)(step.first + b) * 3 * H + u;
        uptr state = (uptr)b * H + u;
        const vec one = broadcast(1);
        vec f = loadPart(at, n), i = loadPart(at + H, n), candidate = loadPart(at + 2 * H, n);
        vec forget = loadPart(shares + (uptr)step.first * H + state, n), before = hBefore ? loadPart(hBefore + state, n) : vec{};
        vec dhHere = gradientHere(dh, dy, dhs, state, n);
        vec slope = dhHere * (before - candidate) * (forget * (one - forget));
        storePart(at, slope * (one - f), n);
        storePart(at + H, slope * (i - one), n);
        storePart(at + 2 * H, dhHere * (one - forget), n);
        storePart(dh + state, dhHere * forget, n);
      }
  });
}
