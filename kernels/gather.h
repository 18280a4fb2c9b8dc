// Rows by index: embeddings, bags of embeddings, and their gradients. Gradients are added in the opposite order of
// the indices, last row first (see matmul.h); threads share the columns, so that no two write the same number.
#pragma once
#include "vector.h"

INLINE void addRow(real *target, const real *source, vec weight, Range columns) {
  for (int j = columns.begin; j < columns.end; j += LANES) {
    int n = columns.end - j;
    storePart(target + j, multiplyAdd(loadPart(source + j, n), weight, loadPart(target + j, n)), n);
  }
}
INLINE void fillRow(real *target, Range columns) {
  for (int j = columns.begin; j < columns.end; j += LANES) storePart(target + j, vec{}, columns.end - j);
}

static void run(const Context &context, const GatherRowsJob &job) {
  const int *indices = context.ints(job.indices);
  int columns = job.columns;
  Range rows = share(context.team, job.count, 1);
  for (int i = rows.begin; i < rows.end; i++) {
    real *target = context.reals(job.target) + (uptr)i * columns;
    if (indices[i] < 0) { fillRow(target, {0, columns}); continue; }
    const real *source = context.reals(job.source) + (uptr)indices[i] * columns;
    for (int j = 0; j < columns; j += LANES) storePart(target + j, loadPart(source + j, columns - j), columns - j);
  }
}

static void run(const Context &context, const ScatterAddRowsJob &job) {
  const int *indices = context.ints(job.indices);
  Range columns = share(context.team, job.columns, LANES);
  for (u32 i = job.count; i-- > 0;)
    if (indices[i] >= 0)
      addRow(context.reals(job.target) + (uptr)indices[i] * job.columns, context.reals(job.source) + (uptr)i * job.columns, broadcast(1), columns);
}

static void run(const Context &context, const BagRowsJob &job) {
  const int *offsets = context.ints(job.offsets), *indices = context.ints(job.indices);
  const real *weights = context.reals(job.weights);
  Range bags = share(context.team, job.bags, 1), columns = {0, (int)job.columns};
  for (int b = bags.begin; b < bags.end; b++) {
    real *target = context.reals(job.target) + (uptr)b * job.columns;
    fillRow(target, columns);
    for (int j = offsets[b]; j < offsets[b + 1]; j++)
      addRow(target, context.reals(job.source) + (uptr)indices[j] * job.columns, broadcast(weights ? weights[j] : 1), columns);
  }
}

static void run(const Context &context, const BagRowsBackwardJob &job) {
  const int *offsets = context.ints(job.offsets), *indices = context.ints(job.indices);
  const real *weights = context.reals(job.weights);
  Range columns = share(context.team, job.columns, LANES);
  for (u32 b = job.bags; b-- > 0;)
    for (int j = offsets[b + 1]; j-- > offsets[b];)
      addRow(context.reals(job.target) + (uptr)indices[j] * job.columns, context.reals(job.gradient) + (uptr)b * job.columns,
             broadcast(weights ? weights[j] : 1), columns);
}
