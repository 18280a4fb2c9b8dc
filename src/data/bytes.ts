/**
 * The character that stands for each byte in byte-level vocabularies: itself where it is printable, else one from U+0100 on
 * (`bytes_to_unicode` of GPT-2). A blank is `Ġ`, a line feed `Ċ`.
 */
export const byteCharacters: readonly string[] = charactersOfBytes()

function charactersOfBytes(): string[] {
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad)
    return String.fromCharCode(printable ? byte : next++)
  })
}

const bytesOfCharacters = new Map(byteCharacters.map((character, byte) => [character, byte]))

/** The bytes that a byte-level token stands for, undefined when it holds another character. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length)
  for (let i = 0; i < token.length; i++) {
    const byte = bytesOfCharacters.get(token[i])
    if (byte === undefined) return undefined
    bytes[i] = byte
  }
  return bytes
}

/** For every byte of a text in UTF-8 where its character begins and ends in the text, in UTF-16 code units. */
export function byteOffsets(text: string, bytes: number): { starts: Int32Array; ends: Int32Array } {
  const starts = new Int32Array(bytes)
  const ends = new Int32Array(bytes)
  let byte = 0
  for (let unit = 0; unit < text.length; ) {
    const code = text.codePointAt(unit) ?? 0
    const units = code > 0xffff ? 2 : 1
    const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    starts.fill(unit, byte, byte + length)
    ends.fill(unit + units, byte, byte + length)
    byte += length
    unit += units
  }
  return { starts, ends }
}
