// Compiles the kernels to WebAssembly with the npm package @yowasp/clang; no system compiler is needed.
// node scripts/wasm.mjs [--source kernels] [--out dist/kernels] [--force]
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))

const compileFlags = [
  ...[
    '--target=wasm32',
    '-std=c++17',
    '-O3',
    '-nostdlib',
    '-fno-exceptions',
    '-fno-rtti',
    '-fvisibility=hidden',
  ],
  // The same bits everywhere: no contraction to fused operations. Address 0 is a real address here.
  ...['-ffp-contract=off', '-fno-delete-null-pointer-checks'],
  // With bulk memory the calls to memset and memcpy that clang makes up become instructions: there is no libc.
  ...['-msimd128', '-mbulk-memory', '-DENTRY=kernels_wasm'],
]
const stackBytes = 65536
const linkFlags = [
  ...['--no-entry', '--strip-all', '--stack-first', `-z,stack-size=${stackBytes}`],
  ...['--export=__heap_base', '--export=__stack_pointer'],
].map((flag) => `-Wl,${flag}`)
const sharedMemory = ['-Wl,--import-memory', '-Wl,--shared-memory', '-Wl,--max-memory=4294967296']

const builds = {
  simd: ['-DLANES=4'],
  'simd-threads': ['-DLANES=4', '-matomics', ...sharedMemory],
  float64: ['-DLANES=2', '-DREAL=double'],
}

/** Compiles every build whose output is older than a source file; returns the names of those it compiled. */
export async function buildWasm({
  source = path.join(root, 'kernels'),
  out = path.join(root, 'dist/kernels'),
  force = false,
} = {}) {
  const inputs = fs
    .readdirSync(source)
    .filter((name) => /\.(cpp|h)$/.test(name) && name !== 'host_native.cpp')
  const newest = Math.max(
    ...[...inputs.map((name) => path.join(source, name)), fileURLToPath(import.meta.url)].map(modified),
  )
  const stale = Object.keys(builds).filter(
    (name) => force || modified(path.join(out, `${name}.wasm`)) < newest,
  )
  if (stale.length === 0) return stale
  const { commands, runLLVM } = await import('@yowasp/clang')
  await runLLVM(null, {}, { fetchProgress: () => {} }) // reads the compiler from node_modules, without a word
  const files = Object.fromEntries(
    inputs.map((name) => [name, fs.readFileSync(path.join(source, name), 'utf8')]),
  )
  fs.mkdirSync(out, { recursive: true })
  for (const name of stale) {
    const bytes = await compile(commands['clang++'], name, files)
    const file = path.join(out, `${name}.wasm`)
    fs.writeFileSync(`${file}.${process.pid}`, bytes)
    fs.renameSync(`${file}.${process.pid}`, file)
  }
  return stale
}

async function compile(clang, name, files) {
  const messages = []
  const stderr = (bytes) => bytes && messages.push(Buffer.from(bytes))
  const sources = ['kernels.cpp', 'host_wasm.cpp', '-o', 'out.wasm']
  try {
    const tree = await clang([...compileFlags, ...builds[name], ...linkFlags, ...sources], files, { stderr })
    return tree['out.wasm']
  } catch (error) {
    throw new Error(`${name}.wasm did not compile:\n${Buffer.concat(messages).toString() || error.message}`)
  }
}

function modified(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { source: { type: 'string' }, out: { type: 'string' }, force: { type: 'boolean' } },
  })
  for (const name of await buildWasm(values)) console.log(`compiled ${name}.wasm`)
}
