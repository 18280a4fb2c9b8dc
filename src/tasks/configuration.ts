import type { AnyTask } from './registry.js'
import {
  choice,
  integer,
  type Locate,
  optional,
  refuseConflict,
  resolveSettings,
  type Setting,
  type SettingTree,
  text,
} from './settings.js'
import type { TaskFiles, VectorName } from './task.js'

/** A complete configuration: what every task has, the task's own sections beside it. */
export interface Configuration {
  readonly task: string
  readonly seed: number
  readonly data: string | null
  readonly valid: string | null
  readonly test: string | null
  readonly out: string | null
  /** Only where the task takes them. */
  readonly vectors?: string | null
  readonly targetVectors?: string | null
  readonly read: Readonly<Record<string, unknown>>
  readonly [section: string]: unknown
}

/** The largest seed: a seed is written as a number in JSON and YAML. */
const LARGEST_SEED = Number.MAX_SAFE_INTEGER

const vectorSettings: Readonly<Record<VectorName, Setting<string | null>>> = {
  vectors: optional(text('', 'Ready-made vectors of words, a file of word2vec, fastText or GloVe')),
  targetVectors: optional(text('', 'The same for the words that are written')),
}

/** Every setting of a task, as `unrolled.yaml` holds them. */
export function configurationTree(task: AnyTask, files: Pick<TaskFiles<unknown>, 'settings'>): SettingTree {
  return {
    task: choice(task.name, 'What is learned', [task.name]),
    seed: integer(1, 'Decides everything random', { maximum: LARGEST_SEED }),
    data: optional(text('', 'A file or folder')),
    valid: optional(
      text(
        '',
        'Rows that choose the best epoch; none: the last one is kept; null: those the data names, or a tenth',
      ),
    ),
    test: optional(text('', 'Rows for the final score; null: those the data names, or a tenth')),
    out: optional(text('', 'Where model, log and checkpoints go')),
    ...Object.fromEntries((task.takesVectors ?? []).map((name) => [name, vectorSettings[name]])),
    read: files.settings,
    ...task.settings,
  }
}

/**
 * A person's configuration with the defaults filled in. Throws a `UsageError` as `resolveSettings` does, and for settings that do not go
 * together.
 */
export function resolveConfiguration(
  task: AnyTask,
  files: Pick<TaskFiles<unknown>, 'settings'>,
  given: unknown,
  locate?: Locate,
): Configuration {
  const resolved = resolveSettings(configurationTree(task, files), given, locate) as unknown as Configuration
  taskSettings(task, resolved, locate)
  return resolved
}

/** The task's own sections of a configuration. Throws a `UsageError` for settings that do not go together. */
export function taskSettings(task: AnyTask, configuration: Configuration, locate?: Locate): unknown {
  const sections = Object.keys(task.settings).map((section) => [section, configuration[section]])
  const settings = Object.fromEntries(sections)
  refuseConflict(task.conflict?.(settings), locate)
  return settings
}
