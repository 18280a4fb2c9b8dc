// Measures one backend in a process of its own: node bench/measure.mjs native|wasm THREADS [W1,W3 …]
// Prints {"peak": GFLOP/s, "W1": [milliseconds …], …} as its last line.
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { Engine } from 'unrolled/tensor'
import { workloads } from './workloads.mjs'

const [backend, threads, only] = process.argv.slice(2)
const engine = new Engine(await openKernels(nodePlatform(), { backend, threads: Number(threads) }))

/** Wall time of `run` in milliseconds. */
function time(run) {
  const start = performance.now()
  run()
  return performance.now() - start
}

// Twelve independent chains of multiply-adds on every thread: what this machine can do at this moment.
async function peak() {
  const { lanes, threads } = engine.kernels
  const rounds = 100_000
  const source = engine.persistent([64])
  source.set(new Float32Array(64).fill(0.5))
  const target = engine.persistent([12 * lanes * threads])
  const run = () =>
    engine.run('peak', { rounds, source: source.place, target: target.place }, Number.MAX_SAFE_INTEGER)
  await warmUp(run)
  const best = Math.min(...Array.from({ length: 20 }, () => time(run)))
  return (12 * lanes * 2 * rounds * threads) / best / 1e6
}

// WebAssembly is compiled in two tiers: the second one is ready some calls and some milliseconds later.
async function warmUp(run) {
  const start = performance.now()
  do run()
  while (performance.now() - start < 400)
  await new Promise((resolve) => setTimeout(resolve, 100))
}

const result = { name: engine.kernels.name, peak: await peak() }
for (const [name, make] of Object.entries(workloads)) {
  if (only && !only.split(',').includes(name)) continue
  const { run, calls } = make(engine)
  await warmUp(run)
  const samples = []
  const start = performance.now()
  while (samples.length < 5 || (samples.length < 50 && performance.now() - start < 1500))
    samples.push(time(run) / calls)
  result[name] = samples
}
result.peak = Math.max(result.peak, await peak())
await engine.dispose()
console.log(JSON.stringify(result))
