// GRU over whole packed sequences (PyTorch's convention, reset after the product):
//   r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh),  n = tanh(W_in x + b_in + r (W_hn h + b_hn)),  h = (1 - z) n + z h
// gates [rows, 3H] hold r z n after forward; hiddenNew [rows, H] holds W_hn h + b_hn.
#pragma once
#include "recurrent.h"

// The recurrent sums of one group of panels go through the thread's scratch, at most this many rows at a time.
enum { GRU_GROUP_UNITS = PANEL_VECTORS * LANES, GRU_ROWS = 32 };
static_assert(GRU_ROWS * 2 * 3 * GRU_GROUP_UNITS <= BLOCK_ROWS * BLOCK_K, "the GRU's sums must fit the scratch");

// r, z, n and h of some units. `sums` holds the recurrent sums: gate k of unit u at k * sumStride + u - units.begin.
static void gruUnits(int rows, int H, Range units, real *gates, const real *sums, int sumStride, int sumRow, const real *hBefore, real *h, real *hiddenNew) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 3 * H + u;
      const real *sum = sums + (uptr)b * sumRow + u - units.begin;
      uptr state = (uptr)b * H + u;
      vec fromHidden = loadPart(sum + 2 * sumStride, n);
      vec r = sigmoid(loadPart(at, n) + loadPart(sum, n)), z = sigmoid(loadPart(at + H, n) + loadPart(sum + sumStride, n));
      vec candidate = hyperbolicTangent(multiplyAdd(r, fromHidden, loadPart(at + 2 * H, n)));
      vec fresh = (broadcast(1) - z) * candidate;
      storePart(at, r, n), storePart(at + H, z, n), storePart(at + 2 * H, candidate, n);
      if (hiddenNew) storePart(hiddenNew + state, fromHidden, n);
      storePart(h + state, hBefore ? multiplyAdd(z, loadPart(hBefore + state, n), fresh) : fresh, n);
    }
}

static void run(const Context &context, const GruForwardJob &job) {
  int steps = job.steps, I = job.inputSize, H = job.hiddenSize, keep = job.keep;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *x = context.reals(job.x), *h0 = context.reals(job.h0);
  real *y = context.reals(job.y), *gates = context.reals(job.gates), *hiddenNew = keep ? context.reals(job.hiddenNew) : nullptr;
  const real *packedIh = context.reals(job.packedIh), *packedHh = context.reals(job.packedHh);
  const real *biasIh = context.reals(job.packedBiasIh), *biasHh = context.reals(job.packedBiasHh);
  real *scratch = scratchOf(context, job.scratch);
  Columns columns = {3, H, H};
  Range panels = share(context.team, panelCount(columns), panelGroup(3));

  int chunkEnd = 0, chunkFirst = 0;            // the steps whose W_ih x is in `gates`, and their first row
  forEachStep(batchSizes, steps, [&](Step step) {
    if (step.index == chunkEnd) {
      int rows;
      chunkEnd += chunkSteps(batchSizes, step.index, steps, keep, rows);
      chunkFirst = keep ? 0 : step.first;
      multiply({rows, I, rowsOf(x + (uptr)step.first * I, I), packedIh, columns, gates + (uptr)(step.first - chunkFirst) * 3 * H,
                (uptr)3 * H, biasIh, false, scratch}, panels);
    }
    const real *hBefore = step.index ? y + (uptr)step.previousFirst * H : h0;
    forEachUnits(columns, panels, step.rows, [&](Range part, Range units) {
      int width = units.end - units.begin;
      Columns local = {3, H, width};           // in the scratch a gate begins `width` after the one before
      for (int b = 0; b < step.rows; b += GRU_ROWS) {
        int rows = min(GRU_ROWS, step.rows - b);
        if (hBefore) multiply({rows, H, rowsOf(hBefore + (uptr)b * H, H), packedHh, local, scratch - units.begin, (uptr)3 * width, biasHh, false, nullptr}, part);
        else multiply({rows, 0, rowsOf(nullptr, H), packedHh, local, scratch - units.begin, (uptr)3 * width, biasHh, false, nullptr}, part);
        uptr row = step.first + b;
        gruUnits(rows, H, units, gates + (row - chunkFirst) * 3 * H, scratch, width, 3 * width, hBefore ? hBefore + (uptr)b * H : nullptr,
                 y + row * H, hiddenNew ? hiddenNew + row * H : nullptr);
      }
    });
    barrier(context.team);
  });
}

// Gradients of the sums on the input side (in gates) and on the hidden side, and z times that of h in dh. That of this
// step's h goes to dhs when it is present, for looking inside.
static void gruUnitsBackward(int rows, int H, Range units, real *gates, const real *hiddenNew, real *hiddenGates, const real *hBefore, const real *dy, real *dh, real *dhs) {
  for (int b = 0; b < rows; b++)
    for (int u = units.begin; u < units.end; u += LANES) {
      int n = units.end - u;
      real *at = gates + (uptr)b * 3 * H + u, *hiddenAt = hiddenGates + (uptr)b * 3 * H + u;
      uptr state = (uptr)b * H + u;
      const vec one = broadcast(1);
      vec r = loadPart(at, n), z = loadPart(at + H, n), candidate = loadPart(at + 2 * H, n);
      vec before = hBefore ? loadPart(hBefore + state, n) : vec{};
      vec dhHere = loadPart(dh + state, n);
      if (dy) dhHere += loadPart(dy + state, n);
      if (dhs) storePart(dhs + state, dhHere, n);
      vec dz = dhHere * (before - candidate) * (z * (one - z));
      vec dn = dhHere * (one - z) * (one - candidate * candidate);
      vec dr = dn * loadPart(hiddenNew + state, n) * (r * (one - r));
      storePart(at, dr, n), storePart(at + H, dz, n), storePart(at + 2 * H, dn, n);
      storePart(hiddenAt, dr, n), storePart(hiddenAt + H, dz, n), storePart(hiddenAt + 2 * H, dn * r, n);
      storePart(dh + state, dhHere * z, n);
    }
}

static void run(const Context &context, const GruBackwardJob &job) {
  int steps = job.steps, H = job.hiddenSize;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *h0 = context.reals(job.h0), *y = context.reals(job.y), *hiddenNew = context.reals(job.hiddenNew), *dy = context.reals(job.dy);
  const real *packed = context.reals(job.packedHhBackward);
  real *gates = context.reals(job.gates), *hiddenGates = context.reals(job.hiddenGates), *dh = context.reals(job.dh), *dhs = context.reals(job.dhs), *scratch = scratchOf(context, job.scratch);
  Columns columns = {1, H, 0};
  Range panels = share(context.team, panelCount(columns), 1);
  auto recur = [&](int rows, const real *sums, Range part) {           // dh += d(sums) W_hh
    multiply({rows, 3 * H, rowsOf(sums, 3 * H), packed, columns, dh, (uptr)H, nullptr, true, scratch}, part);
  };
  forEachStepBack(batchSizes, steps, [&](Step step) {
    int continuing = step.index + 1 < steps ? batchSizes[step.index + 1] : 0;
    uptr row = step.first;
    forEachUnits(columns, panels, step.rows, [&](Range part, Range units) {
      if (continuing) recur(continuing, hiddenGates + (row + step.rows) * 3 * H, part);
      gruUnitsBackward(step.rows, H, units, gates + row * 3 * H, hiddenNew + row * H, hiddenGates + row * 3 * H,
                       step.index ? y + (uptr)step.previousFirst * H : h0, dy ? dy + row * H : nullptr, dh, dhs ? dhs + row * H : nullptr);
    });
    barrier(context.team);
  });
  recur(batchSizes[0], hiddenGates, panels);
}
