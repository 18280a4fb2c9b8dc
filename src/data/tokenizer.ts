/** A text as ids, and where each of them is in the text: from `starts[i]` up to `ends[i]`, in UTF-16 code units. */
export interface EncodedText {
  readonly ids: Int32Array
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/**
 * Cuts texts into tokens with ids and puts texts together from ids. `CharacterTokenizer`, `WordTokenizer` and `BytePairs` are
 * such; models know only this interface. `JSON.stringify` writes one down, `tokenizerFromJSON` reads it again.
 *
 * @example
 * const { ids, starts, ends } = tokenizer.encode(text)
 * text.slice(starts[2], ends[2])   // what the third token stands for
 */
export interface Tokenizer {
  /** How many ids there are: 0 to size - 1. */
  readonly size: number
  /** The names of tokens that stand for no text, such as `<s>`. */
  readonly specials: readonly string[]
  encode(text: string): EncodedText
  /** The text of some ids; special tokens are left out. */
  decode(ids: ArrayLike<number>): string
  /** The id of a token, special ones included; undefined when it is not in the vocabulary. */
  id(token: string): number | undefined
  /** The token of an id, undefined when there is none. */
  token(id: number): string | undefined
  toJSON(): unknown
}

/** Collects the tokens of an encoding. */
export class EncodingBuilder {
  readonly #ids: number[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  add(id: number, start: number, end: number): void {
    this.#ids.push(id)
    this.#starts.push(start)
    this.#ends.push(end)
  }

  build(): EncodedText {
    return {
      ids: Int32Array.from(this.#ids),
      starts: Int32Array.from(this.#starts),
      ends: Int32Array.from(this.#ends),
    }
  }
}
