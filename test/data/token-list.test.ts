import { expect, it } from 'vitest'
import { TokenList, tokensBelow } from '../../src/data/token-list.js'

it.each([1, 63, 64, 65, 1000, 3_000_000])('holds %d tokens in their order', (length) => {
  const list = new TokenList(tokensBelow(200))
  list.add(Array.from({ length: length - 1 }, (_, i) => i % 199))
  list.push(199)
  expect(list.length).toBe(length)
  const whole = list.finish()
  expect(whole.length).toBe(length)
  expect(whole.every((token, i) => token === (i === length - 1 ? 199 : i % 199))).toBe(true)
  expect(list.length).toBe(0)
})

it('takes as few bytes as the tokens need', () => {
  expect(tokensBelow(256)).toBe(Uint8Array)
  expect(tokensBelow(257)).toBe(Uint16Array)
  expect(tokensBelow(65_536)).toBe(Uint16Array)
  expect(tokensBelow(65_537)).toBe(Int32Array)
})
