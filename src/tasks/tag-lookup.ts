import type { Chunk } from '../codecs/tags.js'
import { chunksOf } from '../codecs/tags.js'
import { majority } from '../metrics/majority.js'

/** Tokens and what is right for them. */
interface Tagged {
  readonly tokens: readonly string[]
  readonly tags: readonly string[]
}

/**
 * The baseline of tagging: each word gets the tag that it had most often, whatever stands beside it; unknown words are outside.
 *
 * ```ts
 * const lookup = TagLookup.of([{ tokens: ['to', 'Paris'], tags: ['O', 'B-city'] }])
 * lookup.spans(['from', 'paris']) // [{ type: 'city', start: 1, end: 2 }]
 * ```
 */
export class TagLookup {
  readonly #tags: ReadonlyMap<string, string>

  /** `entries`: words in lower case with their tags; those outside may be left out. */
  constructor(readonly entries: readonly (readonly [word: string, tag: string])[]) {
    this.#tags = new Map(entries)
  }

  /** Counts tagged tokens; of equally frequent tags the first in the order of code units is taken. */
  static of(sentences: readonly Tagged[]): TagLookup {
    const seen = new Map<string, string[]>()
    for (const { tokens, tags } of sentences)
      for (const [place, token] of tokens.entries()) {
        const word = token.toLowerCase()
        const list = seen.get(word)
        if (list) list.push(tags[place])
        else seen.set(word, [tags[place]])
      }
    const entries = [...seen].map(([word, tags]) => [word, majority(tags)] as const)
    return new TagLookup(entries.filter(([, tag]) => tag !== 'O'))
  }

  /** The spans of some tokens, read from their tags as conlleval does. */
  spans(tokens: readonly string[]): Chunk[] {
    return chunksOf(tokens.map((token) => this.#tags.get(token.toLowerCase()) ?? 'O'))
  }
}
