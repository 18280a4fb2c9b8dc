// npm run bench [-- --json] [--only W1,W4] [--rounds 3]: this toolkit and PyTorch in turns, medians and ratios.
// PyTorch is measured when $UNROLLED_PYTHON, python3 or /usr/bin/python3 can import it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from 'unrolled/kernels/node'
import { descriptions, workloads } from './workloads.mjs'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    data: { type: 'string' }, // accepted by every bench; these workloads make their own
  },
})
const machine = describeMachine()
const names = Object.keys(workloads).filter((name) => !options.only || options.only.split(',').includes(name))
const columns = {
  ...(machine.instructionSets.length > 0 && { native1: ['native', 1], native2: ['native', 2] }),
  wasm1: ['wasm', 1],
  wasm2: ['wasm', 2],
}

/** Runs a program to its end and parses the last line of its output. */
function lastLine(program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (error || status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

function findPython() {
  return [process.env.UNROLLED_PYTHON, 'python3', '/usr/bin/python3'].find(
    (python) => python && spawnSync(python, ['-c', 'import torch']).status === 0,
  )
}

function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

const here = (file) => fileURLToPath(new URL(file, import.meta.url))
const say = (text) => process.stderr.write(`${text}\n`)
const python = findPython()
say(
  `${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${machine.instructionSets[0] ?? 'no native kernels'}`,
)
if (!python) say('No python3 here can import torch: the column of PyTorch stays empty.')

// samples[column][workload]: the samples of all rounds. Rounds take turns, so that a busy minute hits everybody.
const samples = {}
const peakGflops = {}
let torchVersion
const add = (column, result) => {
  samples[column] ??= {}
  for (const name of names) samples[column][name] = [...(samples[column][name] ?? []), ...result[name]]
}
for (let round = 1; round <= Number(options.rounds); round++) {
  say(`round ${round} of ${options.rounds} …`)
  for (const [column, [backend, threads]] of Object.entries(columns)) {
    const result = lastLine(process.execPath, [
      here('measure.mjs'),
      backend,
      String(threads),
      names.join(','),
    ])
    peakGflops[column] = Math.max(peakGflops[column] ?? 0, result.peak)
    add(column, result)
  }
  for (const threads of python ? [1, 2] : []) {
    const result = lastLine(python, [here('torch_peer.py'), String(threads), names.join(',')])
    torchVersion = result.torch
    add(`torch${threads}`, result)
  }
}

const medians = Object.fromEntries(
  names.map((name) => {
    const row = Object.fromEntries(
      Object.keys(columns).map((column) => [column, median(samples[column][name])]),
    )
    if (python) row.torch = Math.min(median(samples.torch1[name]), median(samples.torch2[name]))
    return [name, row]
  }),
)

if (options.json) {
  console.log(JSON.stringify({ peakGflops, torch: torchVersion, ...medians }))
} else {
  const shown = [...Object.keys(columns), ...(python ? ['torch'] : [])]
  const format = (ms) => (ms < 1 ? `${(ms * 1000).toFixed(1)} µs` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`)
  const line = (cells) =>
    console.log(cells.map((cell, i) => (i ? cell.padStart(12) : cell.padEnd(54))).join(''))
  line(['medians (in brackets: our time / PyTorch’s)', ...shown])
  for (const name of names) {
    const row = medians[name]
    line([`${name.padEnd(6)} ${descriptions[name]}`, ...shown.map((column) => format(row[column]))])
    if (python)
      line(['', ...Object.keys(columns).map((column) => `(${(row[column] / row.torch).toFixed(2)})`), ''])
  }
  line(['multiply-add peak, GFLOP/s', ...Object.keys(columns).map((column) => peakGflops[column].toFixed(0))])
  const reached = (column) => workloadFlops.W4 / medians.W4[column] / 1e6 / peakGflops[column]
  const workloadFlops = { W4: 3 * 64 * 64 * 2 * 8 * 512 * 1024 }
  if (names.includes('W4'))
    line([
      'W4, share of the peak',
      ...Object.keys(columns).map((column) => `${(100 * reached(column)).toFixed(0)} %`),
    ])
  if (python) console.log(`PyTorch ${torchVersion}, the better of 1 and 2 threads, ${python}`)
}
