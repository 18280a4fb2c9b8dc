import { FormatError } from '../errors.js'

/** The reference implementation reads no longer header either. */
export const MAXIMUM_HEADER = 100_000_000

/** One tensor of the header, its grammar checked, its meaning not yet. */
export interface HeaderEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

interface Header {
  readonly entries: HeaderEntry[]
  readonly metadata: Record<string, string>
}

/**
 * Reads the JSON header of a safetensors file. It accepts exactly the format's grammar, an object of flat records, so nothing
 * in it can nest or repeat: a duplicate key, another field or a number that is no natural number is a `FormatError` with its
 * place. `JSON.parse` cannot do this: it keeps the last of two equal keys in silence.
 */
export function parseHeader(bytes: Uint8Array, file: string): Header {
  return new HeaderReader(decodeText(bytes, file), file).header()
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    // ignoreBOM: a byte order mark stays in the text, where the grammar refuses it
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new FormatError(`${file}: the header is not valid UTF-8`)
  }
}

/** JSON.parse refuses bad escapes and control characters; half a surrogate pair could not be written again. */
function parseString(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal)
    return typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A name for an error message: quoted, and cut when it is long. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
}

class HeaderReader {
  #place = 0

  constructor(
    readonly text: string,
    readonly file: string,
  ) {}

  header(): Header {
    if (this.text[0] !== '{') this.#fail('{')
    const entries: HeaderEntry[] = []
    let metadata: Record<string, string> = Object.create(null)
    this.#object((name) => {
      if (name === '__metadata__') metadata = this.#metadata()
      else entries.push(this.#entry(name))
    })
    if (/[^ \t\r\n]/.test(this.text.slice(this.#place))) this.#fail('only spaces after the header')
    return { entries, metadata }
  }

  #metadata(): Record<string, string> {
    const metadata: Record<string, string> = Object.create(null)
    this.#object((key) => {
      metadata[key] = this.#string()
    })
    return metadata
  }

  #entry(name: string): HeaderEntry {
    let dtype: string | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    this.#object((field) => {
      if (field === 'dtype') dtype = this.#string()
      else if (field === 'shape') shape = this.#naturals()
      else if (field === 'data_offsets') offsets = this.#naturals()
      else this.#fail(`dtype, shape or data_offsets as field of tensor ${shown(name)}`)
    })
    if (dtype === undefined || shape === undefined || offsets === undefined || offsets.length !== 2)
      throw new FormatError(
        `${this.file}: tensor ${shown(name)}: expected dtype, shape and two data_offsets in its record`,
      )
    return { name, dtype, shape, begin: offsets[0], end: offsets[1] }
  }

  /** { "key": value, … }; `value` reads the value of the key that it is given. */
  #object(value: (key: string) => void): void {
    const seen = new Set<string>()
    this.#expect('{')
    if (this.#accept('}')) return
    do {
      const key = this.#string()
      if (seen.has(key)) throw new FormatError(`${this.file}: the header has the key ${shown(key)} twice`)
      seen.add(key)
      this.#expect(':')
      value(key)
    } while (this.#accept(','))
    this.#expect('}')
  }

  #naturals(): number[] {
    const numbers: number[] = []
    this.#expect('[')
    if (this.#accept(']')) return numbers
    do numbers.push(this.#natural())
    while (this.#accept(','))
    this.#expect(']')
    return numbers
  }

  #natural(): number {
    this.#skipSpace()
    const start = this.#place
    const found = this.#match(/[0-9.eE+-]{1,24}/y)
    const value = Number(found)
    if (/^(0|[1-9][0-9]*)$/.test(found) && Number.isSafeInteger(value)) return value
    this.#place = start
    return this.#fail('a non-negative integer below 2^53')
  }

  #string(): string {
    this.#skipSpace()
    if (this.text[this.#place] !== '"') this.#fail('a string')
    let end = this.#place + 1
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1
    const value = parseString(this.text.slice(this.#place, end + 1))
    if (value === undefined) return this.#fail('a valid string')
    this.#place = end + 1
    return value
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#fail(character)
  }

  #accept(character: string): boolean {
    this.#skipSpace()
    if (this.text[this.#place] !== character) return false
    this.#place++
    return true
  }

  #skipSpace(): void {
    this.#match(/[ \t\r\n]*/y)
  }

  /** The text that the sticky pattern finds here, '' when it does not fit. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#place
    const found = pattern.exec(this.text)?.[0] ?? ''
    this.#place += found.length
    return found
  }

  #fail(expected: string): never {
    const found = this.text.slice(this.#place, this.#place + 20)
    throw new FormatError(
      `${this.file}: no valid safetensors header: expected ${expected} at character ${this.#place}, found ${JSON.stringify(found)}`,
    )
  }
}
