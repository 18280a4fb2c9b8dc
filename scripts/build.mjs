// Builds everything into dist/: generated job lists, WebAssembly, the native addon, TypeScript. Skips what is current.
// node scripts/build.mjs [--if-source]   with the flag: does nothing in an installed package, which is built already
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildAddon } from './addon.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = path.join(root, 'src')
const dist = path.join(root, 'dist')
const compiler = path.join(root, 'node_modules/typescript/bin/tsc')

const fromInstall = process.argv.includes('--if-source')
const buildable = fs.existsSync(source) && fs.existsSync(compiler)
if (!fromInstall || buildable) await build()

async function build() {
  const { writeJobs } = await import('./jobs.mjs')
  const { buildWasm } = await import('./wasm.mjs')
  writeJobs()
  await buildWasm()
  const addon = await buildAddon()
  // npm has just run the install script, which has said it.
  if (!fromInstall && !['built', 'current'].includes(addon)) {
    console.log(`unrolled: ${addon}; the WebAssembly kernels serve.`)
  }
  compileTypeScript()
  removeOrphans(dist)
}

// Comments go into the declarations, where editors show them, and not into the code, which pages download.
function compileTypeScript() {
  for (const flags of [['--emitDeclarationOnly'], ['--removeComments', '--declaration', 'false']]) {
    const args = [compiler, '-p', path.join(root, 'tsconfig.build.json'), ...flags]
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
  const command = path.join(dist, 'cli/main.js')
  if (fs.existsSync(command)) fs.chmodSync(command, 0o755)
}

/** Removes the modules in dist/ whose source is gone, which a package would otherwise carry on. */
function removeOrphans(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) removeOrphans(file)
    const stem = /^(.*?)(\.d\.ts|\.js)$/.exec(path.relative(dist, file))?.[1]
    if (stem && !fs.existsSync(path.join(source, `${stem}.ts`))) fs.rmSync(file)
  }
}
