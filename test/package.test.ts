import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

// What `npm pack` makes of the built package (`npm run build`), and whether it works where it is installed.
const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-package-'))
const application = path.join(work, 'application')
const installed = path.join(application, 'node_modules/unrolled')
const addonName = `addon-${process.platform}-${process.arch}.node`
let tarball = ''
let contents: string[] = []

beforeAll(() => {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', work], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  tarball = path.join(work, packed.filename)
  contents = packed.files.map((file: { path: string }) => file.path)
})
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

function run(command: string, args: string[], environment: Record<string, string> = {}, cwd = application) {
  const env = { ...process.env, UNROLLED_KERNELS: '', UNROLLED_THREADS: '2', ...environment }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}`.trim() }
}

describe('the tarball', () => {
  it('exports every folder of src that has an index, and nothing that is not there', () => {
    const source = path.join(root, 'src')
    const folders = fs
      .readdirSync(source)
      .filter((name) => fs.existsSync(path.join(source, name, 'index.ts')))
    for (const folder of folders)
      expect(manifest.exports[`./${folder}`], `package.json: exports["./${folder}"]`).toEqual({
        types: `./dist/${folder}/index.d.ts`,
        default: `./dist/${folder}/index.js`,
      })
    const targets =
      JSON.stringify([manifest.exports, manifest.bin]).match(/(dist\/[^"]+|package\.json)(?=")/g) ?? []
    expect(targets.filter((target) => !contents.includes(target))).toEqual([])
  })

  it('carries the kernels: compiled to WebAssembly, and as sources for the addon', () => {
    const expected = [
      ...['simd', 'simd-threads', 'float64'].map((name) => `dist/kernels/${name}.wasm`),
      ...['worker-node', 'worker-browser'].map((name) => `dist/kernels/${name}.js`),
      ...['kernels.cpp', 'host_native.cpp', 'jobs.h'].map((name) => `kernels/${name}`),
      ...['scripts/install.mjs', 'scripts/addon.mjs', 'LICENSE', 'README.md', 'package.json'],
    ]
    expect(expected.filter((file) => !contents.includes(file))).toEqual([])
    expect(contents.filter((file) => /^(src|test|bench|node_modules|\.ci)\//.test(file))).toEqual([])
  })

  it('is clean for publint', () => {
    const publint = path.join(root, 'node_modules/publint/src/cli.js')
    const { status, output } = run(process.execPath, [publint, tarball, '--strict'], {}, root)
    expect(status, output).toBe(0)
  })

  it('is clean for attw', () => {
    const attw = path.join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const { status, output } = run(process.execPath, [attw, tarball, '--profile', 'esm-only'], {}, root)
    expect(status, output).toBe(0)
  })
})

describe('installed in an empty project', () => {
  const script = path.join(installed, 'scripts/install.mjs')
  const addon = path.join(installed, 'dist/kernels', addonName)
  const program = `
    import { openKernels } from 'unrolled/kernels'
    import { nodePlatform } from 'unrolled/kernels/node'
    const kernels = await openKernels(nodePlatform())
    console.log(kernels.name)`
  const hasCompiler = ['c++', 'g++', 'clang++'].some((name) => spawnSync(name, ['--version']).status === 0)

  beforeAll(() => {
    fs.mkdirSync(installed, { recursive: true })
    execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed])
    // The dependencies as npm would put them, without asking a registry.
    for (const name of fs
      .readdirSync(path.join(root, 'node_modules'))
      .filter((name) => !name.startsWith('.')))
      fs.symlinkSync(path.join(root, 'node_modules', name), path.join(application, 'node_modules', name))
    fs.writeFileSync(path.join(application, 'program.mjs'), program)
  })

  it('serves WebAssembly without a compiler, and says so in one line', () => {
    fs.rmSync(addon, { force: true })
    const install = run(process.execPath, [script], { PATH: application, CXX: '' })
    expect(install).toEqual({
      status: 0,
      output: 'unrolled: there is no C++ compiler on PATH; the WebAssembly kernels serve.',
    })
    expect(run(process.execPath, ['program.mjs'])).toEqual({ status: 0, output: 'wasm simd threads' })
    const forced = run(process.execPath, ['program.mjs'], { UNROLLED_KERNELS: 'native' })
    expect(forced.output).toContain('UsageError')
    expect(forced.output).toContain('npm rebuild unrolled')
  })

  it.runIf(hasCompiler)('builds the addon with a compiler, and keeps it', () => {
    expect(run(process.execPath, [script])).toEqual({ status: 0, output: '' })
    expect(run(process.execPath, ['program.mjs']).output).toMatch(/^native /)
    const built = fs.statSync(addon).mtimeMs
    expect(run(process.execPath, [script], { PATH: application, CXX: '' })).toEqual({ status: 0, output: '' })
    expect(fs.statSync(addon).mtimeMs).toBe(built)
  })

  it('can be imported by every name it exports', () => {
    const names = Object.keys(manifest.exports).filter((name) => name !== './package.json')
    const imports = names.map((name) => `await import('unrolled${name.slice(1)}')`).join('\n')
    fs.writeFileSync(path.join(application, 'imports.mjs'), imports)
    expect(run(process.execPath, ['imports.mjs'])).toEqual({ status: 0, output: '' })
  })
})
