/**
 * Philox4x32-10: ten rounds of multiply and xor turn a 128-bit counter and a 64-bit key into four random words.
 * It has no state: the same counter and key give the same words everywhere, in any order, on any thread.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; the constants are theirs.
 *
 * @example
 * philox(0, 0, 0, 0, 0, 0)   // [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
 */
export function philox(
  key0: number,
  key1: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
): [number, number, number, number] {
  const words = new Uint32Array(4)
  philoxInto(words, key0, key1, c0, c1, c2, c3)
  return [words[0], words[1], words[2], words[3]]
}

/** `philox` without an allocation: the four words are written into `words`. */
export function philoxInto(
  words: Uint32Array,
  key0: number,
  key1: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = highProduct(c0, 0xd251, 0x1f53)
    const high1 = highProduct(c2, 0xcd9e, 0x8d57)
    const low0 = Math.imul(c0, 0xd2511f53)
    const low1 = Math.imul(c2, 0xcd9e8d57)
    c0 = high1 ^ c1 ^ key0
    c1 = low1
    c2 = high0 ^ c3 ^ key1
    c3 = low0
    key0 = (key0 + 0x9e3779b9) | 0
    key1 = (key1 + 0xbb67ae85) | 0
  }
  words[0] = c0
  words[1] = c1
  words[2] = c2
  words[3] = c3
}

/** The upper 32 bits of a 32 x 32-bit product; JavaScript has no such instruction, so it is put together from halves. */
function highProduct(word: number, high: number, low: number): number {
  const wordHigh = word >>> 16
  const wordLow = word & 0xffff
  const middle = wordHigh * low + (Math.imul(wordLow, low) >>> 16)
  const carry = wordLow * high + (middle & 0xffff)
  return (wordHigh * high + (middle >>> 16) + (carry >>> 16)) | 0
}
