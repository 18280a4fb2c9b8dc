import { type Chunk, chunksOf, tagsOf } from '../codecs/tags.js'
import type { TaggedExample } from '../data/tagged.js'
import { tagMask } from '../decoding/tag-mask.js'
import type { ViterbiMask } from '../decoding/viterbi.js'

/** How spans are written as tags. */
export type Scheme = 'bio' | 'bioes'

/** The tags of a model by number: 0 is O. */
export class TagSet {
  /** Which tags may follow each other. */
  readonly mask: ViterbiMask
  /** The types of spans, sorted. */
  readonly types: readonly string[]
  readonly #places: ReadonlyMap<string, number>

  /** Throws a `UsageError` for a tag that is neither O nor one of the scheme. */
  constructor(
    readonly names: readonly string[],
    readonly scheme: Scheme,
  ) {
    this.mask = tagMask(names, scheme === 'bio' ? 'BIO' : 'BIOES')
    this.types = [...new Set(names.filter((name) => name !== 'O').map((name) => name.slice(2)))].sort()
    this.#places = new Map(names.map((name, place) => [name, place]))
  }

  /** Those that the examples need. */
  static of(examples: readonly TaggedExample[], scheme: Scheme): TagSet {
    const seen = new Set(
      examples.flatMap(({ tokens, spans }) => tagsOf(spans, tokens.length, written[scheme])),
    )
    return new TagSet(['O', ...[...seen].filter((tag) => tag !== 'O').sort()], scheme)
  }

  /** The tags of an example by number; unknown ones are O. */
  read({ tokens, spans }: Pick<TaggedExample, 'tokens' | 'spans'>): Int32Array {
    return Int32Array.from(
      tagsOf(spans, tokens.length, written[this.scheme]),
      (tag) => this.#places.get(tag) ?? 0,
    )
  }

  /** The tags with which a span of a type would go on behind its last token. */
  goingOn(type: string): readonly number[] {
    const tag = this.scheme === 'bio' ? this.#places.get(`I-${type}`) : undefined
    return tag === undefined ? [] : [tag]
  }

  /** The spans that tags by number mark, in tokens. */
  spans(tags: ArrayLike<number>): Chunk[] {
    return chunksOf(Array.from(tags, (tag) => this.names[tag]))
  }
}

const written = { bio: 'iob2', bioes: 'bioes' } as const
