// Builds the native addon with the C++ compiler on PATH; no node-gyp, no download: the headers are an npm package.
// node scripts/addon.mjs [--source kernels] [--out dist/kernels] [--force]
import { execFile, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))

// In an installed package the times of files mean nothing: package managers write them as they like.
const isInstalled = !fs.existsSync(path.join(root, 'src'))

// One object per instruction set: the entry's name, the reals in a vector, the compiler's options.
const instructionSets = {
  x64: [
    ['kernels_baseline', 4, []],
    ['kernels_avx2', 8, ['-mavx2', '-mfma']],
    [
      'kernels_avx512',
      16,
      [
        ...['-mavx512f', '-mavx512vl', '-mavx512dq', '-mavx512bw', '-mavx2', '-mfma'],
        '-mprefer-vector-width=512',
      ],
    ],
  ],
  arm64: [['kernels_neon', 4, []]],
}
const otherMachines = [['kernels_baseline', 4, []]]

const commonFlags = ['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-Wno-psabi']
const kernelFlags = ['-ffp-contract=off', '-fno-exceptions', '-fno-rtti', '-fno-delete-null-pointer-checks']
const linkFlags =
  process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-pthread']

/** The addon's place: one file per platform, so that a published package can carry several. */
export const addonName = `addon-${process.platform}-${process.arch}.node`

/**
 * Builds the addon when it is missing, does not load, or (in a clone) is older than its sources. Returns 'built', 'current', or the reason why there is none, as a plain sentence.
 */
export async function buildAddon({
  source = path.join(root, 'kernels'),
  out = path.join(root, 'dist/kernels'),
  force = false,
} = {}) {
  const file = path.join(out, addonName)
  if (!force && isCurrent(file, source)) return 'current'
  const result = await build(source, file)
  // An addon that knows other jobs than the JavaScript beside it would damage memory.
  if (result !== 'built') fs.rmSync(file, { force: true })
  return result
}

function isCurrent(file, source) {
  if (!fs.existsSync(file)) return false
  const modified = (name) => fs.statSync(name).mtimeMs
  const inputs = fs.readdirSync(source).filter((name) => /\.(cpp|h)$/.test(name) && name !== 'host_wasm.cpp')
  const places = [...inputs.map((name) => path.join(source, name)), fileURLToPath(import.meta.url)]
  return (isInstalled || places.every((place) => modified(place) <= modified(file))) && loads(file)
}

async function build(source, file) {
  if (process.platform === 'win32') return 'the native kernels are not built on Windows'
  const compiler = findCompiler()
  if (!compiler) return 'there is no C++ compiler on PATH'
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-addon-'))
  try {
    const built = await compile(compiler, source, work)
    if (!loads(built)) return 'the compiled addon does not load'
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.copyFileSync(built, `${file}.${process.pid}`)
    fs.renameSync(`${file}.${process.pid}`, file)
    return 'built'
  } catch (error) {
    return `the C++ compiler failed: ${firstError(error)}`
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/** The first C++ compiler that answers, as a command with its leading arguments. */
function findCompiler() {
  const wanted = process.env.CXX?.trim().split(/\s+/)
  for (const command of [wanted, ['c++'], ['g++'], ['clang++']]) {
    if (command?.[0] && spawnSync(command[0], [...command.slice(1), '--version']).status === 0) return command
  }
}

async function compile([command, ...leading], source, work) {
  const call = (args) => promisify(execFile)(command, [...leading, ...args], { maxBuffer: 2 ** 26 })
  const object = (name) => path.join(work, `${name}.o`)
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers')
  const sets = instructionSets[process.arch] ?? otherMachines
  const kernels = sets.map(([entry, lanes, options]) => [
    entry,
    [...kernelFlags, `-DENTRY=${entry}`, `-DLANES=${lanes}`, ...options, path.join(source, 'kernels.cpp')],
  ])
  const host = [
    'host',
    ['-DNAPI_VERSION=8', '-pthread', `-I${headers}`, path.join(source, 'host_native.cpp')],
  ]
  const queue = [...kernels, host]
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      await call([...commonFlags, ...next[1], '-c', '-o', object(next[0])])
    }
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker))
  const file = path.join(work, addonName)
  await call([...linkFlags, ...[...kernels, host].map(([name]) => object(name)), '-o', file])
  return file
}

/** Whether Node can load the addon, asked in a process of its own: a library is never unloaded. */
function loads(file) {
  return (
    spawnSync(process.execPath, ['-e', `process.exit(require(${JSON.stringify(file)}).open ? 0 : 1)`])
      .status === 0
  )
}

function firstError(error) {
  const lines = String(error.stderr || error.message).split('\n')
  return lines.find((line) => /error|fatal/i.test(line)) ?? lines[0]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { source: { type: 'string' }, out: { type: 'string' }, force: { type: 'boolean' } },
  })
  console.log(`${addonName}: ${await buildAddon(values)}`)
}
