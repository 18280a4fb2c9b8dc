/** Whole numbers from 0 in one, two or four bytes each. */
export type Tokens = Uint8Array | Uint16Array | Int32Array

/** Makes arrays of numbers from 0 to `kinds` - 1 that take as few bytes as they can. */
export function tokensBelow(kinds: number): new (length: number) => Tokens {
  return kinds <= 2 ** 8 ? Uint8Array : kinds <= 2 ** 16 ? Uint16Array : Int32Array
}

const SHORTEST = 64
const LONGEST = 2 ** 20

/** A long sequence of tokens that grows: it takes hardly more memory than its tokens, however long it becomes. */
export class TokenList<T extends Tokens = Tokens> {
  readonly #make: new (
    length: number,
  ) => T
  readonly #full: T[] = []
  #last: T
  #used = 0
  #before = 0

  constructor(make: new (length: number) => T) {
    this.#make = make
    this.#last = new make(SHORTEST)
  }

  get length(): number {
    return this.#before + this.#used
  }

  push(token: number): void {
    if (this.#used === this.#last.length) {
      this.#full.push(this.#last)
      this.#before += this.#used
      this.#last = new this.#make(Math.min(LONGEST, this.#before))
      this.#used = 0
    }
    this.#last[this.#used++] = token
  }

  add(tokens: ArrayLike<number>): void {
    for (let i = 0; i < tokens.length; i++) this.push(tokens[i])
  }

  /** All tokens in one array. The list is empty then: its pieces are let go as they are copied. */
  finish(): T {
    const whole = new this.#make(this.length)
    let place = 0
    for (let piece = this.#full.shift(); piece; piece = this.#full.shift()) {
      whole.set(piece, place)
      place += piece.length
    }
    whole.set(this.#last.subarray(0, this.#used), place)
    this.#last = new this.#make(SHORTEST)
    this.#used = 0
    this.#before = 0
    return whole
  }
}
