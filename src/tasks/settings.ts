import { nearest, UsageError } from '../errors.js'

/**
 * One setting of a task: its default, the values it takes and a line of help. A task declares its settings once, as a
 * tree of these; validation, the commented `unrolled.yaml` and the types all come from that declaration.
 */
export interface Setting<T> {
  readonly fallback: T
  /** One line for the user, the comment beside the setting in `unrolled.yaml`. */
  readonly help: string
  /** What is valid, in words: "a whole number of at least 1". */
  readonly expected: string
  /** Whether the value is one of the valid ones. */
  accepts(value: unknown): value is T
}

/** Settings by name, in sections: `{ model: { hiddenSize: integer(…) } }` is written `model.hiddenSize`. */
export interface SettingTree {
  readonly [name: string]: Setting<unknown> | SettingTree
}

/** The plain values of a tree of settings. */
export type SettingValues<S> = {
  [K in keyof S]: S[K] extends Setting<infer T> ? T : SettingValues<S[K]>
}

/** Some of the values of a tree of settings, as a person gives them. */
export type SettingOverrides<S> = {
  [K in keyof S]?: S[K] extends Setting<infer T> ? T : SettingOverrides<S[K]>
}

/** Settings whose every `auto` is decided. */
export type Decided<V> = {
  readonly [K in keyof V]: V[K] extends object ? Decided<V[K]> : Exclude<V[K], 'auto'>
}

/** Where a value was written, for error messages: `unrolled.yaml:12`, or nothing. */
export type Locate = (path: readonly string[]) => string | undefined

/** A setting that does not go with others. */
export interface SettingConflict {
  /** Its dotted path. */
  readonly path: string
  /** What was expected and got: "expected model.attention=additive with it, got general". */
  readonly problem: string
}

interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

/** A whole number of at least `minimum` (default 0). */
export function integer(fallback: number, help: string, range: Range = {}): Setting<number> {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = range
  return {
    fallback,
    help,
    expected: `a whole number ${rangeInWords({ ...range, minimum })}`,
    accepts: (value): value is number =>
      Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum,
  }
}

/** A finite number of at least `minimum` (default 0). */
export function number(fallback: number, help: string, range: Range = {}): Setting<number> {
  const { minimum = 0, maximum = Number.MAX_VALUE } = range
  return {
    fallback,
    help,
    expected: `a number ${rangeInWords({ ...range, minimum })}`,
    accepts: (value): value is number =>
      typeof value === 'number' && Number.isFinite(value) && value >= minimum && value <= maximum,
  }
}

/** `true` or `false`. */
export function flag(fallback: boolean, help: string): Setting<boolean> {
  return {
    fallback,
    help,
    expected: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
  }
}

/** Any text. */
export function text(fallback: string, help: string): Setting<string> {
  return {
    fallback,
    help,
    expected: 'a text',
    accepts: (value): value is string => typeof value === 'string',
  }
}

/** One word of a fixed list. */
export function choice<const C extends string>(fallback: C, help: string, choices: readonly C[]): Setting<C> {
  return {
    fallback,
    help,
    expected: `one of ${choices.join(', ')}`,
    accepts: (value): value is C => (choices as readonly unknown[]).includes(value),
  }
}

/** A setting that may also be `auto`: chosen from the data by the rule that `help` names. This is its default. */
export function auto<T>(setting: Setting<T>): Setting<T | 'auto'> {
  return {
    fallback: 'auto',
    help: setting.help,
    expected: `${setting.expected}, or auto`,
    accepts: (value): value is T | 'auto' => value === 'auto' || setting.accepts(value),
  }
}

/** A setting that may also be `null`, which is its default: "none". */
export function optional<T>(setting: Setting<T>): Setting<T | null> {
  return {
    fallback: null,
    help: setting.help,
    expected: `${setting.expected}, or null`,
    accepts: (value): value is T | null => value === null || setting.accepts(value),
  }
}

/** Tells a setting from a section of settings. */
export function isSetting(node: Setting<unknown> | SettingTree): node is Setting<unknown> {
  return typeof node.accepts === 'function'
}

/** Every default of a tree. */
export function defaultsOf<S extends SettingTree>(tree: S): SettingValues<S> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => [name, isSetting(node) ? node.fallback : defaultsOf(node)]),
  ) as SettingValues<S>
}

/**
 * The settings with a person's values filled in.
 *
 * @throws UsageError for an unknown key (with the nearest known one), a wrong type or a value out of range;
 *   the message begins with the place that `locate` knows and names the whole key: `model.hiddenSize`.
 *
 * ```ts
 * resolveSettings({ model: { hiddenSize: integer(64, 'Units', { minimum: 1 }) } }, { model: { hiddenSize: 32 } })
 * ```
 */
export function resolveSettings<S extends SettingTree>(
  tree: S,
  given: unknown,
  locate: Locate = () => undefined,
  path: readonly string[] = [],
): SettingValues<S> {
  const values = given === undefined || given === null ? {} : given
  if (!isRecord(values))
    throw complaint(locate, path, `expected a section with ${Object.keys(tree).join(', ')}`, given)
  for (const key of Object.keys(values))
    if (!Object.hasOwn(tree, key)) throw unknownKey(tree, key, locate, path)
  return Object.fromEntries(
    Object.entries(tree).map(([name, node]) => {
      const value = values[name]
      const here = [...path, name]
      if (!isSetting(node)) return [name, resolveSettings(node, value, locate, here)]
      if (value === undefined) return [name, node.fallback]
      if (!node.accepts(value)) throw complaint(locate, here, `expected ${node.expected}`, value)
      return [name, value]
    }),
  ) as SettingValues<S>
}

/** Throws a `UsageError` for a conflict; its message begins as those of `resolveSettings` do. */
export function refuseConflict(
  conflict: SettingConflict | undefined,
  locate: Locate = () => undefined,
): void {
  if (!conflict) return
  const { path, problem } = conflict
  throw new UsageError(`${prefixOf(locate, path.split('.'))}${path}: ${problem}`)
}

/** Puts `value` at a dotted path (`train.epochs`) into a plain object, making the sections on the way. */
export function assignPath(target: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.')
  let section = target
  for (const name of names.slice(0, -1)) {
    const next = Object.hasOwn(section, name) ? section[name] : undefined
    const inner = isRecord(next) ? next : {}
    section[name] = inner
    section = inner
  }
  section[names.at(-1) ?? path] = value
}

/** Every dotted path of a tree, depth first: what `--set` takes. */
export function settingPaths(tree: SettingTree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([name, node]) =>
    isSetting(node) ? [prefix + name] : settingPaths(node, `${prefix}${name}.`),
  )
}

function unknownKey(tree: SettingTree, key: string, locate: Locate, path: readonly string[]): UsageError {
  const here = [...path, key]
  const inSection = nearest(key, Object.keys(tree))
  const elsewhere = settingPaths(tree).find((known) => known.endsWith(`.${key}`))
  const suggestion = inSection ? [...path, inSection].join('.') : elsewhere && [...path, elsewhere].join('.')
  const hint = suggestion
    ? `did you mean "${suggestion}"?`
    : `the keys here are ${Object.keys(tree).join(', ')}`
  return new UsageError(`${prefixOf(locate, here)}unknown setting "${here.join('.')}"; ${hint}`)
}

function complaint(locate: Locate, path: readonly string[], expected: string, found: unknown): UsageError {
  const name = path.length > 0 ? path.join('.') : 'settings'
  return new UsageError(`${prefixOf(locate, path)}${name}: ${expected}, got ${inWords(found)}`)
}

function prefixOf(locate: Locate, path: readonly string[]): string {
  const place = locate(path)
  return place ? `${place}: ` : ''
}

function inWords(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)
  const short = text.length > 60 ? `${text.slice(0, 57)}…` : text
  return typeof value === 'string' ? `"${short}"` : short
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rangeInWords({ minimum, maximum }: Range): string {
  if (maximum === undefined) return `of at least ${minimum}`
  return `from ${minimum} to ${maximum}`
}

/** The value of a setting, or what a rule makes of `auto`. */
export function decided<T>(value: T | 'auto', rule: T): T {
  return value === 'auto' ? rule : value
}
