/**
 * The weights w that make Σ_t ( y_t - Σ_k w_k x_{kt} )² smallest, by Householder reflections with column pivoting (Businger and Golub
 * 1965): unlike the normal equations this does not square the condition of the problem. A column that the columns before it explain to
 * rounding gets the weight 0, so that the fit exists for every input. The columns should be alike in scale.
 */
export function leastSquares(columns: readonly Float64Array[], y: Float64Array): Float64Array {
  const reduced = columns.map((column) => column.slice())
  const right = y.slice()
  const order = columns.map((_, k) => k)
  const steps = Math.min(columns.length, y.length)
  let rank = 0
  let smallest = 0
  while (rank < steps) {
    const norms = order.slice(rank).map((k) => normFrom(reduced[k], rank))
    const largest = Math.max(...norms)
    if (rank === 0) smallest = largest * Math.max(columns.length, y.length) * Number.EPSILON
    if (largest <= smallest) break
    const place = rank + norms.indexOf(largest)
    ;[order[rank], order[place]] = [order[place], order[rank]]
    reflect(reduced[order[rank]], rank, [...order.slice(rank + 1).map((k) => reduced[k]), right])
    rank++
  }
  const weights = new Float64Array(columns.length)
  for (let row = rank - 1; row >= 0; row--) {
    let rest = right[row]
    for (let k = row + 1; k < rank; k++) rest -= reduced[order[k]][row] * weights[order[k]]
    weights[order[row]] = rest / reduced[order[row]][row]
  }
  return weights
}

function normFrom(column: Float64Array, from: number): number {
  let sum = 0
  for (let t = from; t < column.length; t++) sum += column[t] ** 2
  return Math.sqrt(sum)
}

/** Mirrors all columns so that `pivot` becomes 0 below the row `at`; its diagonal element is then -sign · norm, away from cancellation. */
function reflect(pivot: Float64Array, at: number, others: readonly Float64Array[]): void {
  const norm = normFrom(pivot, at)
  const diagonal = pivot[at] > 0 ? -norm : norm
  pivot[at] -= diagonal
  const scale = 2 / normFrom(pivot, at) ** 2
  for (const other of others) {
    let product = 0
    for (let t = at; t < other.length; t++) product += pivot[t] * other[t]
    for (let t = at; t < other.length; t++) other[t] -= scale * product * pivot[t]
  }
  pivot[at] = diagonal
}
