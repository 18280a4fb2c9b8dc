import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

// The house: a file imports from its own folder and from lower floors, never from another folder of its own floor.
const floors: readonly (readonly string[])[] = [
  ['kernels', 'random'],
  ['tensor', 'codecs'],
  ['cells', 'layers', 'losses', 'optim', 'decoding', 'metrics', 'data'],
  ['models'],
  ['inspect'],
  ['train', 'formats'],
  ['tasks'],
  ['serve'],
  ['cli'],
]
const ground = ['errors.ts'] // below all floors
const roofs = ['index.ts', 'browser.ts'] // the package's entries, above all

/** Where Node's own modules may be imported; everything else runs in a browser. */
const nodePlaces = [
  /^index\.ts$/,
  /^kernels\/(node|worker-node)\.ts$/,
  /^codecs\/files\.ts$/,
  /^train\/disk[\w-]*\.ts$/,
  /^(formats|serve|cli)\//,
]
const longestFile = 450
const longestCell = 200

const root = fileURLToPath(new URL('..', import.meta.url))
const source = path.join(root, 'src')

interface Module {
  readonly name: string
  readonly code: string
  /** Modules of src that it imports. */
  readonly inside: readonly string[]
  /** Those of them that are still imported when the types are gone. */
  readonly loaded: readonly string[]
  /** Packages and Node modules that it imports. */
  readonly outside: readonly string[]
}

function listFiles(folder: string): string[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('fixtures'))
    .map((entry) => path.join(entry.parentPath, entry.name))
}

function readModule(file: string): Module {
  const code = fs.readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const pattern = /\b(?:(import|export)\s+(type\s)?[^'"=();]*?from|import)\s*\(?\s*'([^']+)'/g
  const statements = [...code.matchAll(pattern)].map((match) => ({
    place: match[3] as string,
    types: !!match[2],
  }))
  const relative = statements.filter(({ place }) => place.startsWith('.'))
  const resolve = (place: string) =>
    path
      .relative(source, path.resolve(path.dirname(file), place))
      .replace(/\.js$/, '.ts')
      .replaceAll('\\', '/')
  return {
    name: path.relative(source, file).replaceAll('\\', '/'),
    code,
    inside: relative.map(({ place }) => resolve(place)),
    loaded: relative.filter(({ types }) => !types).map(({ place }) => resolve(place)),
    outside: statements.map(({ place }) => place).filter((place) => !place.startsWith('.')),
  }
}

const modules = new Map(
  listFiles(source)
    .filter((file) => file.endsWith('.ts'))
    .map(readModule)
    .map((module) => [module.name, module]),
)

function floorOf(name: string): number {
  if (ground.includes(name)) return -1
  if (roofs.includes(name)) return floors.length
  return floors.findIndex((folders) => folders.includes(folderOf(name)))
}

function folderOf(name: string): string {
  return name.includes('/') ? (name.split('/')[0] as string) : ''
}

/** All modules that an entry loads, itself included. */
function reach(entry: string, seen = new Set<string>()): Set<string> {
  const module = modules.get(entry)
  if (!module || seen.has(entry)) return seen
  seen.add(entry)
  for (const name of module.loaded) reach(name, seen)
  return seen
}

describe('the house', () => {
  it('has a floor for every file of src', () => {
    const homeless = [...modules.keys()].filter(
      (name) => floorOf(name) < 0 && !ground.includes(name) && !roofs.includes(name),
    )
    expect(homeless).toEqual([])
  })

  it('lets no file import upwards or sideways, or what does not exist', () => {
    const wrong: string[] = []
    for (const { name, inside } of modules.values()) {
      for (const imported of inside) {
        const sameFolder = folderOf(name) === folderOf(imported) && folderOf(name) !== ''
        if (!modules.has(imported)) wrong.push(`${name} imports ${imported}, which does not exist`)
        else if (!sameFolder && floorOf(imported) >= floorOf(name))
          wrong.push(`${name} (floor ${floorOf(name)}) imports ${imported} (floor ${floorOf(imported)})`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('has no cycles, once the types are gone', () => {
    const finished = new Set<string>()
    const cycles: string[] = []
    const visit = (name: string, trail: string[]): void => {
      if (trail.includes(name)) cycles.push([...trail.slice(trail.indexOf(name)), name].join(' -> '))
      if (finished.has(name) || trail.includes(name)) return
      for (const imported of modules.get(name)?.loaded ?? []) visit(imported, [...trail, name])
      finished.add(name)
    }
    for (const name of modules.keys()) visit(name, [])
    expect(cycles).toEqual([])
  })

  it('imports Node modules in their places only', () => {
    const strangers = [...modules.values()]
      .filter(({ name }) => !nodePlaces.some((place) => place.test(name)))
      .flatMap(({ name, outside }) =>
        outside.filter((place) => place.startsWith('node:')).map((place) => `${name} imports ${place}`),
      )
    expect(strangers).toEqual([])
  })

  it('imports only packages that are installed with it', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
    const declared = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies ?? {})]
    const missing = [...modules.values()].flatMap(({ name, outside }) =>
      outside
        .filter((place) => !place.startsWith('node:'))
        .map((place) => place.match(/^(@[^/]+\/)?[^/]+/)?.[0] as string)
        .filter((name) => !declared.includes(name))
        .map((place) => `${name} imports ${place}`),
    )
    expect(missing).toEqual([])
  })

  it('has a browser entry without Node APIs and without dependencies', () => {
    const loaded = [...reach('browser.ts'), ...reach('kernels/worker-browser.ts')]
    const offences = loaded.flatMap((name) => {
      const { outside, code } = modules.get(name) as Module
      const globals = code.match(/\b(process|Buffer|__dirname|require)\b(?=[.(])/g) ?? []
      return [...outside, ...globals].map((what) => `${name} uses ${what}`)
    })
    expect(offences).toEqual([])
  })
})

describe('the files', () => {
  const folders = ['src', 'kernels', 'scripts', 'test', 'studio', 'bench', 'examples']
  const files = folders.flatMap((folder) => listFiles(path.join(root, folder)))
  const text = files.filter((file) => /\.(ts|tsx|mjs|js|cpp|h|css|html)$/.test(file))
  const lines = new Map(
    text.map((file) => [path.relative(root, file), fs.readFileSync(file, 'utf8').split('\n').length - 1]),
  )

  it(`have at most ${longestFile} lines`, () => {
    const long = [...lines].filter(([, count]) => count > longestFile)
    expect(long).toEqual([])
  })

  it(`of the cells have at most ${longestCell} lines`, () => {
    const long = [...lines].filter(([file, count]) => file.startsWith('src/cells/') && count > longestCell)
    expect(long).toEqual([])
  })

  it('are counted', () => {
    const totals = new Map<string, { files: number; lines: number }>()
    for (const [file, count] of lines) {
      const key = file.startsWith('src/')
        ? path.dirname(file).split('/').slice(0, 2).join('/')
        : file.split('/')[0]
      const total = totals.get(key as string) ?? { files: 0, lines: 0 }
      totals.set(key as string, { files: total.files + 1, lines: total.lines + count })
    }
    const rows = [...totals].map(
      ([key, total]) => `${key.padEnd(16)}${total.files} files`.padEnd(28) + total.lines,
    )
    const sum = [...lines.values()].reduce((a, b) => a + b, 0)
    console.log(`Lines of code\n${rows.join('\n')}\n${'together'.padEnd(28)}${sum}`)
    expect(sum).toBeGreaterThan(0)
  })

  it('hold the job lists that kernels/jobs.json gives', async () => {
    const script = path.join(root, 'scripts/jobs.mjs')
    for (const [file, text] of Object.entries((await import(script)).renderJobs()))
      expect(fs.readFileSync(path.join(root, file), 'utf8'), file).toBe(text)
  })
})
