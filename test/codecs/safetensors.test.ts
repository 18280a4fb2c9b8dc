import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safetensors } from '../../src/codecs/index.js'
import { FormatError, UsageError } from '../../src/errors.js'

type Tensors = Record<string, safetensors.StoredTensor>
const { decode, encode } = safetensors

/** A file with this header text and as many data bytes. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, 8)
  return bytes
}

function record(shape: string, offsets: string, dtype = 'F32'): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`
}

const example: Tensors = {
  'head.weight': { dtype: 'F32', shape: [2, 3], data: new Float32Array([1, 2, 3, 4, 5, -0]) },
  mask: { dtype: 'BOOL', shape: [3], data: new Uint8Array([0, 1, 1]) },
  steps: { dtype: 'I64', shape: [], data: new BigInt64Array([-5n]) },
  'a\n"é😀': { dtype: 'F16', shape: [1, 1], data: new Uint16Array([0x3c00]) },
  __proto__x: { dtype: 'F64', shape: [0, 7], data: new Float64Array(0) },
}

describe('encode', () => {
  it('writes the bytes of the format description', () => {
    const bytes = encode({ b: { dtype: 'F32', shape: [1], data: new Float32Array([1]) } }, { k: 'v' })
    const header = '{"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    expect(new TextDecoder().decode(bytes.subarray(8, -4))).toBe(
      header.padEnd(Math.ceil(header.length / 8) * 8),
    )
    expect([...bytes.subarray(0, 8)]).toEqual([80, 0, 0, 0, 0, 0, 0, 0])
    expect([...bytes.subarray(-4)]).toEqual([0, 0, 0x80, 0x3f])
  })

  it('gives equal bytes whatever the order of names and keys', () => {
    const reversed = Object.fromEntries(Object.entries(example).reverse())
    expect(encode(reversed, { a: '1', b: '2' })).toEqual(encode(example, { b: '2', a: '1' }))
  })

  it('writes what a view shows, not the buffer behind it', () => {
    const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3)
    expect(decode(encode({ x: { dtype: 'F32', shape: [2], data } })).tensors.x.data).toEqual(
      new Float32Array([1, 2]),
    )
  })

  it.each<[string, Tensors, string]>([
    [
      'a shape that does not fit',
      { x: { dtype: 'U8', shape: [2], data: new Uint8Array(3) } },
      'does not fit 3',
    ],
    [
      'the reserved name',
      { __metadata__: { dtype: 'U8', shape: [0], data: new Uint8Array(0) } },
      '__metadata__',
    ],
    [
      'half a surrogate pair',
      { '\ud800': { dtype: 'U8', shape: [0], data: new Uint8Array(0) } },
      'valid Unicode',
    ],
    [
      'another array',
      { x: { dtype: 'F32', shape: [1], data: new Int32Array(1) } as never },
      'must be a Float32Array',
    ],
    [
      'an unknown type',
      { x: { dtype: 'F4', shape: [1], data: new Uint8Array(1) } as never },
      'unknown dtype F4',
    ],
  ])('refuses %s', (_, tensors, message) => {
    expect(() => encode(tensors)).toThrow(UsageError)
    expect(() => encode(tensors)).toThrow(message)
  })
})

describe('decode', () => {
  it('gives back what was encoded, as views of the bytes', () => {
    const bytes = encode(example, { note: 'ü', empty: '' })
    const { tensors, metadata } = decode(bytes)
    expect({ ...tensors }).toEqual(example)
    expect({ ...metadata }).toEqual({ note: 'ü', empty: '' })
    for (const tensor of Object.values(tensors)) expect(tensor.data.buffer).toBe(bytes.buffer)
  })

  it('copies where the bytes are not aligned', () => {
    const shifted = new Uint8Array(encode(example).length + 1).subarray(1)
    shifted.set(encode(example))
    const { tensors } = decode(shifted)
    expect({ ...tensors }).toEqual(example)
    expect(tensors.mask.data.buffer).toBe(shifted.buffer)
    expect(tensors.steps.data.buffer).not.toBe(shifted.buffer)
  })

  it('reads headers in any order, with spaces, escapes and tensors named like object members', () => {
    const header =
      ` {"__proto__" : ${record('[1]', '[4,8]')},\n"\\u0061":${record('[ 1 ]', '[0 ,4]')} }  `.trimStart()
    const { tensors } = decode(file(header, 8))
    expect(Object.keys(tensors).sort()).toEqual(['__proto__', 'a'])
    expect(decode(file('{}')).tensors).toEqual({})
  })

  it('round-trips any tensors', () => {
    const tensor = fc
      .tuple(fc.constantFrom('F32', 'I64', 'U8', 'BF16'), fc.array(fc.nat(4), { maxLength: 4 }))
      .map(([dtype, shape]) => {
        const size = shape.reduce((a, b) => a * b, 1)
        const arrays = { F32: Float32Array, I64: BigInt64Array, U8: Uint8Array, BF16: Uint16Array }
        return { dtype, shape, data: new arrays[dtype](size) } as safetensors.StoredTensor
      })
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__')
    fc.assert(
      fc.property(
        fc.dictionary(name, tensor, { maxKeys: 6 }),
        fc.dictionary(name, name),
        (tensors, metadata) => {
          const read = decode(encode(tensors, metadata))
          expect(Object.entries(read.tensors).sort()).toEqual(Object.entries(tensors).sort())
          expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort())
        },
      ),
    )
  })

  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'at least 8 bytes, found 0'],
    ['a text file', new TextEncoder().encode('Call me Ishmael.'), 'no safetensors file (header length'],
    [
      'a header longer than the file',
      file('{}').subarray(0, 9),
      'truncated: the header takes 2 bytes, the file has 1',
    ],
    ['invalid UTF-8', file(new Uint8Array([0x7b, 0xff, 0x7d])), 'not valid UTF-8'],
    ['a byte order mark', file('\ufeff{}'), 'expected { at character 0'],
    ['an array', file('[]'), 'expected { at character 0, found "[]"'],
    ['no header', file(''), 'expected { at character 0'],
    ['text after the header', file('{} x'), 'only spaces after the header'],
    ['an open object', file('{"a":'), 'expected { at character 5'],
    ['an open string', file('{"a'), 'expected a valid string'],
    ['a bad escape', file('{"\\x":{}}'), 'expected a valid string'],
    ['half a surrogate pair', file('{"\\ud800":{}}'), 'expected a valid string'],
    [
      'a tensor twice',
      file(`{"a":${record('[0]', '[0,0]')},"\\u0061":${record('[0]', '[0,0]')}}`),
      'key "a" twice',
    ],
    ['a field twice', file('{"a":{"dtype":"F32","dtype":"F32"}}'), 'key "dtype" twice'],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), 'key "__metadata__" twice'],
    ['metadata that is no text', file('{"__metadata__":{"a":1}}'), 'expected a string'],
    [
      'an unknown field',
      file('{"a":{"type":"F32"}}'),
      'expected dtype, shape or data_offsets as field of tensor "a"',
    ],
    [
      'a missing field',
      file('{"a":{"dtype":"F32","shape":[]}}'),
      'expected dtype, shape and two data_offsets',
    ],
    ['three offsets', file(`{"a":${record('[0]', '[0,0,0]')}}`), 'two data_offsets'],
    ['a deep value', file(`{"a":${'['.repeat(100_000)}`), 'expected { at character 5'],
    [
      'an unknown type',
      file(`{"a":${record('[1]', '[0,4]', 'F33')}}`, 4),
      'unknown dtype "F33", nearest is F32; known',
    ],
    [
      'a type named like a member',
      file(`{"a":${record('[1]', '[0,4]', 'valueOf')}}`, 4),
      'unknown dtype "valueOf"',
    ],
    [
      'a negative extent',
      file(`{"a":${record('[-1]', '[0,4]')}}`, 4),
      'expected a non-negative integer below 2^53',
    ],
    ['a fraction', file(`{"a":${record('[1.0]', '[0,4]')}}`, 4), 'expected a non-negative integer'],
    ['an exponent', file(`{"a":${record('[1e0]', '[0,4]')}}`, 4), 'expected a non-negative integer'],
    ['a leading zero', file(`{"a":${record('[01]', '[0,4]')}}`, 4), 'expected a non-negative integer'],
    [
      'a number beyond 2^53',
      file(`{"a":${record('[9007199254740993]', '[0,4]')}}`, 4),
      'non-negative integer',
    ],
    [
      'an endless number',
      file(`{"a":${record(`[${'9'.repeat(400)}]`, '[0,4]')}}`, 4),
      'non-negative integer',
    ],
    [
      'an overflowing product',
      file(`{"a":${record('[4294967296,4294967296]', '[0,0]')}}`),
      'too many elements',
    ],
    [
      'a product that wraps to the size',
      file(`{"a":${record('[3,6148914691236517206]', '[0,4]')}}`, 4),
      'integer',
    ],
    [
      'overflow beyond numbers',
      file(`{"a":${record(`[${Array(99).fill(2 ** 50)}]`, '[0,4]')}}`, 4),
      'too many elements',
    ],
    ['an end before its begin', file(`{"a":${record('[0]', '[4,0]')}}`, 4), '[4, 0] end before they begin'],
    ['too few bytes', file(`{"a":${record('[2]', '[0,4]')}}`, 4), 'hold 4 bytes, shape [2] of F32 needs 8'],
    [
      'an overlap',
      file(`{"a":${record('[2]', '[0,8]')},"b":${record('[1]', '[4,8]')}}`, 8),
      'inside the tensor before',
    ],
    [
      'a hole',
      file(`{"a":${record('[1]', '[0,4]')},"b":${record('[1]', '[8,12]')}}`, 12),
      'leaving a hole after 4',
    ],
    ['a hole at the start', file(`{"a":${record('[1]', '[4,8]')}}`, 8), 'leaving a hole after 0'],
    ['missing data', file(`{"a":${record('[2]', '[0,8]')}}`, 7), 'truncated: data ends at 8, the file has 7'],
    ['a huge tensor', file(`{"a":${record('[1099511627776]', '[0,4398046511104]')}}`), 'truncated'],
    ['trailing bytes', file(`{"a":${record('[1]', '[0,4]')}}`, 5), '1 bytes follow the last tensor'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decode(bytes, 'x.safetensors')).toThrow(FormatError)
    expect(() => decode(bytes, 'x.safetensors')).toThrow(message)
    expect(() => decode(bytes, 'x.safetensors')).toThrow('x.safetensors: ')
  })

  it('keeps its messages short', () => {
    const header = `{"${'n'.repeat(1e6)}":${record(`[${Array(1e5).fill(1)}]`, '[0,1]')}}`
    expect(() => decode(file(header, 1))).toThrow(/^.{0,400}$/s)
  })
})

describe('the reference implementation', () => {
  it('has its file read, and the same tensors written as the same bytes', () => {
    const bytes = new Uint8Array(Buffer.from(REFERENCE, 'hex'))
    const { tensors, metadata } = decode(bytes)
    expect({ ...tensors }).toEqual({
      'rnn.weight': { dtype: 'F32', shape: [2, 3], data: new Float32Array([0, 1, 2, 3, 4, 5]) },
      ids: { dtype: 'I64', shape: [2], data: new BigInt64Array([-1n, 7n]) },
      h: { dtype: 'F16', shape: [1], data: new Uint16Array([0x3e00]) },
      s: { dtype: 'F64', shape: [], data: new Float64Array([2.5]) },
    })
    expect({ ...metadata }).toEqual({ format: 'pt' })
    expect(encode(tensors, metadata)).toEqual(bytes)
  })
})

describe('damage', () => {
  const whole = encode(example, { note: 'kept' })

  /** Decodes; anything but a FormatError fails the test. Whatever was read must lie within the file. */
  function survives(bytes: Uint8Array): void {
    let tensors: Tensors = {}
    try {
      tensors = decode(bytes).tensors
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError)
    }
    const held = Object.values(tensors).reduce((sum, tensor) => sum + tensor.data.byteLength, 0)
    expect(held).toBeLessThanOrEqual(bytes.length)
  }

  it('of every single bit is survived', () => {
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = whole.slice()
      bytes[bit >> 3] ^= 1 << (bit & 7)
      survives(bytes)
    }
  })

  it('of several bits is survived', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length * 8 - 1), { minLength: 2, maxLength: 9 }), (bits) => {
        const bytes = whole.slice()
        for (const bit of bits) bytes[bit >> 3] ^= 1 << (bit & 7)
        survives(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  it('by truncation is always found', () => {
    for (let length = 0; length < whole.length; length++)
      expect(() => decode(whole.subarray(0, length))).toThrow(FormatError)
  })

  it('by swapped pieces of the header is survived', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.string(), (from, to, text) => {
        const header = new TextDecoder().decode(whole.subarray(8, 8 + whole[0] + 256 * whole[1]))
        survives(file(header.slice(0, from) + text + header.slice(to), 25))
      }),
      { numRuns: 2000 },
    )
  })

  it('cannot make it allocate: a 60-byte file that claims terabytes is refused at once', () => {
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 1000; i++) survives(file(`{"a":${record('[1099511627776]', '[0,4398046511104]')}}`))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10e6)
  })
})

// safetensors 0.8.0 (Python) wrote this: save({'rnn.weight': np.arange(6, dtype=np.float32).reshape(2, 3),
// 'ids': np.array([-1, 7]), 'h': np.array([1.5], dtype=np.float16), 's': np.array(2.5)}, {'format': 'pt'})
const REFERENCE = [
  '08010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a227074227d2c22696473223a7b22',
  '6474797065223a22493634222c227368617065223a5b325d2c22646174615f6f666673657473223a5b302c31365d7d2c',
  '2273223a7b226474797065223a22463634222c227368617065223a5b5d2c22646174615f6f666673657473223a5b3136',
  '2c32345d7d2c22726e6e2e776569676874223a7b226474797065223a22463332222c227368617065223a5b322c335d2c',
  '22646174615f6f666673657473223a5b32342c34385d7d2c2268223a7b226474797065223a22463136222c2273686170',
  '65223a5b315d2c22646174615f6f666673657473223a5b34382c35305d7d7d20ffffffffffffffff0700000000000000',
  '0000000000000440000000000000803f0000004000004040000080400000a040003e',
].join('')
