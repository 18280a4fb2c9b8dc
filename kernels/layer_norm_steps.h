// What the layer-normalised cells share: steps whose rows belong to one thread each.
//
// A normalisation needs the sums of all units of a row. So the members of the team share the columns of a product, meet,
// and share the rows of everything between two products: every row is normalised by one thread in one order, and the bits
// do not depend on the size of the team.
#pragma once
#include "normalise.h"
#include "recurrent.h"

// All steps of a cell with GATES gates: W_ih x goes to `inputs`, W_hh h to `hidden`; `computeRow(step, b, at, hBefore)` does
// the rest for row b of a step, whose activations lie at row `at` of the areas (all rows when kept, else those of a chunk).
template <int GATES, class Job, class Row> static void forwardByRows(const Context &context, const Job &job, Row computeRow) {
  int steps = job.steps, I = job.inputSize, H = job.hiddenSize, keep = job.keep, width = GATES * H;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *x = context.reals(job.x), *h0 = context.reals(job.h0), *y = context.reals(job.y);
  const real *packedIh = context.reals(job.packedIh), *packedHh = context.reals(job.packedHh);
  real *inputs = context.reals(job.inputs), *hidden = context.reals(job.hidden), *scratch = scratchOf(context, job.scratch);
  Columns columns = {1, width, 0};
  Range panels = share(context.team, panelCount(columns), 1);

  int chunkEnd = 0, chunkFirst = 0;            // the steps whose W_ih x is in `inputs`, and their first row
  forEachStep(batchSizes, steps, [&](Step step) {
    if (step.index == chunkEnd) {
      int rows;
      chunkEnd += chunkSteps(batchSizes, step.index, steps, keep, rows);
      chunkFirst = keep ? 0 : step.first;
      multiply({rows, I, rowsOf(x + (uptr)step.first * I, I), packedIh, columns, inputs + (uptr)(step.first - chunkFirst) * width, (uptr)width,
                nullptr, false, scratch}, panels);
    }
    int first = step.first - chunkFirst;
    const real *hBefore = step.index ? y + (uptr)step.previousFirst * H : h0;
    multiply({step.rows, hBefore ? H : 0, rowsOf(hBefore, H), packedHh, columns, hidden + (uptr)first * width, (uptr)width, nullptr, false, scratch}, panels);
    barrier(context.team);
    Range rows = share(context.team, step.rows, 1);
    for (int b = rows.begin; b < rows.end; b++) computeRow(step, b, (uptr)first + b, hBefore ? hBefore + (uptr)b * H : nullptr);
    barrier(context.team);
  });
}

// All steps back, last to first: `computeRow(step, b)` leaves the gradients of W_hh h in `hiddenSums`; dh then becomes
// their product with W_hh, added to what is there when the cell passes h on (`passesOn`).
template <int GATES, class Job, class Row> static void backwardByRows(const Context &context, const Job &job, bool passesOn, Row computeRow) {
  int steps = job.steps, H = job.hiddenSize, width = GATES * H;
  const int *batchSizes = context.ints(job.batchSizes);
  const real *packed = context.reals(job.packedHhBackward), *hiddenSums = context.reals(job.hiddenSums);
  real *dh = context.reals(job.dh), *scratch = scratchOf(context, job.scratch);
  Columns columns = {1, H, 0};
  Range panels = share(context.team, panelCount(columns), 1);
  auto recur = [&](int rows, const real *sums) {
    multiply({rows, width, rowsOf(sums, width), packed, columns, dh, (uptr)H, nullptr, passesOn, scratch}, panels);
    barrier(context.team);
  };
  forEachStepBack(batchSizes, steps, [&](Step step) {
    int continuing = step.index + 1 < steps ? batchSizes[step.index + 1] : 0;
    if (continuing) recur(continuing, hiddenSums + (uptr)(step.first + step.rows) * width);
    Range rows = share(context.team, step.rows, 1);
    for (int b = rows.begin; b < rows.end; b++) computeRow(step, b);
    barrier(context.team);
  });
  recur(batchSizes[0], hiddenSums);
}

// normal * gain + shift of a vector of units; the shift may be absent.
INLINE vec scaled(const real *normal, const real *gain, const real *shift, int n) {
  return multiplyAdd(loadPart(normal, n), loadPart(gain, n), shift ? loadPart(shift, n) : vec{});
}
