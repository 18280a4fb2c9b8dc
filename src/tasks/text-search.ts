import { checkWhole } from '../decoding/checks.js'
import type { BeamOptions } from '../decoding/index.js'
import { UsageError } from '../errors.js'
import { auto, decided, integer, number } from './settings.js'
import type { SideTokens } from './side-tokens.js'

/** The settings of any task that searches for texts, under `decode`. */
export const searchSettings = {
  width: integer(5, 'Hypotheses that the beam search carries on; 1: greedy', { minimum: 1 }),
  lengthNormalisation: number(0.7, 'α: 0 prefers short texts, 1 compares the means of log P'),
  noRepeatNgram: integer(0, 'No run of so many tokens occurs twice; 0: it may'),
  minimumLength: integer(0, 'Tokens written at least'),
  maximumLength: auto(
    integer(100, 'Tokens written at most; auto: half as many again as the longest target, and 5', {
      minimum: 1,
    }),
  ),
}

/** The same, decided. */
export interface SearchSettings {
  readonly width: number
  readonly lengthNormalisation: number
  readonly noRepeatNgram: number
  readonly minimumLength: number
  readonly maximumLength: number
  readonly coveragePenalty?: number
}

/** How a text is searched for; what is left out is as in the settings under `decode`. */
export interface TextSearch {
  /** Hypotheses that the beam search carries on; 1 is greedy. */
  readonly width?: number
  /** How many texts are given for each input, the best first (samples as they are drawn); 1 by default, 10,000 at most. */
  readonly best?: number
  /** α of the score Σ log P / T^α. */
  readonly lengthNormalisation?: number
  /** β of the penalty for parts of the source that got little attention. */
  readonly coveragePenalty?: number
  /** Let no run of so many tokens occur twice. */
  readonly noRepeatNgram?: number
  readonly minimumLength?: number
  readonly maximumLength?: number
  /** A text that each text must begin with. All of it must be known to the model. */
  readonly prefix?: string
  /**
   * Texts that never occur, each as the sequence of its tokens. Of characters that means also inside a longer word; of words whole ones,
   * one or several in a row; of pieces those in which the text is usually cut, at the beginning and behind a blank.
   */
  readonly banned?: readonly string[]
}

/** More texts for one input than this are refused: all of them are held in memory. */
const MOST = 10_000

/** What the settings and options of a search for texts mean to the searches of `unrolled/decoding`. */
export function decodingOf(
  target: SideTokens,
  decode: SearchSettings,
  { prefix, banned = [], ...options }: TextSearch,
  batch: number,
) {
  if (prefix !== undefined && typeof prefix !== 'string')
    throw new UsageError(`predict: prefix must be a text, got ${JSON.stringify(prefix)}`)
  if (!Array.isArray(banned) || !banned.every((words) => typeof words === 'string'))
    throw new UsageError(`predict: banned must be a list of texts, got ${JSON.stringify(banned)}`)
  const forced = prefix === undefined ? undefined : knownTokens(target, prefix, 'prefix')
  return {
    ...decode,
    ...options,
    ...{ batch, start: target.start, end: target.end },
    ...(forced && { prefixes: Array<readonly number[]>(batch).fill(forced) }),
    banned: [target.start, ...banned.flatMap((words) => bannedTokens(target, words))],
  } satisfies BeamOptions
}

/** The longest that a text may become, from the longest target in tokens. */
export function decideLength<
  Decode extends { readonly maximumLength: number | 'auto'; readonly minimumLength: number },
>(decode: Decode, longest: number): Decode & { readonly maximumLength: number } {
  const maximumLength = decided(decode.maximumLength, Math.ceil(1.5 * longest) + 5)
  return { ...decode, maximumLength: Math.max(maximumLength, decode.minimumLength) }
}

/** How many texts for an input are wanted. Throws a `UsageError` for fewer than one, and for more than can be held. */
export function checkBest(best: number): number {
  if (best > MOST) throw new UsageError(`predict: got best ${best}; expected at most ${MOST} of each text`)
  return checkWhole('predict', 'best', best, 1)
}

/** Words as sequences of tokens; pieces are others at the beginning of a text than behind a blank. */
function bannedTokens(target: SideTokens, words: string): number[][] {
  if (words.trim() === '') throw new UsageError('banned: expected words, got an empty text')
  const alone = knownTokens(target, words, 'banned')
  return target.splitsBlanks ? [alone, knownTokens(target, ` ${words}`, 'banned')] : [alone]
}

/** The tokens of a text that must all be known: the model cannot write others. */
function knownTokens(target: SideTokens, text: string, option: 'prefix' | 'banned'): number[] {
  const { known, unknown } = target.written(text)
  if (unknown.length === 0) return known
  const names = [...new Set(unknown)].map((token) => JSON.stringify(token)).join(', ')
  throw new UsageError(`${option}: expected tokens that the model can write, got ${names} in "${text}"`)
}
