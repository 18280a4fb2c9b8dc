import { checkWhole } from '../decoding/checks.js'
import type { BeamOptions } from '../decoding/index.js'
import { UsageError } from '../errors.js'
import type { Decided } from './settings.js'
import type { TranslateSettings } from './translate-settings.js'
import type { SideTokens } from './translate-tokens.js'
import type { TranslateOptions } from './translator.js'

/** More translations of one text than this are refused: all of them are held in memory. */
const MOST = 10_000

/** What the settings and options of a translation mean to the searches of `unrolled/decoding`. */
export function decodingOf(
  target: SideTokens,
  { copyUnknown: _, ...decode }: Decided<TranslateSettings>['decode'],
  { prefix, banned = [], ...options }: Omit<TranslateOptions, 'sample' | 'attention'>,
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

/** How many translations of a text are wanted. Throws a `UsageError` for fewer than one, and for more than can be held. */
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
