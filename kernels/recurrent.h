// What the recurrent kernels share: walking over a packed batch, and packing a cell's weights.
//
// A packed batch lays the rows of step 0 first, then those of step 1, and so on; sequences are sorted by length, so
// row b of a step continues row b of the step before, and no padding exists to be computed.
#pragma once
#include "activations.h"
#include "matmul.h"

enum { INFERENCE_ROWS = 64 };                  // rows whose gates fit the cache when none are kept for training

struct Step { int index, rows, first, previousFirst; };   // its rows begin at `first` in the packed batch

// Calls visit(step) for every step, first to last.
template <class Visit> INLINE void forEachStep(const int *batchSizes, int steps, Visit visit) {
  int first = 0, previousFirst = 0;
  for (int t = 0; t < steps; t++) {
    visit(Step{t, batchSizes[t], first, previousFirst});
    previousFirst = first;
    first += batchSizes[t];
  }
}
// The same, last to first.
template <class Visit> INLINE void forEachStepBack(const int *batchSizes, int steps, Visit visit) {
  int first = 0;
  for (int t = 0; t < steps; t++) first += batchSizes[t];
  for (int t = steps - 1; t >= 0; t--) {
    first -= batchSizes[t];
    visit(Step{t, batchSizes[t], first, t ? first - batchSizes[t - 1] : 0});
  }
}

// How many steps from `t` on have their gates computed in one product: all when kept, else as many as fit the cache.
INLINE int chunkSteps(const int *batchSizes, int t, int steps, bool keep, int &rows) {
  int count = 0;
  rows = 0;
  while (t + count < steps && (keep || !count || rows + batchSizes[t + count] <= INFERENCE_ROWS)) rows += batchSizes[t + count++];
  return count;
}

// A row-major matrix of contiguous rows.
INLINE Matrix rowsOf(const real *values, int columns) { return {values, columns, 1}; }

// Calls work(panels, units) for each piece of this thread's panels that holds whole units. A single row goes two
// panels at a time (see onePairOfPanels); more rows stay on one, so that gates are still in the cache when they are used.
template <class Work> INLINE void forEachUnits(Columns columns, Range panels, int rows, Work work) {
  int piece = panelGroup(columns.gates) * (rows == 1 ? 2 : 1);
  for (int panel = panels.begin; panel < panels.end; panel += piece) {
    Range part = {panel, min(panel + piece, panels.end)};
    work(part, unitsOf(part, columns));
  }
}

static void run(const Context &context, const PackCellJob &job) {
  int gates = job.gates, inputSize = job.inputSize, hiddenSize = job.hiddenSize;
  Columns columns = {gates, hiddenSize, hiddenSize};
  Range panels = share(context.team, panelCount(columns), 1);
  const real *biasIh = context.reals(job.biasIh), *biasHh = context.reals(job.biasHh);
  real *packedBiasIh = context.reals(job.packedBiasIh), *packedBiasHh = context.reals(job.packedBiasHh);
  packPanels(context.reals(job.packedIh), inputSize, columns, context.reals(job.weightIh), 1, inputSize, panels);
  if (job.packedHh) packPanels(context.reals(job.packedHh), hiddenSize, columns, context.reals(job.weightHh), 1, hiddenSize, panels);
  packPanels(packedBiasIh, 1, columns, biasIh, 0, 1, panels);
  if (packedBiasHh) packPanels(packedBiasHh, 1, columns, biasHh, 0, 1, panels);
  else if (biasHh)
    for (int panel = panels.begin; panel < panels.end; panel++)
      for (int v = 0; v < PANEL_VECTORS; v++) {
        int block = panel * PANEL_VECTORS + v, unit = block / gates * LANES;
        real *target = packedBiasIh + block * LANES;
        store(target, load(target) + loadPart(biasHh + block % gates * hiddenSize + unit, max(0, hiddenSize - unit)));
      }
}
