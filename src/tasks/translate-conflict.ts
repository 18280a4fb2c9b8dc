import type { SettingConflict } from './settings.js'
import type { TranslateSettings } from './translate-settings.js'

/** What of a translator's settings needs another kind of attention than they have. */
export function translateConflict({ model, decode }: TranslateSettings): SettingConflict | undefined {
  const { attention, inputFeeding, coverage, bidirectional } = model
  const needs = (path: string, kind: string) => ({ path, problem: `expected ${kind}, got ${attention}` })
  if (inputFeeding && attention === 'none')
    return needs('model.inputFeeding', 'a kind of model.attention to feed from')
  if (coverage && attention !== 'additive')
    return needs('model.coverage', 'model.attention=additive, which has a place for it')
  if (decode.coveragePenalty > 0 && attention === 'none')
    return needs('decode.coveragePenalty', 'a kind of model.attention that covers the source')
  if (attention === 'dot' && bidirectional)
    return needs(
      'model.attention',
      "another kind, or model.bidirectional=false (the states of one direction are as large as the decoder's)",
    )
  return undefined
}
