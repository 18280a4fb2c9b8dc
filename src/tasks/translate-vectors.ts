import { CharacterTokenizer, WordTokenizer } from '../data/text-tokenizers.js'
import type { VectorSource } from '../data/word-vectors.js'
import { UsageError } from '../errors.js'
import type { EncoderDecoder } from '../models/encoder-decoder.js'
import type { Tensor } from '../tensor/index.js'
import { putInto, withReadyVectors } from './ready-vectors.js'
import { SideTokens } from './side-tokens.js'
import type { LearningJob, VectorName } from './task.js'
import type { PairTokens } from './translate-tokens.js'

type Job = Pick<LearningJob<unknown, unknown>, VectorName | 'fit'>

/** A side whose words begin as ready-made vectors. */
interface ReadySide {
  readonly side: SideTokens
  /** Puts the vectors into the table of the side. */
  putInto(table: Tensor): void
}

/** Tokens, and what puts the ready-made vectors of their words into a network that was made for them. */
interface ReadyPair {
  readonly tokens: PairTokens
  putInto(network: EncoderDecoder): void
}

/**
 * The tokens of both sides with the job's ready-made vectors. The vocabulary of the sources is extended by the frequent words of their
 * vectors, unless the targets share it: nothing can learn when to write a word that no target has.
 *
 * Throws a `UsageError` where vectors are given for a side whose tokens are no words, and for targets without a table of their own.
 */
export async function withPairVectors({ source, target }: PairTokens, job: Job): Promise<ReadyPair> {
  const { vectors, targetVectors } = job
  const shared = source === target
  if (shared && targetVectors)
    throw new UsageError('targetVectors: text.shared=true has one table for both sides; give them as vectors')
  const setting = shared ? 'text.target' : 'text.source'
  const read =
    vectors && (await readySide(source, { name: 'vectors', setting, vectors, extend: !shared, job }))
  const written = { name: 'targetVectors', setting: 'text.target', extend: false, job } as const
  const write = targetVectors && (await readySide(target, { ...written, vectors: targetVectors }))
  return {
    tokens: { source: read?.side ?? source, target },
    putInto({ embedding, decoder }) {
      read?.putInto(embedding.weight)
      write?.putInto(decoder.embedding.weight)
    },
  }
}

/** The words of the sources where vectors decide which are known: a resumed training must know the same. */
export function knownByVectors({ source }: PairTokens, { vectors }: Job): readonly string[] {
  return vectors && source.tokenizer instanceof WordTokenizer ? source.tokenizer.vocabulary.words : []
}

interface Wanted {
  readonly name: VectorName
  /** The setting that says what the tokens of the side are. */
  readonly setting: 'text.source' | 'text.target'
  readonly vectors: VectorSource
  /** Whether the frequent words of the vectors are to be known too. */
  readonly extend: boolean
  readonly job: Job
}

async function readySide(
  side: SideTokens,
  { name, setting, vectors, extend, job }: Wanted,
): Promise<ReadySide> {
  const { tokenizer } = side
  if (!(tokenizer instanceof WordTokenizer)) {
    const unit = tokenizer instanceof CharacterTokenizer ? 'characters' : 'pieces'
    throw new UsageError(`${name}: expected tokens that are words, got ${setting}=${unit}; set it to words`)
  }
  const { words, vocabulary: seen, joints } = tokenizer
  const normal = (word: string) => words.of(side.textOf(word)).join(' ')
  const source: VectorSource = ({ wanted, first }) =>
    vectors({ ...(wanted && { wanted }), ...(extend && first !== undefined && { first }) })
  const { vocabulary, vectors: found } = await withReadyVectors({ vectors: source }, seen, normal)
  const extended = () => new SideTokens(new WordTokenizer(words, vocabulary, joints), side.settings)
  return {
    side: vocabulary.size === seen.size ? side : extended(),
    putInto(table) {
      if (found) putInto(table, found, (word) => vocabulary.id(word) || undefined, job)
    },
  }
}
