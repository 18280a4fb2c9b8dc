// The matrix product C = A B, where B has been packed into panels of PANEL columns.
//
// Every element of C is one running sum over k in order, whatever the number of rows and threads: the same bits for a
// batch of 1 and a batch of 64. (Blocks of BLOCK_K park the running sum in C, which loses nothing.)
//
// Strides may be negative: then k goes through memory from its end. Sums over the rows of a batch, as in the gradients of
// weights, are taken so, last row first, here and in columnSums, scatterAddRows, bagRowsBackward and layerNormBackward: a
// batch of long sequences may then be cut in time and its pieces added up from the last to the first with the same bits.
#pragma once
#include "vector.h"

// The tile that is kept in registers: TILE_ROWS x PANEL_VECTORS vectors. Measured per instruction set: 16 registers
// hold 3 x 4 sums and the operands, AVX-512's 32 hold 6 x 4; WebAssembly engines do best with 2 x 4.
enum { PANEL_VECTORS = 4, PANEL = PANEL_VECTORS * LANES };
#if LANES == 16
enum { TILE_ROWS = 6 };
#elif LANES == 8 || defined(__aarch64__)
enum { TILE_ROWS = 3 };
#else
enum { TILE_ROWS = 2 };
#endif
// Rows of C are computed block by block, so that the block and its part of A stay in the second-level cache while the panels
// of B pass by. A transposed A is copied first and has smaller blocks, whose copy fits beside a panel.
enum { BLOCK_K = 256, BLOCK_ROWS = 96, PLAIN_BLOCK_ROWS = 4 * BLOCK_ROWS };

// Columns of a packed matrix. With `gates` > 1 consecutive vectors hold consecutive gates of the same units, so that
// all the gates of a unit are computed together and a thread that owns panels owns whole units.
// `size` columns a gate; in C a gate begins `stride` columns after the one before.
struct Columns { int gates, size, stride; };
INLINE int panelCount(Columns columns) { return divideUp(divideUp(columns.size, LANES) * columns.gates, PANEL_VECTORS); }

// Panels that hold whole units: the least number of panels whose vectors are a multiple of the gates.
INLINE int panelGroup(int gates) { return PANEL_VECTORS % gates == 0 ? 1 : gates; }
// The units whose gates lie in a range of panels (aligned to groups).
INLINE Range unitsOf(Range panels, Columns columns) {
  return {min(panels.begin * PANEL_VECTORS / columns.gates * LANES, columns.size),
          min(panels.end * PANEL_VECTORS / columns.gates * LANES, columns.size)};
}

// Packs the panels in `range` of B[k][j] = source[k * rowStride + j * columnStride]; missing columns become zeros.
static void packPanels(real *packed, int rows, Columns columns, const real *source, iptr rowStride, iptr columnStride, Range range) {
  for (int panel = range.begin; panel < range.end; panel++) {
    real *target = packed + (uptr)panel * rows * PANEL;
    for (int v = 0; v < PANEL_VECTORS; v++, target += LANES) {
      int block = panel * PANEL_VECTORS + v, unit = block / columns.gates * LANES, width = min(LANES, columns.size - unit);
      const real *from = source + ((iptr)(block % columns.gates) * columns.stride + unit) * columnStride;
      if (source && columnStride == 1 && width == LANES) {
        for (int k = 0; k < rows; k++) store(target + (uptr)k * PANEL, load(from + k * rowStride));
        continue;
      }
      for (int k0 = 0; k0 < rows; k0 += 16)      // 16 rows at a time: a column's cache line is used up before it is lost
        for (int lane = 0; lane < LANES; lane++)
          for (int k = k0; k < min(k0 + 16, rows); k++)
            target[(uptr)k * PANEL + lane] = source && lane < width ? from[k * rowStride + lane * columnStride] : 0;
    }
  }
}

// One tile: ROWS rows of A times `PANELS` panels of B.
template <int ROWS, int PANELS>
static void tile(int inner, const real *a, iptr aRow, iptr aColumn, const real *b, uptr panelStride, real *c, uptr cRow,
                 const int *offsets, const real *bias, uptr biasStride, bool accumulate) {
  vec sums[ROWS][PANELS * PANEL_VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 16
    for (int v = 0; v < PANELS * PANEL_VECTORS; v++) {
      sums[i][v] = accumulate ? load(c + i * cRow + offsets[v])
                   : bias     ? load(bias + v / PANEL_VECTORS * biasStride + v % PANEL_VECTORS * LANES)
                              : vec{};
    }
  for (int k = 0; k < inner; k++, b += PANEL, a += aColumn) {
    vec row[PANELS * PANEL_VECTORS];
#pragma GCC unroll 16
    for (int v = 0; v < PANELS * PANEL_VECTORS; v++) row[v] = load(b + v / PANEL_VECTORS * panelStride + v % PANEL_VECTORS * LANES);
#pragma GCC unroll 16
    for (int i = 0; i < ROWS; i++) {
      vec value = broadcast(a[i * aRow]);
#pragma GCC unroll 16
      for (int v = 0; v < PANELS * PANEL_VECTORS; v++) sums[i][v] = multiplyAdd(value, row[v], sums[i][v]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 16
    for (int v = 0; v < PANELS * PANEL_VECTORS; v++) store(c + i * cRow + offsets[v], sums[i][v]);
}

typedef void Tile(int, const real *, iptr, iptr, const real *, uptr, real *, uptr, const int *, const real *, uptr, bool);
INLINE Tile *tileOf(int rows) {
  switch (rows) {
    case 1: return tile<1, 1>;
#if LANES == 16
    case 3: return tile<3, 1>;
    case 4: return tile<4, 1>;
    case 5: return tile<5, 1>;
#endif
#if LANES >= 8 || defined(__aarch64__)
    case 2: return tile<2, 1>;
#endif
    default: return tile<TILE_ROWS, 1>;
  }
}

// A matrix read as element (i, k) at values + i * row + k * column; one of the strides is 1 and the other may be negative.
struct Matrix { const real *values; iptr row, column; };

struct Product {
  int rows, inner;
  Matrix a;
  const real *packed;                          // B
  Columns columns;
  real *c;
  uptr cRow;
  const real *bias;                            // packed as a matrix of one row, or absent
  bool accumulate;                             // C += instead of C =
  real *scratch;                               // BLOCK_ROWS * BLOCK_K reals of this thread, for a transposed A
};

// A transposed A is copied into tiles first, so that the product reads it in order. Row k of the source is read in one
// go: going down its columns would fetch every cache line once for each tile. TILE_COPIED reals are copied at once: a
// power of two, whose last ones the next row's overwrite.
enum { TILE_COPIED = TILE_ROWS == 3 ? 4 : TILE_ROWS == 6 ? 8 : TILE_ROWS };
static void packTiles(real *target, const real *a, iptr aColumn, int rows, int inner) {
  int whole = rows / TILE_ROWS * TILE_ROWS, rest = rows - whole, readable = rows - TILE_COPIED;
  for (int k = 0; k < inner; k++, a += aColumn) {
    real *to = target + k * TILE_ROWS;
    int m = 0, wide = k + 1 < inner ? min(whole - TILE_ROWS, readable) : -1;
    for (; m <= wide; m += TILE_ROWS, to += (uptr)inner * TILE_ROWS) __builtin_memcpy(to, a + m, TILE_COPIED * sizeof(real));
    for (; m < whole; m += TILE_ROWS, to += (uptr)inner * TILE_ROWS)
      for (int i = 0; i < TILE_ROWS; i++) to[i] = a[m + i];
    to = target + (uptr)whole * inner + k * rest;
    for (int i = 0; i < rest; i++) to[i] = a[whole + i];
  }
}

// The ragged last panel goes through a full-width tile of its own.
static void raggedTile(const Product &p, Tile *compute, int height, int inner, const real *a, iptr aRow, iptr aColumn, const real *b,
                       real *c, int panel, const real *bias, bool accumulate) {
  real whole[TILE_ROWS * PANEL];
  int offsets[PANEL_VECTORS];
  for (int v = 0; v < PANEL_VECTORS; v++) offsets[v] = v * LANES;
  for (int pass = accumulate ? 0 : 1; pass < 2; pass++) {        // 0: C into the tile, 1: compute and back
    if (pass) compute(inner, a, aRow, aColumn, b, 0, whole, PANEL, offsets, bias, 0, accumulate);
    for (int v = 0; v < PANEL_VECTORS; v++) {
      int block = panel * PANEL_VECTORS + v, unit = block / p.columns.gates * LANES;
      real *to = c + block % p.columns.gates * p.columns.stride + unit;
      for (int i = 0; i < height; i++)
        for (int lane = 0; lane < min(LANES, p.columns.size - unit); lane++) {
          real &inC = to[i * p.cRow + lane], &inTile = whole[i * PANEL + v * LANES + lane];
          if (pass) inC = inTile; else inTile = inC;
        }
    }
  }
}

// One row: two panels at a time give the eight independent sums that hide the latency of the additions.
static int onePairOfPanels(const Product &p, int panel, int end, int k0, int inner, bool accumulate) {
  if (panel + 2 > end) return 0;
  int offsets[2 * PANEL_VECTORS];
  for (int v = 0; v < 2 * PANEL_VECTORS; v++) {
    int block = panel * PANEL_VECTORS + v, unit = block / p.columns.gates * LANES;
    if (unit + LANES > p.columns.size) return 0;
    offsets[v] = block % p.columns.gates * p.columns.stride + unit;
  }
  tile<1, 2>(inner, p.a.values + k0 * p.a.column, 0, p.a.column, p.packed + ((uptr)panel * p.inner + k0) * PANEL,
             (uptr)p.inner * PANEL, p.c, 0, offsets, p.bias ? p.bias + panel * PANEL : nullptr, PANEL, accumulate);
  return 2;
}

// `rows` rows of C from row m0 on and one panel, for `inner` steps of k from k0 on; `a` is that part of A, where a tile of
// fewer rows than TILE_ROWS is the last one.
static void multiplyPanel(const Product &p, int panel, Matrix a, bool packedTiles, int m0, int rows, int k0, int inner) {
  int offsets[PANEL_VECTORS];
  bool ragged = false, accumulate = p.accumulate || k0 > 0;
  for (int v = 0; v < PANEL_VECTORS; v++) {
    int block = panel * PANEL_VECTORS + v, unit = block / p.columns.gates * LANES;
    offsets[v] = block % p.columns.gates * p.columns.stride + unit;
    ragged |= unit + LANES > p.columns.size;
  }
  const real *b = p.packed + ((uptr)panel * p.inner + k0) * PANEL, *bias = p.bias ? p.bias + panel * PANEL : nullptr;
  for (int m = 0; m < rows; m += TILE_ROWS) {
    int height = min(TILE_ROWS, rows - m);
    const real *from = a.values + (packedTiles ? m * inner : m * a.row);
    iptr column = packedTiles ? height : a.column;
    real *c = p.c + (uptr)(m0 + m) * p.cRow;
    if (ragged) raggedTile(p, tileOf(height), height, inner, from, a.row, column, b, c, panel, bias, accumulate);
    else tileOf(height)(inner, from, a.row, column, b, 0, c, p.cRow, offsets, bias, 0, accumulate);
  }
}

// The panels in `range` of C.
static void multiply(const Product &p, Range range) {
  bool transposed = p.a.row == 1 && p.a.column != 1, oneRow = p.rows == 1 && !transposed;
  int blocks = divideUp(p.rows, transposed ? BLOCK_ROWS : PLAIN_BLOCK_ROWS), blockRows = blocks ? roundUp(divideUp(p.rows, blocks), TILE_ROWS) : 0;
  int k0 = 0;
  do {                                         // once even when inner is 0: C is then the bias
    int inner = min(BLOCK_K, p.inner - k0);
    for (int m0 = 0; m0 < p.rows; m0 += blockRows) {
      int rows = min(blockRows, p.rows - m0);
      Matrix a = {p.a.values + m0 * p.a.row + k0 * p.a.column, p.a.row, p.a.column};
      if (transposed) packTiles(p.scratch, a.values, a.column, rows, inner), a.values = p.scratch;
      for (int panel = range.begin; panel < range.end; panel++) {
        int done = oneRow ? onePairOfPanels(p, panel, range.end, k0, inner, p.accumulate || k0 > 0) : 0;
        if (done) panel += done - 1;
        else multiplyPanel(p, panel, a, transposed, m0, rows, k0, inner);
      }
    }
  } while ((k0 += BLOCK_K) < p.inner);
}

static real *scratchOf(const Context &context, Place place) { return context.reals(place) + (uptr)context.team.id * BLOCK_ROWS * BLOCK_K; }

static void run(const Context &context, const PackJob &job) {
  Columns columns = {1, (int)job.columns, 0};
  packPanels(context.reals(job.packed), job.rows, columns, context.reals(job.source), (int)job.rowStride, (int)job.columnStride,
             share(context.team, panelCount(columns), 1));
}

static void run(const Context &context, const MatmulJob &job) {
  Columns columns = {1, (int)job.columns, 0};
  bool byRows = job.rows >= 4 * TILE_ROWS * (u32)context.team.size;
  Range rows = byRows ? share(context.team, job.rows, TILE_ROWS) : Range{0, (int)job.rows};
  Range panels = byRows ? Range{0, panelCount(columns)} : share(context.team, panelCount(columns), 1);
  iptr aRow = (int)job.aRowStride, aColumn = (int)job.aColumnStride;
  Matrix a = {context.reals(job.a) + rows.begin * aRow, aRow, aColumn};
  multiply({rows.end - rows.begin, (int)job.inner, a, context.reals(job.packed), columns,
            context.reals(job.c) + (uptr)rows.begin * job.cRowStride, job.cRowStride, context.reals(job.bias), job.accumulate != 0,
            scratchOf(context, job.scratch)}, panels);
}

static void run(const Context &context, const ColumnSumsJob &job) {
  real *target = context.reals(job.target);
  const real *source = context.reals(job.source);
  Range columns = share(context.team, job.columns, PANEL);
  for (int j = columns.begin; j < columns.end; j += PANEL) {
    vec sums[PANEL_VECTORS];
    for (int v = 0; v < PANEL_VECTORS; v++) sums[v] = job.accumulate ? loadPart(target + j + v * LANES, max(0, columns.end - j - v * LANES)) : vec{};
    for (u32 i = job.rows; i-- > 0;)
      for (int v = 0; v < PANEL_VECTORS; v++) sums[v] += loadPart(source + (uptr)i * job.rowStride + j + v * LANES, max(0, columns.end - j - v * LANES));
    for (int v = 0; v < PANEL_VECTORS; v++) storePart(target + j + v * LANES, sums[v], max(0, columns.end - j - v * LANES));
  }
}

// target[j] += the sum over rows of a[i][j] b[i][j]: gradients of weights that every unit has for itself. One running
// sum per element, last row first, so that the segments of a sequence, last to first, add up to the same bits.
static void run(const Context &context, const ColumnProductsJob &job) {
  real *target = context.reals(job.target);
  const real *a = context.reals(job.a), *b = context.reals(job.b);
  Range columns = share(context.team, job.columns, PANEL);
  for (int j = columns.begin; j < columns.end; j += PANEL) {
    vec sums[PANEL_VECTORS];
    auto rest = [&](int v) { return max(0, columns.end - j - v * LANES); };
    for (int v = 0; v < PANEL_VECTORS; v++) sums[v] = loadPart(target + j + v * LANES, rest(v));
    for (u32 i = job.rows; i-- > 0;) {
      const real *left = a + (uptr)i * job.aRowStride + j, *right = b + (uptr)i * job.bRowStride + j;
      for (int v = 0; v < PANEL_VECTORS; v++) sums[v] = multiplyAdd(loadPart(left + v * LANES, rest(v)), loadPart(right + v * LANES, rest(v)), sums[v]);
    }
    for (int v = 0; v < PANEL_VECTORS; v++) storePart(target + j + v * LANES, sums[v], rest(v));
  }
}
