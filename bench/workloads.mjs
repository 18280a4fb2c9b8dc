// The workloads of the benchmark through the public API. Each entry: `name` → a function that makes a step to be timed.
import { ctc, squaredError } from 'unrolled/losses'
import { Stack } from 'unrolled/models'
import { adam } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { backpropagate, PackedLayout } from 'unrolled/tensor'
import { textDescriptions, textWorkloads } from './text-workloads.mjs'

/** Floating-point operations of one step of one sequence: 8 H (H + I) for an LSTM layer, 6 H (H + I) for a GRU layer. */
const cost = { lstm: 8, gru: 6 }

function makeStack(engine, cell, inputSize, sizes) {
  const layers = sizes.map((size) => ({ cell, size }))
  return new Stack({ engine, random: new Random('bench'), inputSize, layers })
}

function flops(cell, inputSize, sizes) {
  let below = inputSize
  let sum = 0
  for (const size of sizes) {
    sum += cost[cell] * size * (size + below)
    below = size
  }
  return sum
}

function normals(count, random) {
  return Float32Array.from({ length: count }, () => random.normal())
}

// One step per call at batch 1, the state carried on.
function streaming(cell) {
  return (engine) => {
    const stream = makeStack(engine, cell, 64, [128]).stream()
    const inputs = Array.from({ length: 64 }, (_, i) => normals(64, new Random(i)))
    const calls = 1000
    const run = () => {
      for (let i = 0; i < calls; i++) stream.push(inputs[i & 63])
    }
    return { run, calls, flops: flops(cell, 64, [128]) }
  }
}

function batchOf(engine, steps, batch, inputSize) {
  const layout = PackedLayout.of(new Array(batch).fill(steps))
  const data = engine.persistent([layout.rows, inputSize])
  data.set(normals(data.size, new Random('data')))
  return { data, layout }
}

// Whole sequences, nothing kept for training.
function inference(cell, batch) {
  return (engine) => {
    const stack = makeStack(engine, cell, 128, [256])
    const x = batchOf(engine, 200, batch, 128)
    const run = () => engine.scope(() => void stack.forward(x))
    return { run, calls: 1, flops: 200 * batch * flops(cell, 128, [256]) }
  }
}

// Forward, backward through time and an Adam step; mean squared error on the last hidden state.
function training(cell, inputSize, sizes, batch, steps) {
  return (engine) => {
    const stack = makeStack(engine, cell, inputSize, sizes)
    const parameters = stack.parameters()
    const optimizer = adam()
    const x = batchOf(engine, steps, batch, inputSize)
    const target = engine.persistent([batch, sizes.at(-1)])
    target.set(normals(target.size, new Random('target')))
    const run = () =>
      engine.scope(() => {
        const { value } = engine.record(() => squaredError(stack.lastOutput(stack.forward(x)), target))
        optimizer.zeroGradients(parameters)
        backpropagate(value)
        optimizer.step(parameters, { learningRate: 1e-3 })
      })
    return { run, calls: 1, flops: 3 * steps * batch * flops(cell, inputSize, sizes) }
  }
}

// CTC from logits, with the gradient.
function alignment(steps, batch, classes, labels) {
  return (engine) => {
    const x = batchOf(engine, steps, batch, classes)
    x.data.requiresGradient = true
    const random = new Random('labels')
    const target = () => Int32Array.from({ length: labels }, () => 1 + random.integer(classes - 1))
    const targets = Array.from({ length: batch }, target)
    const run = () =>
      engine.scope(() => {
        const { value } = engine.record(() => ctc(x, targets))
        backpropagate(value)
        return value.item()
      })
    return { run, calls: 1 }
  }
}

export const workloads = {
  W1: streaming('lstm'),
  W1GRU: streaming('gru'),
  W2B1: inference('lstm', 1),
  W2B32: inference('lstm', 32),
  W3: training('lstm', 128, [256], 32, 64),
  W3GRU: training('gru', 128, [256], 32, 64),
  W4: training('lstm', 512, [512, 512], 64, 64),
  W5: alignment(200, 16, 32, 30),
  ...textWorkloads,
}

/** What each workload is, for the table. */
export const descriptions = {
  W1: 'streaming, LSTM 64→128, one step a call',
  W1GRU: 'streaming, GRU 64→128, one step a call',
  W2B1: 'inference, LSTM 128→256, 200 steps, batch 1',
  W2B32: 'inference, LSTM 128→256, 200 steps, batch 32',
  W3: 'training, LSTM 128→256, batch 32, 64 steps, Adam',
  W3GRU: 'training, GRU 128→256, batch 32, 64 steps, Adam',
  W4: 'training, LSTM 512→512→512, batch 64, 64 steps, Adam',
  W5: 'CTC with its gradient, 200 steps, batch 16, 32 classes, 30 labels',
  ...textDescriptions,
}
