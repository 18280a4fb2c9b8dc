import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { format } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { cells } from '../src/cells/index.js'
import { readRows } from '../src/data/read-files.js'
import { taskNamed, taskNames } from '../src/tasks/registry.js'
import { taskFiles } from '../src/tasks/registry-files.js'
import { isSetting, type SettingTree } from '../src/tasks/settings.js'

// README.md and docs/**/*.md are programs too:
// - Every ```ts block is type-checked and run. A block is a program of its own, or goes on with the one above it when
//   the line before it is <!-- continued -->. What console.log prints must be what the comment behind the call, or the
//   comment lines below it, say; "…" in them stands for anything.
// - Every relative link and image leads to a file, and to a heading of it where it names one.
// - Every line of a ```sh block that starts with `unrolled` or `npx unrolled` names a command and options that exist.
const root = fileURLToPath(new URL('..', import.meta.url))
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-docs-'))
const before = process.cwd()

interface Block {
  readonly language: string
  /** The line of the page on which the code begins. */
  readonly line: number
  readonly code: string
  readonly continued: boolean
}

interface Program {
  /** `docs/cells.md:12`, where it begins. */
  readonly name: string
  readonly file: string
  readonly code: string
}

const pages = ['README.md', ...markdownIn('docs')]

function markdownIn(folder: string): string[] {
  return fs
    .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort()
}

function textOf(page: string): string {
  return fs.readFileSync(path.join(root, page), 'utf8')
}

function blocksOf(page: string): Block[] {
  const lines = textOf(page).split('\n')
  const blocks: Block[] = []
  for (let line = 0; line < lines.length; line++) {
    const fence = /^( *)```(\w+)/.exec(lines[line])
    if (!fence) continue
    const end = lines.findIndex((text, index) => index > line && /^ *```$/.test(text))
    const above = lines.slice(0, line).findLast((text) => text.trim() !== '')
    const code = lines.slice(line + 1, end).map((text) => text.slice(fence[1].length))
    blocks.push({
      language: fence[2],
      line: line + 2,
      code: code.join('\n'),
      continued: above === '<!-- continued -->',
    })
    line = end
  }
  return blocks
}

function programsOf(page: string): Program[] {
  const programs: Program[] = []
  for (const { language, line, code, continued } of blocksOf(page)) {
    if (language !== 'ts') continue
    const last = programs.at(-1)
    if (continued && last) programs[programs.length - 1] = { ...last, code: `${last.code}\n${code}` }
    else {
      const file = path.join(work, `${page.replaceAll(/\W/g, '-')}-${line}.ts`)
      programs.push({ name: `${page}:${line}`, file, code })
    }
  }
  return programs
}

/** The lines that a program says it prints, in order: the comments behind and below its calls of console.log. */
function promised(code: string): string[] {
  const lines = code.split('\n')
  const promises: string[] = []
  for (let line = 0; line < lines.length; line++) {
    const [, indent] = /^(\s*).*\bconsole\.log\(/.exec(lines[line]) ?? []
    if (indent === undefined) continue
    const count = (bracket: string) => lines[line].split(bracket).length
    if (count('(') > count(')'))
      line = lines.findIndex((text, i) => i > line && text.startsWith(`${indent})`))
    const [, behind] = /\)[\s)]*\/\/ (.*)$/.exec(lines[line]) ?? []
    if (behind !== undefined) promises.push(behind)
    while (/^\s*\/\/ /.test(lines[line + 1] ?? '')) promises.push(lines[++line].trim().slice(3))
  }
  return promises
}

function keeps(printed: string, promise: string): boolean {
  const parts = promise.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^\\s*${parts.join('.*')}\\s*$`).test(printed)
}

/** Promised lines that were not printed, each at or after the place of the one before. */
function broken(promises: readonly string[], printed: readonly string[]): string[] {
  let place = 0
  return promises.filter((promise) => {
    const found = printed.findIndex((line, index) => index >= place && keeps(line, promise))
    if (found >= 0) place = found + 1
    return found < 0
  })
}

/** The anchors of a page: its headings as GitHub writes them. */
function anchorsOf(page: string): string[] {
  const text = textOf(page).replaceAll(/^```[\s\S]*?^```$/gm, '')
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )
}

/** Relative links and images, as Markdown or as HTML. */
function linksOf(page: string): string[] {
  const text = textOf(page)
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '')
  const places = [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|\b(?:src|href)="([^"]+)"/g)].map(
    ([, a, b]) => a ?? b,
  )
  return places.filter((place) => !/^[a-z]+:/.test(place))
}

beforeAll(() => {
  fs.symlinkSync(path.join(root, 'examples'), path.join(work, 'examples'))
  process.chdir(work)
})
afterAll(() => {
  process.chdir(before)
  fs.rmSync(work, { recursive: true, force: true })
})

describe('the programs in the pages', () => {
  const programs = pages.flatMap(programsOf)

  it('have right types', () => {
    const compilerOptions = { noUnusedLocals: false, typeRoots: [path.join(root, 'node_modules/@types')] }
    const settings = { extends: path.join(root, 'tsconfig.json'), include: ['*.ts'], compilerOptions }
    fs.writeFileSync(path.join(work, 'tsconfig.json'), JSON.stringify(settings))
    fs.writeFileSync(path.join(work, 'package.json'), '{ "type": "module" }')
    for (const { file, code } of programs) fs.writeFileSync(file, `${code}\nexport {}\n`)
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', work], {
      encoding: 'utf8',
      cwd: work,
    })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  it.each(programs)('$name runs and prints what it says', async ({ file, code }) => {
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => {
      printed.push(...format(...values).split('\n'))
    })
    try {
      await import(pathToFileURL(file).href)
    } finally {
      log.mockRestore()
    }
    expect(broken(promised(code), printed), `printed:\n${printed.join('\n')}`).toEqual([])
  })
})

describe('the links of the pages', () => {
  it.each(pages)('%s: every relative link leads somewhere', (page) => {
    const dead = linksOf(page).filter((link) => {
      const [place, anchor] = link.split('#')
      const target =
        place === '' ? page : path.posix.join(path.posix.dirname(page), decodeURIComponent(place))
      if (!fs.existsSync(path.join(root, target))) return true
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it('lead to every page from the table of contents', () => {
    const reached = new Set(['README.md', 'docs/README.md'])
    for (const page of reached)
      for (const link of linksOf(page).filter((link) => /\.md(#|$)/.test(link)))
        reached.add(path.posix.join(path.posix.dirname(page), link.split('#')[0]))
    expect(pages.filter((page) => !reached.has(page))).toEqual([])
  })

  it('lead to every picture', () => {
    const shown = pages.flatMap((page) => linksOf(page).map((link) => path.posix.basename(link)))
    const pictures = fs
      .readdirSync(path.join(root, 'docs/images'))
      .filter((name) => /\.(svg|png)$/.test(name))
    expect(pictures.filter((name) => !shown.includes(name))).toEqual([])
  })
})

describe('the pages of the cells', () => {
  it.each(Object.keys(cells))(
    '%s has a page with its equation, picture, shapes and source, and a row in the tables',
    (name) => {
      const page = textOf(`docs/cells/${name}.md`)
      for (const part of [
        '```text',
        `](../images/${name}.svg)`,
        '| parameter | shape |',
        '```ts',
        '## Source',
      ])
        expect(page).toContain(part)
      for (const heading of ['When to use it', 'Often printed wrong']) expect(page).toContain(`## ${heading}`)
      const overview = textOf('docs/cells.md')
      expect(overview).toContain(`| [\`${name}\`](cells/${name}.md) |`)
      expect(overview).toMatch(new RegExp(`\\| \`${name}\` \\| (fused|by step) \\|`))
    },
  )
})

describe('the samples of data in the pages', () => {
  const samples = pages.flatMap((page) =>
    [...textOf(page).matchAll(/<!-- data: (\S+) -->\n```\w+\n([\s\S]*?)```/g)].map(([, name, text]) => ({
      page,
      name,
      text,
    })),
  )

  it.each(samples)('$page: $name is read', async ({ name, text }) => {
    const bytes = async () => new TextEncoder().encode(text)
    const { examples } = await readRows([{ path: name, name, bytes }], name)
    expect(examples.length).toBeGreaterThan(1)
    expect(new Set(examples.map(({ label }) => label)).size).toBe(2)
  })
})

describe('the tables of settings in the pages', () => {
  const tableOf = (tree: SettingTree, prefix = ''): string[] =>
    Object.entries(tree).flatMap(([name, node]) =>
      isSetting(node)
        ? [`| \`${prefix}${name}\` | ${node.fallback} | ${node.help} |`]
        : tableOf(node, `${prefix}${name}.`),
    )

  it.each(taskNames)('%s: every setting with its default and help', async (name) => {
    const { settings } = await taskNamed(name)
    const rows = tableOf({ read: taskFiles[name].settings, ...settings })
    const table = /\| setting \| default \| \|\n\|---\|---\|---\|\n((?:\|.*\n)*)/.exec(
      textOf(`docs/${name}.md`),
    )
    expect(table?.[1].trim().split('\n')).toEqual(rows)
  })
})

describe('the commands in the pages', () => {
  const commands = pages.flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, '').split('\n'))
      .filter((line) => /^(npx )?unrolled /.test(line))
      .map((line) => ({ page, line: line.replace(/\s+#.*$/, '') })),
  )
  const helps = new Map<string, string>()
  const helpOf = (command: string) => {
    const main = path.join(root, 'dist/cli/main.js')
    const known = helps.get(command)
    if (known !== undefined) return known
    const { stdout } = spawnSync(process.execPath, [main, command, '--help'], { encoding: 'utf8' })
    helps.set(command, stdout)
    return stdout
  }

  it.each(commands)('$page: $line', ({ line }) => {
    const words = line.match(/"[^"]*"|'[^']*'|\S+/g)?.slice(line.startsWith('npx') ? 2 : 1) ?? []
    const [command, ...rest] = words
    const help = helpOf(command)
    expect(help).toContain(`Usage: unrolled ${command}`)
    const options = rest.filter((word) => word.startsWith('--'))
    expect(options.filter((option) => !new RegExp(`${option}\\b`).test(help))).toEqual([])
    const required = help.split('\n')[0].match(/<\w+>/g)?.length ?? 0
    const until = rest.findIndex((word) => word.startsWith('--'))
    expect(rest.slice(0, until < 0 ? undefined : until).length).toBeGreaterThanOrEqual(required)
  })
})
