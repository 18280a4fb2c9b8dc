import { UsageError } from '../errors.js'
import { logarithm } from './logarithm.js'
import { philoxInto } from './philox.js'

/** The last counter word says what a block is for, so that draws, names and the kernels' dropout (0) never share one. */
const DRAW = 1
const SPLIT_TEXT = 2
const SPLIT_NUMBER = 3
const SEED_TEXT = 4

const TWO_32 = 2 ** 32
const TWO_53 = 2 ** 53

/** What a counter needs: the key alone decides a stream, `counter` the place in it. */
interface Key {
  readonly key0: number
  readonly key1: number
}

/**
 * A seeded stream of random numbers that can be split by name: equal seeds and names give equal numbers on every machine.
 *
 * Word n of a stream is word n mod 4 of Philox4x32-10 of block n div 4 under the stream's key. A split hashes the name into
 * a new key; it neither reads nor moves the counter, so the order of splits and draws does not matter.
 *
 * `seed` is a safe integer or any text; anything else is a `UsageError`.
 *
 * @example
 * const random = new Random(1)
 * const weights = random.split('weights')      // the same stream whatever was drawn before
 * weights.normal()                             // mean 0, deviation 1
 * random.split('step').split(17).uniform()     // the numbers of step 17, without those of steps 0 to 16
 */
export class Random {
  readonly key0: number
  readonly key1: number
  #counter = 0
  #block = -1
  readonly #words = new Uint32Array(4)

  constructor(seed: number | string | Key) {
    const key = typeof seed === 'object' ? seed : keyOfSeed(seed)
    this.key0 = key.key0 >>> 0
    this.key1 = key.key1 >>> 0
  }

  /** How many words were drawn. Setting it moves to that place; with the key it is the whole state. */
  get counter(): number {
    return this.#counter
  }

  set counter(place: number) {
    if (!Number.isSafeInteger(place) || place < 0)
      throw new UsageError(`Random: counter must be a non-negative safe integer, got ${place}`)
    this.#counter = place
  }

  /** The independent stream called `name` (text or a safe integer); a pure function of this stream's key and the name. */
  split(name: string | number): Random {
    if (typeof name === 'string') return new Random(absorb(this, name, SPLIT_TEXT))
    if (!Number.isSafeInteger(name))
      throw new UsageError(`Random.split: a number must be a safe integer, got ${name}`)
    return new Random(hash(this, name >>> 0, Math.floor(name / TWO_32) >>> 0, 0, SPLIT_NUMBER))
  }

  /** The next 32-bit word, 0 to 2^32 - 1. */
  next(): number {
    const block = Math.floor(this.#counter / 4)
    if (block !== this.#block) {
      philoxInto(this.#words, this.key0, this.key1, block >>> 0, (block / TWO_32) >>> 0, 0, DRAW)
      this.#block = block
    }
    return this.#words[this.#counter++ & 3]
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    return this.#bits53() / TWO_53
  }

  /**
   * A number of the normal distribution with mean 0 and deviation 1.
   *
   * Source: Marsaglia's polar method (1964); its second number is dropped, so that the counter stays the whole state.
   */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1
      const v = 2 * this.uniform() - 1
      const square = u * u + v * v
      if (square < 1 && square > 0) return u * Math.sqrt((-2 * logarithm(square)) / square)
    }
  }

  /** An integer in [0, n), every one equally likely (draws beyond the last multiple of n are repeated). 1 <= n <= 2^53. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_53)
      throw new UsageError(`Random.integer: n must be an integer from 1 to 2^53, got ${n}`)
    const range = n <= TWO_32 ? TWO_32 : TWO_53
    const limit = range - (range % n)
    for (;;) {
      const value = n <= TWO_32 ? this.next() : this.#bits53()
      if (value < limit) return value % n
    }
  }

  /** Puts the array in random order, in place, and returns it; every order is equally likely (Fisher-Yates). */
  shuffle<A extends unknown[] | Int32Array>(array: A): A {
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.integer(last + 1)
      const kept = array[last]
      array[last] = array[other]
      array[other] = kept
    }
    return array
  }

  /** The numbers 0 to n - 1 in random order. */
  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i))
  }

  #bits53(): number {
    const high = this.next() >>> 5
    return high * 2 ** 26 + (this.next() >>> 6)
  }
}

function keyOfSeed(seed: number | string): Key {
  if (typeof seed === 'string') return absorb({ key0: 0, key1: 0 }, seed, SEED_TEXT)
  if (!Number.isSafeInteger(seed)) throw new UsageError(`seed must be a safe integer or text, got ${seed}`)
  return { key0: seed >>> 0, key1: Math.floor(seed / TWO_32) >>> 0 }
}

/** Hashes a text into a key: each four UTF-16 units, and where they stand, are encrypted under the key so far. */
function absorb(key: Key, text: string, purpose: number): Key {
  let current = key
  for (let i = 0; i <= text.length; i += 4) {
    const unit = (j: number) => (i + j < text.length ? text.charCodeAt(i + j) : 0)
    const remaining = text.length - i
    current = hash(current, unit(0) | (unit(1) << 16), unit(2) | (unit(3) << 16), remaining, purpose)
  }
  return current
}

function hash(key: Key, c0: number, c1: number, c2: number, c3: number): Key {
  const words = new Uint32Array(4)
  philoxInto(words, key.key0, key.key1, c0, c1, c2, c3)
  return { key0: words[0], key1: words[1] }
}
