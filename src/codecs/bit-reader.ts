/** Bytes read bit by bit, the highest bit of each first. */
export class BitReader {
  #byte: number
  /** Bits of the byte that are read already. */
  #used = 0

  constructor(
    readonly bytes: Uint8Array,
    begin: number,
    /** Called when the bytes end too early; throws. */
    readonly atEnd: () => never,
  ) {
    this.#byte = begin
  }

  /** The byte that is read next, or in which the next bit is. */
  get place(): number {
    return this.#byte
  }

  /** Up to 53 bits as a whole number from 0. */
  unsigned(bits: number): number {
    if (bits > 24) return this.unsigned(bits - 24) * 2 ** 24 + this.unsigned(24)
    const end = this.#used + bits
    if (this.#byte + (end >> 3) + (end & 7 ? 1 : 0) > this.bytes.length) this.atEnd()
    const { bytes } = this
    const at = this.#byte
    const word = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
    this.#byte += end >> 3
    this.#used = end & 7
    return bits === 0 ? 0 : (word << (end - bits)) >>> (32 - bits)
  }

  /** The same in two's complement. */
  signed(bits: number): number {
    const value = this.unsigned(bits)
    return bits > 0 && value >= 2 ** (bits - 1) ? value - 2 ** bits : value
  }

  /** How many zeros stand before the next one, which is passed over. */
  zeros(): number {
    for (let count = 0; this.#byte < this.bytes.length; this.#byte++, this.#used = 0) {
      const rest = (this.bytes[this.#byte] << this.#used) & 255
      if (rest === 0) {
        count += 8 - this.#used
        continue
      }
      const zeros = Math.clz32(rest) - 24
      const end = this.#used + zeros + 1
      this.#byte += end >> 3
      this.#used = end & 7
      return count + zeros
    }
    return this.atEnd()
  }

  /** Passes over what is left of a byte that is begun. */
  align(): void {
    if (this.#used > 0) this.#byte++
    this.#used = 0
  }
}
