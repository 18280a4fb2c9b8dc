import { expect, it } from 'vitest'
import { normalQuantile } from '../../src/metrics/normal.js'
import { studentQuantile } from '../../src/metrics/student-t.js'

// python: scipy.stats.norm.ppf
it.each([
  [1e-6, -4.753424308822899],
  [0.1, -1.2815515655446004],
  [0.5, 0],
  [0.975, 1.959963984540054],
])('the normal quantile of %f is that of scipy', (probability, z) => {
  expect(normalQuantile(probability)).toBeCloseTo(z, 9)
})

// python: scipy.stats.t.ppf
it.each([
  [0.9, 1.5, 2.1963984175655376],
  [0.975, 5, 2.5705818356363146],
  [0.05, 100, -1.6602343260853396],
  [0.5, 3, 0],
])('the quantile %f of Student with %f degrees is that of scipy', (probability, degrees, t) => {
  expect(studentQuantile(probability, degrees)).toBeCloseTo(t, 9)
})
