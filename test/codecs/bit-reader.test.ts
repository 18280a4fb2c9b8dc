import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BitReader } from '../../src/codecs/bit-reader.js'

const atEnd = (): never => {
  throw new RangeError('the end')
}

describe('bits', () => {
  it('are those of the bytes written out, in pieces of any size', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 53 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), sizes, (bytes, pieces) => {
        const text = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
        const reader = new BitReader(bytes, 0, atEnd)
        let at = 0
        for (const size of pieces) {
          if (at + size > text.length) {
            expect(() => reader.unsigned(size)).toThrow('the end')
            return
          }
          expect(reader.unsigned(size)).toBe(Number.parseInt(text.slice(at, at + size) || '0', 2))
          at += size
          expect(reader.place).toBe(Math.floor(at / 8))
        }
      }),
    )
  })

  it('are signed, counted and aligned', () => {
    const reader = new BitReader(Uint8Array.of(0b1110_0000, 0, 0b0001_1011, 0x80), 0, atEnd)
    expect([reader.signed(2), reader.signed(2), reader.zeros()]).toEqual([-1, -2, 15])
    expect([reader.unsigned(1), reader.zeros(), reader.place]).toEqual([1, 1, 2])
    reader.align()
    reader.align()
    expect([reader.place, reader.signed(8)]).toEqual([3, -128])
    expect(() => reader.zeros()).toThrow('the end')
  })
})
