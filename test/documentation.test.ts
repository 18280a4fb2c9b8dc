import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

// Every symbol that a user can import has a doc comment, a sentence at least, where it is declared.
const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))

/** A symbol and the file that declares it. */
interface Declaration {
  readonly name: string
  readonly file: string
  readonly documented: boolean
}

const exportedNames = /export\s+(?:type\s+)?\{([^}]*)\}(?:\s+from\s+'([^']+)')?/g
const everything = /export\s+\*\s+(?:as\s+(\w+)\s+)?from\s+'([^']+)'/g
const declared =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:class|function\*?|interface|type|enum|const|let)\s+(?:enum\s+)?(\w+)/gm

/** The sources behind `package.json`'s exports. */
function entries(): string[] {
  const types = Object.values<{ types?: string; browser?: { types: string } }>(manifest.exports).flatMap(
    (target) => [target.types, target.browser?.types].filter((file) => file !== undefined),
  )
  return [...new Set(types)].map((file) => file.replace('./dist/', 'src/').replace('.d.ts', '.ts'))
}

function sourceOf(file: string, place: string): string {
  return path.join(path.dirname(file), place).replace(/\.js$/, '.ts')
}

/** The declarations that the file exports, its own and those it passes on; `wanted` narrows them to some names. */
function exportsOf(file: string, wanted?: readonly string[]): Declaration[] {
  const code = fs.readFileSync(path.join(root, file), 'utf8')
  const text = code.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
  const isWanted = (name: string) => wanted === undefined || wanted.includes(name)
  const own = [...text.matchAll(declared)]
    .filter(([, name]) => isWanted(name))
    .map(({ 1: name, index }) => ({ name, file, documented: hasComment(code.slice(0, index)) }))
  const passed = [...text.matchAll(exportedNames)].flatMap(([, list, place]) => {
    const names = list
      .split(',')
      .map((item) => item.trim().replace(/^type\s+/, ''))
      .filter((item) => item !== '' && isWanted(item.split(/\s+as\s+/).at(-1) as string))
      .map((item) => item.split(/\s+as\s+/)[0])
    if (names.length === 0) return []
    return place ? exportsOf(sourceOf(file, place), names) : localDeclarations(file, code, text, names)
  })
  const all = [...text.matchAll(everything)].flatMap(([, namespace, place]) =>
    namespace
      ? [{ name: namespace, file, documented: true }, ...exportsOf(sourceOf(file, place))]
      : exportsOf(sourceOf(file, place), wanted),
  )
  const found = [...own, ...passed, ...all]
  const keyOf = ({ name, file }: Declaration) => `${file}: ${name}`
  return [...new Map(found.map((declaration) => [keyOf(declaration), declaration])).values()]
}

/** `export { a, b }` of what the file declares or imports. */
function localDeclarations(file: string, code: string, text: string, names: readonly string[]) {
  return names.flatMap((name): Declaration[] => {
    const imported = new RegExp(
      `import\\s+(?:type\\s+)?\\{[^}]*\\b${name}\\b[^}]*\\}\\s+from\\s+'([^']+)'`,
    ).exec(text)
    if (imported) return exportsOf(sourceOf(file, imported[1]), [name])
    const place = new RegExp(
      `^(?:abstract\\s+|async\\s+)*(?:class|function\\*?|interface|type|const|let)\\s+${name}\\b`,
      'm',
    ).exec(text)
    return [{ name, file, documented: place !== null && hasComment(code.slice(0, place.index)) }]
  })
}

/** Whether the code before a declaration ends in a doc comment that says something. */
function hasComment(before: string): boolean {
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:\/\/.*\n)*$/.exec(before)
  return comment !== null && /\w+\s+\w+/.test(comment[1])
}

describe('the documentation of public symbols', () => {
  const files = entries()

  it('looks at every entry of the package', () => {
    expect(files.length).toBeGreaterThan(15)
    expect(files.filter((file) => !fs.existsSync(path.join(root, file)))).toEqual([])
  })

  it.each(files)('%s: every exported symbol has a doc comment', async (file) => {
    const declarations = exportsOf(file)
    const names = declarations.map(({ name }) => name)
    const values = Object.keys(await import(path.join(root, file)))
    expect(values.filter((name) => !names.includes(name))).toEqual([]) // or the scanner has missed some
    const missing = declarations.filter(({ documented }) => !documented)
    expect(missing.map(({ name, file }) => `${file}: ${name}`)).toEqual([])
  })
})
