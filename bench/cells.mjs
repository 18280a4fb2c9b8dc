// npm run bench:cells [-- --rounds 15] [--threads 1] [--backend native|wasm] [--only lstm,gru] [--json]: what a step of training costs
// for every cell in relation to the LSTM. One layer, batch 32, 50 steps, 128 inputs, 128 units, forward, backward and Adam. The cells
// take turns in every round, so that a busy minute hits all of them; the table has medians.
import { parseArgs } from 'node:util'
import { cells } from 'unrolled/cells'
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { squaredError } from 'unrolled/losses'
import { parameterCount, Stack } from 'unrolled/models'
import { adam } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { backpropagate, Engine, PackedLayout } from 'unrolled/tensor'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    threads: { type: 'string' },
    backend: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    data: { type: 'string' }, // accepted by every bench; this one makes its own
  },
})
const [batch, steps, size] = [32, 50, 128]
const { threads, backend } = options
const engine = new Engine(
  await openKernels(nodePlatform(), {
    ...(threads && { threads: Number(threads) }),
    ...(backend && { backend }),
  }),
)

function normals(count, name) {
  const random = new Random(name)
  return Float32Array.from({ length: count }, () => random.normal())
}

const layout = PackedLayout.of(new Array(batch).fill(steps))
const x = { data: engine.persistent([layout.rows, size]), layout }
x.data.set(normals(x.data.size, 'data'))

/** A step of training a layer of the cell; mean squared error on the last hidden state. */
function training(cell) {
  const random = new Random('bench')
  const stack = new Stack({ engine, random, inputSize: size, layers: [{ cell, size }] })
  const parameters = stack.parameters()
  const optimizer = adam()
  const target = engine.persistent([batch, stack.outputSize])
  target.set(normals(target.size, 'target'))
  const step = () =>
    engine.scope(() => {
      const { value } = engine.record(() => squaredError(stack.lastOutput(stack.forward(x)), target))
      optimizer.zeroGradients(parameters)
      backpropagate(value)
      optimizer.step(parameters, { learningRate: 1e-3 })
    })
  return { step, weights: parameterCount(stack) }
}

function time(run) {
  const start = performance.now()
  run()
  return performance.now() - start
}

function median(samples) {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

const only = options.only ? ['lstm', ...options.only.split(',')] : Object.keys(cells)
const runs = Object.entries(cells)
  .filter(([name]) => only.includes(name))
  .map(([name, cell]) => ({ name, fused: cell.sequence !== undefined, ...training(cell), samples: [] }))
for (const { step } of runs) for (let i = 0; i < 5; i++) step() // compiles, fills the arena
for (let round = 0; round < Number(options.rounds); round++)
  for (const { step, samples } of runs) {
    step() // the caches are this cell's again
    for (let i = 0; i < 3; i++) samples.push(time(step))
  }

const lstm = median(runs.find(({ name }) => name === 'lstm').samples)
const rows = runs
  .map(({ name, fused, weights, samples }) => ({ name, fused, weights, ms: median(samples) }))
  .sort((a, b) => a.ms - b.ms)
if (options.json) {
  console.log(JSON.stringify({ kernels: engine.kernels.name, threads: engine.kernels.threads, cells: rows }))
} else {
  console.log(
    `${engine.kernels.name}, ${engine.kernels.threads} threads; batch ${batch}, ${steps} steps, ${size} inputs and units\n`,
  )
  console.log('| cell | runs | weights | ms | LSTM = 1 |\n|---|---|---|---|---|')
  for (const { name, fused, weights, ms } of rows)
    console.log(
      `| \`${name}\` | ${fused ? 'fused' : 'by step'} | ${weights.toLocaleString('en')} | ${ms.toFixed(2)} | ${(ms / lstm).toFixed(2)} |`,
    )
}
await engine.dispose()
