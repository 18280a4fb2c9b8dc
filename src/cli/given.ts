import { UsageError } from '../errors.js'
import type { WrittenConfig } from './config-file.js'
import { applyOverrides } from './config-file.js'

/** The options that stand for top-level settings. */
export interface GivenOptions {
  readonly data?: string
  readonly valid?: string
  readonly test?: string
  readonly out?: string
  readonly seed?: string
  readonly set?: readonly string[]
}

/** Lays the options of a command, then its `--set`, over a configuration. */
export function withOptions(config: WrittenConfig, options: GivenOptions): WrittenConfig {
  const { data, valid, test, out, seed, set = [] } = options
  const given = Object.fromEntries(
    Object.entries({ data, valid, test, out }).filter(([, value]) => value !== undefined),
  )
  const values = { ...config.values, ...given, ...(seed !== undefined && { seed: seedOf(seed) }) }
  const locate: WrittenConfig['locate'] = (path) =>
    path[0] in given || (path[0] === 'seed' && seed !== undefined) ? `--${path[0]}` : config.locate(path)
  return applyOverrides({ values, locate }, set)
}

function seedOf(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw new UsageError(`--seed: expected a whole number of at least 0, got "${text}"`)
}
