// Your own recurrent cell: write one step in tensor operations and it trains, in stacks, in both directions and in streams.
// Node 22.18 and later run this file as it is: node examples/own-cell.ts
import type { Cell } from 'unrolled/cells'
import { recurrentParameters, zeroState } from 'unrolled/cells'
import { openKernels } from 'unrolled/kernels'
import { nodePlatform } from 'unrolled/kernels/node'
import { Embedding } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { checkCell, parameterCount, SequenceClassifier } from 'unrolled/models'
import { adam } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import type { Tensor } from 'unrolled/tensor'
import { add, differentiate, Engine, linear, multiply, oneMinus, sigmoid, slice, tanh } from 'unrolled/tensor'

/**
 * The minimal gated unit (Zhou et al. 2016), a GRU with a single gate:
 *
 *     f = σ(W_f x + U_f h + b_f),   n = tanh(W_n x + U_n (f ⊙ h) + b_n),   h' = (1 - f) ⊙ h + f ⊙ n
 */
const minimalGated: Cell<{ h: Tensor }> = {
  name: 'minimalGated',
  gates: ['f', 'n'],
  stateNames: ['h'],
  init: (inputSize, hiddenSize, options) => recurrentParameters(2, inputSize, hiddenSize, options),
  zeroState: (parameters, batch) => zeroState(minimalGated, parameters, batch),
  step({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) {
    const [, size] = h.shape
    const rows = (tensor: Tensor, gate: number) => slice(tensor, 0, gate * size, (gate + 1) * size)
    const sums = (gate: number, from: Tensor) =>
      add(
        linear(x, rows(weight_ih, gate), rows(bias_ih, gate)),
        linear(from, rows(weight_hh, gate), rows(bias_hh, gate)),
      )
    const f = sigmoid(sums(0, seen))
    const n = tanh(sums(1, multiply(f, seen)))
    return { h: add(multiply(oneMinus(f), h), multiply(f, n)), f, n }
  },
}

// The checks that the toolkit's own cells must pass; the gradients are compared in double precision.
const exact = new Engine(await openKernels(nodePlatform(), { real: 'float64' }))
const report = checkCell(minimalGated, exact)
console.log(String(report))
report.assert()
await exact.dispose()

const engine = new Engine(await openKernels(nodePlatform()))
const random = new Random(1)
const letters = ['a', 'b', 'c']

// The task: after 2 to 8 letters, say which one came first.
const model = new SequenceClassifier({
  engine,
  random: random.split('model'),
  embedding: new Embedding(letters.length, 4, { engine, random: random.split('embedding') }),
  layers: [{ cell: minimalGated, size: 16 }],
  classes: letters.length,
})
const parameters = model.parameters()
console.log(`${minimalGated.name}: ${parameterCount(model)} parameters`)

const draws = random.split('data')
const letter = () => draws.integer(letters.length)
const batch = () => Array.from({ length: 32 }, () => Array.from({ length: 2 + draws.integer(7) }, letter))

const optimizer = adam()
for (let step = 1; step <= 300; step++) {
  const sequences = batch()
  const loss = differentiate(engine, () => {
    const first = engine.indices(sequences.map(([token]) => token))
    return crossEntropy(model.forward(sequences), first)
  })
  optimizer.step(parameters, { learningRate: 0.02 })
  optimizer.zeroGradients(parameters)
  if (step % 100 === 0) console.log(`step ${step}: loss ${loss.toFixed(4)}`)
}

const unseen = Array.from({ length: 10 }, batch).flat()
const right = unseen.filter((sequence) => {
  const stream = model.stream() // the same bits as model.forward([sequence])
  for (const token of sequence) stream.push(token)
  const logits = Array.from(stream.end())
  return logits.indexOf(Math.max(...logits)) === sequence[0]
})

/** The part of unseen sequences that are answered right; guessing gives a third. */
export const accuracy = right.length / unseen.length
console.log(`accuracy ${(100 * accuracy).toFixed(1)} % (guessing: 33.3 %)`)
await engine.dispose()
