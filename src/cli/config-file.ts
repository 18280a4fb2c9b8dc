import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { isMap, LineCounter, parseDocument, stringify } from 'yaml'
import { UsageError } from '../errors.js'
import { assignPath, isSetting, type Locate, type SettingTree } from '../tasks/settings.js'

/** A configuration as written by a person: the values, and where each was written. */
export interface WrittenConfig {
  readonly values: Record<string, unknown>
  readonly locate: Locate
}

/**
 * Reads `unrolled.yaml` (or the same as JSON).
 *
 * @throws UsageError naming `file:line` where the text is not YAML or not a mapping, or naming the file when it cannot be read.
 */
export async function readConfigFile(path: string): Promise<WrittenConfig> {
  const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: cannot read this configuration (${error.code ?? error.message})`)
  })
  return parseConfig(source, relative('', path) || path)
}

/** The same from the text of the file; `name` stands in the messages. */
export function parseConfig(source: string, name: string): WrittenConfig {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  const [problem] = document.errors
  if (problem) throw new UsageError(`${name}:${lines.linePos(problem.pos[0]).line}: ${problem.message}`)
  if (!isMap(document.contents))
    throw new UsageError(`${name}:1: expected settings such as "task: classify", found something else`)
  const lineOf: Locate = (path) => {
    const line = keyLine(document.contents, path, lines)
    return line === undefined ? name : `${name}:${line}`
  }
  return { values: document.toJS() as Record<string, unknown>, locate: lineOf }
}

/** Lays `--set a.b=value` over a configuration; the values are read as in YAML (`3`, `true`, `null`, `[1, 2]`, words). */
export function applyOverrides(config: WrittenConfig, assignments: readonly string[]): WrittenConfig {
  const values = structuredClone(config.values)
  const overridden = new Map<string, string>()
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=')
    if (equals < 1) throw new UsageError(`--set ${assignment}: expected path=value, such as train.epochs=5`)
    const path = assignment.slice(0, equals).trim()
    assignPath(values, path, scalar(assignment.slice(equals + 1)))
    overridden.set(path, `--set ${assignment}`)
  }
  return { values, locate: (path) => overridden.get(path.join('.')) ?? config.locate(path) }
}

/** `unrolled.yaml` for a tree of settings: `values` filled in, each with its help as a comment. */
export function writeConfig(tree: SettingTree, values: object, heading: string): string {
  return `${heading
    .split('\n')
    .map((line) => `# ${line}`)
    .join('\n')}\n${section(tree, values as Record<string, unknown>, '')}`
}

function section(tree: SettingTree, values: Record<string, unknown>, indent: string): string {
  return Object.entries(tree)
    .map(([name, node]) => {
      const value = values[name]
      if (!isSetting(node))
        return `\n${indent}${name}:\n${section(node, value as Record<string, unknown>, `${indent}  `)}`
      const assignment = `${indent}${name}: ${stringify(value).trimEnd()}`
      return `${assignment.padEnd(34)} # ${node.help} (${node.expected})\n`
    })
    .join('')
}

function scalar(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false })
  return document.errors.length > 0 ? text : document.toJS()
}

function keyLine(contents: unknown, path: readonly string[], lines: LineCounter): number | undefined {
  let node = contents
  let line: number | undefined
  for (const name of path) {
    if (!isMap(node)) return line
    const pair = node.items.find((item) => String(item.key) === name)
    if (!pair) return line
    const range = (pair.key as { range?: [number, number, number] | null }).range
    if (range) line = lines.linePos(range[0]).line
    node = pair.value
  }
  return line
}
