import { tokenizerFromJSON } from '../data/text-tokenizers.js'
import type { Decided } from './settings.js'
import { SideTokens, sideOf } from './side-tokens.js'
import type { PairRow } from './translate-rows.js'
import type { TranslateSettings } from './translate-settings.js'

type TextSettings = Decided<TranslateSettings>['text']

/** Both sides of a translation; a shared vocabulary is one object twice. */
export interface PairTokens {
  readonly source: SideTokens
  readonly target: SideTokens
}

/** Learns the tokens of the training pairs. */
export function tokensOf(rows: readonly PairRow[], settings: TextSettings): PairTokens {
  const sources = rows.map(({ source }) => source)
  const targets = rows.map(({ target }) => target)
  if (settings.shared) {
    const both = sideOf([...sources, ...targets], settings.target, settings)
    return { source: both, target: both }
  }
  return {
    source: sideOf(sources, settings.source, settings),
    target: sideOf(targets, settings.target, settings),
  }
}

/** The tokens that `tokensToJSON` wrote down; `where` names the place in errors. */
export function tokensFromJSON(
  { source, target }: { readonly source?: unknown; readonly target?: unknown },
  settings: TextSettings,
  where: string,
): PairTokens {
  const written = new SideTokens(tokenizerFromJSON(target, `${where}: tokenizers.target`), settings)
  if (settings.shared) return { source: written, target: written }
  const read = new SideTokens(tokenizerFromJSON(source, `${where}: tokenizers.source`), settings)
  return { source: read, target: written }
}

/** Both tokenizers; of a shared one only the target. */
export function tokensToJSON({ source, target }: PairTokens): { source?: unknown; target: unknown } {
  return { ...(source !== target && { source: source.tokenizer }), target: target.tokenizer }
}
