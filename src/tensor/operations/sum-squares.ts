import type { Tensor } from '../tensor.js'

/** Σ x² as a plain number, added up in double precision and in the same order on any number of threads: for norms. */
export function sumSquares(x: Tensor): number {
  const { engine } = x
  return engine.scope(() => {
    const words = engine.indices([0, 0])
    engine.run('sumSquares', { count: x.size, source: x.place, target: words.place })
    return new Float64Array(words.data.slice().buffer)[0]
  })
}
