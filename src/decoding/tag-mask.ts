import { UsageError } from '../errors.js'
import type { ViterbiMask } from './viterbi.js'

/** How spans are written as tags: BIO (begin, inside, outside) or BIOES (and end, single). */
export type TagScheme = 'BIO' | 'BIOES'

/**
 * Which tags may follow each other so that they are spans: `I-x` only inside a span of x. BIO: I-x follows B-x or I-x. BIOES:
 * B-x is followed by I-x or E-x and so is I-x, and nothing else follows them; O, E-x and S-x are followed by O, B or S.
 * The scheme is BIOES when there is a tag of E or S, unless it is told.
 *
 * @throws UsageError for a tag that is neither O nor, for instance, B-PER.
 *
 * ```ts
 * const { start } = tagMask(['O', 'B-PER', 'I-PER']) // 1, 1, 0: no span begins inside
 * ```
 */
export function tagMask(
  tags: readonly string[],
  scheme: TagScheme = tags.some((tag) => /^[ES]-/.test(tag)) ? 'BIOES' : 'BIO',
): ViterbiMask {
  const parts = tags.map((tag, i) => partsOf(tag, i, scheme))
  const outside: Parts = { part: 'O', type: '' }
  const row = (allowed: (parts: Parts) => boolean) => Uint8Array.from(parts, (tag) => (allowed(tag) ? 1 : 0))
  return {
    start: row((tag) => follows(outside, tag, scheme)),
    transition: Uint8Array.from(
      parts.flatMap((before) => Array.from(row((tag) => follows(before, tag, scheme)))),
    ),
    end: row((tag) => follows(tag, outside, scheme)),
  }
}

interface Parts {
  readonly part: string
  readonly type: string
}

function partsOf(tag: string, place: number, scheme: TagScheme): Parts {
  const [, part, type = ''] = (scheme === 'BIO' ? /^(?:(O)|([BI])-(.+))$/ : /^(?:(O)|([BIES])-(.+))$/)
    .exec(tag)
    ?.filter((group) => group !== undefined) ?? ['', '']
  if (part === '')
    throw new UsageError(
      `tagMask: got the tag ${JSON.stringify(tag)} at position ${place}; expected O or ${scheme === 'BIO' ? 'B- or I-' : 'B-, I-, E- or S-'} and a type`,
    )
  return { part, type }
}

function follows(before: Parts, tag: Parts, scheme: TagScheme): boolean {
  const open = before.part === 'B' || before.part === 'I'
  const goesOn = tag.part === 'I' || tag.part === 'E'
  if (goesOn) return open && before.type === tag.type
  return scheme === 'BIO' || !open // in BIOES an open span must be closed first
}
