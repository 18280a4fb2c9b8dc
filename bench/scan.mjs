// Cells that are trained by a scan against the GRU, on long sequences: node bench/scan.mjs [native|wasm] [steps] [threads]
// Prints the median and the best time of a training step (forward, backward, all gradients) of interleaved rounds, and the ratios
// to the GRU. On a busy machine the best rounds are the ones to compare.
import { cells, runCell } from 'unrolled/cells'
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { Random } from 'unrolled/random'
import { differentiate, Engine, packSequences, sum } from 'unrolled/tensor'

const [backend = 'native', steps = '4096', threads = '2'] = process.argv.slice(2)
const [inputSize, hiddenSize, rounds] = [256, 256, 15]
const names = ['gru', 'minGru', 'minLstm']
const engine = new Engine(await openKernels(nodePlatform(), { backend, threads: Number(threads) }))

function trainingStep(name, batch) {
  const random = new Random('scan')
  const parameters = cells[name].init(inputSize, hiddenSize, { engine, random })
  const sequence = () => Float32Array.from({ length: steps * inputSize }, () => random.normal())
  const data = Array.from({ length: batch }, sequence)
  return () =>
    engine.scope(() => {
      const x = packSequences(engine, data, inputSize)
      x.data.requiresGradient = true
      const start = performance.now()
      differentiate(engine, () => sum(runCell(cells[name], parameters, x).output.data))
      return performance.now() - start
    })
}

const median = (times) => [...times].sort((a, b) => a - b)[times.length >> 1]

console.log(`${engine.kernels.name}, ${threads} threads, T=${steps}, I=H=${hiddenSize}`)
for (const batch of [1, 8]) {
  const runs = Object.fromEntries(names.map((name) => [name, trainingStep(name, batch)]))
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      const time = runs[name]()
      if (round >= 0) times[name].push(time)
    }
  console.log(`B=${batch}`)
  for (const name of names) {
    const shown = [median, (times) => Math.min(...times)].map((of) => {
      const [own, gru] = [of(times[name]), of(times.gru)]
      return `${own.toFixed(1)} ms (${(gru / own).toFixed(2)}x)`
    })
    console.log(`  ${name.padEnd(8)} median ${shown[0]}, best ${shown[1]}`)
  }
}
await engine.dispose()
