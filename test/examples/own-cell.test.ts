import { expect, test } from 'vitest'

test('the example of an own cell learns its task through the public API', async () => {
  const { accuracy } = await import('../../examples/own-cell.js')
  expect(accuracy).toBeGreaterThan(0.95)
})
