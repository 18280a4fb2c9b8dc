import type { Cell, Parameters } from '../cells/index.js'
import { runCell, unroll } from '../cells/index.js'
import { ShapeError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { backpropagate, describe, gradientCheck, packSequences, unpackSequences } from '../tensor/index.js'
import type { CellSubject } from './cell-subject.js'
import {
  mapStates,
  numbers,
  numbersOf,
  outputOf,
  packed,
  randomState,
  randomTensor,
  rowsOf,
  scoped,
  weighted,
  withParameters,
  withStack,
} from './cell-subject.js'
import { requireBits, requireClose, requireThat } from './check-comparison.js'
import { getParameters, setParameters } from './model.js'

/** A right backward function is that near to finite differences. */
const gradientTolerance = 1e-6

/** Sequences of unequal lengths, not sorted, two of them equal. */
const lengths = [3, 7, 1, 7, 4]

/** Every check: it returns what it found to be right, or throws what is wrong. */
export const cellChecks = {
  seed: checkSeed,
  states: checkStates,
  repeatable: checkRepeatable,
  gradients: checkGradients,
  sequence: checkSequence,
  batch: checkBatch,
  stream: checkStream,
  initial: checkInitialState,
  parameters: checkParameters,
  seen: checkSeen,
  sizes: checkSizes,
} satisfies Record<string, (subject: CellSubject) => string>

function checkSeed(subject: CellSubject): string {
  const draw = (seed: string) =>
    withParameters(subject, subject.engine, seed, (parameters) =>
      Object.entries(parameters).map(([name, parameter]) => {
        requireThat(parameter.requiresGradient, `${name} is no parameter; expected engine.parameter(shape)`)
        return [name, parameter.data.slice()] as const
      }),
    )
  const [first, second, other] = ['a', 'a', 'b'].map(draw)
  requireThat(first.length > 0, 'init made no parameters')
  for (const [k, [name, values]] of first.entries())
    requireBits(second[k][1], values, `${name} of the same seed`)
  const differs = first.some(([, values], k) => values.some((value, i) => value !== other[k][1][i]))
  requireThat(
    differs,
    'another seed gives the same parameters; expected them to be drawn from options.random',
  )
  return `${first.map(([name]) => name).join(', ')} follow from the seed`
}

function checkStates(subject: CellSubject): string {
  const { cell, engine, inputSize } = subject
  requireThat(cell.stateNames[0] === 'h', `stateNames is ${cell.stateNames.join(', ')}; expected h first`)
  return scoped(subject, (parameters) => {
    const batch = 3
    const zero = cell.zeroState(parameters, batch)
    for (const name of cell.stateNames) {
      requireThat(zero[name] !== undefined, `zeroState gives no ${name}`)
      const { shape, data } = zero[name]
      requireThat(
        shape.length === 2 && shape[0] === batch,
        `zeroState gives ${name} the shape ${describe(shape)}; expected [${batch}, size]`,
      )
      requireThat(
        data.every((value) => value === 0),
        `zeroState gives a ${name} that is not zero`,
      )
    }
    const after = cell.step(parameters, randomTensor(engine, [batch, inputSize], 'x'), zero)
    for (const name of cell.stateNames)
      requireThat(
        after[name] !== undefined && describe(after[name].shape) === describe(zero[name].shape),
        `step gives ${name} the shape ${after[name] ? describe(after[name].shape) : 'of nothing'}; expected ${describe(zero[name].shape)}`,
      )
    const shown = cell.gates.filter((gate) => after[gate])
    requireThat(
      shown.length === 0 || shown.length === cell.gates.length,
      `step gives the activations of ${shown.join(', ')}; expected those of all gates (${cell.gates.join(', ')}) or of none`,
    )
    return cell.stateNames.map((name) => `${name} ${describe(zero[name].shape)}`).join(', ')
  })
}

function checkRepeatable(subject: CellSubject): string {
  const { cell, engine } = subject
  return scoped(subject, (parameters) => {
    const x = packed(engine, lengths, subject.inputSize)
    const initial = randomState(cell, parameters, lengths.length)
    const given = [x.data, ...Object.values(initial), ...Object.values(parameters)]
    const before = given.map(({ data }) => data.slice())
    const first = numbersOf(cell, unroll(cell, parameters, x, initial))
    const second = numbersOf(cell, unroll(cell, parameters, x, initial))
    for (const [name, values] of Object.entries(first))
      requireBits(second[name], values, `second run: ${name}`)
    for (const [k, { data }] of given.entries())
      requireBits(data, before[k], 'an input, state or parameter after the run: step wrote to it; it')
    return 'two runs give the same bits and leave what they were given'
  })
}

function checkGradients(subject: CellSubject): string {
  const { cell, exact } = subject
  const small = { ...subject, inputSize: 3, hiddenSize: 5 }
  const ways = { step: unroll, ...(cell.sequence && { 'fused sequence': runCell }) }
  const found = Object.entries(ways).map(([way, run]) => {
    const worst = withParameters(small, exact, 'gradients', (parameters) =>
      differences(cell, parameters, run),
    )
    requireThat(
      worst < gradientTolerance,
      `${way}: differ from finite differences by ${worst.toExponential(1)} of the largest; expected less than ${gradientTolerance}`,
    )
    return `${way} ${worst.toExponential(1)}`
  })
  return `worst difference from finite differences: ${found.join(', ')}`
}

// Over the parameters, the input and the initial state.
function differences(cell: Cell, parameters: Parameters, run: typeof unroll): number {
  const names = Object.keys(parameters)
  const { engine } = parameters[names[0]]
  const { layout, own } = engine.scope(() => {
    const { data, layout } = packed(engine, [2, 4, 1], 3)
    const state = randomState(cell, parameters, 3)
    return { layout, own: [data, ...cell.stateNames.map((name) => state[name])].map((t) => t.persist()) }
  })
  const fn = (...tensors: Tensor[]) => {
    const given = Object.fromEntries(names.map((name, k) => [name, tensors[k]]))
    const start = mapStates(cell, (_, k) => tensors[names.length + 1 + k])
    return weighted(cell, run(cell, given, { data: tensors[names.length], layout }, start))
  }
  try {
    return gradientCheck(engine, fn, [...Object.values(parameters), ...own])
  } finally {
    for (const tensor of own) tensor.dispose()
  }
}

function checkSequence(subject: CellSubject): string {
  const { cell, engine } = subject
  if (!cell.sequence) return 'no fused operation: runs by step'
  const [near, nearGradients] = engine.real === 'float64' ? [1e-12, 1e-11] : [1e-6, 1e-5]
  return scoped(subject, (parameters) => {
    for (const given of [false, true]) {
      const [stepped, fused] = [unroll, runCell].map((run) => {
        const x = packed(engine, lengths, subject.inputSize)
        x.data.requiresGradient = true
        const initial = given ? randomState(cell, parameters, lengths.length) : undefined
        const { value } = engine.record(() => {
          const result = run(cell, parameters, x, initial)
          return { numbers: numbersOf(cell, result), loss: weighted(cell, result) }
        })
        backpropagate(value.loss)
        const tensors = Object.entries({ ...parameters, x: x.data })
        const gradients = tensors.map(
          ([name, { gradient, size }]) => [name, gradient?.data.slice() ?? new Float64Array(size)] as const,
        )
        for (const [, parameter] of tensors) parameter.clearGradient()
        return { numbers: value.numbers, gradients: Object.fromEntries(gradients) }
      })
      for (const [name, values] of Object.entries(stepped.numbers))
        requireClose(fused.numbers[name], values, near, `fused ${name}`)
      for (const [name, values] of Object.entries(stepped.gradients))
        requireClose(fused.gradients[name], values, nearGradients, `fused gradient of ${name}`)
    }
    return 'the fused operation gives the results and gradients of step'
  })
}

function checkBatch(subject: CellSubject): string {
  const { cell, engine, inputSize } = subject
  return scoped(subject, (parameters) => {
    const many = Array.from({ length: 64 }, (_, i) => 1 + ((i * 7) % 11))
    const sequences = many.map((length, i) => numbers(length * inputSize, `sequence ${i}`))
    const initial = randomState(cell, parameters, many.length)
    const x = packSequences(engine, sequences, inputSize)
    const sorted = rowsOf(cell, initial, x.layout.order)
    const together = unpackSequences(runCell(cell, parameters, x, sorted).output)
    const kept = unpackSequences(runCell(cell, parameters, x, sorted, { keep: true }).output)
    for (const [i, sequence] of sequences.entries()) {
      requireBits(kept[i], together[i], `sequence ${i} with its activations kept: h`)
      const alone = packSequences(engine, [sequence], inputSize)
      const { output } = runCell(cell, parameters, alone, rowsOf(cell, initial, Int32Array.of(i)))
      requireBits(output.data.data, together[i], `sequence ${i} alone: h`)
    }
    return 'a sequence gives the same bits alone and among 64 of other lengths'
  })
}

function checkStream(subject: CellSubject): string {
  const { inputSize } = subject
  return withStack(subject, 'zero', (stack) => {
    const steps = 9
    const sequence = numbers(steps * inputSize, 'stream')
    const at = (step: number) => sequence.slice(step * inputSize, (step + 1) * inputSize)
    const whole = outputOf(stack, sequence)
    const width = stack.outputSize
    const stream = stack.stream()
    for (let step = 0; step < 5; step++)
      requireBits(stream.push(at(step)), whole.subarray(step * width, (step + 1) * width), `step ${step}: h`)
    const snapshot = stream.snapshot()
    const fork = stream.fork()
    stream.push(at(0))
    stream.restore(snapshot)
    for (const [name, copy] of Object.entries({ 'going on after restore()': stream, 'a fork': fork }))
      for (let step = 5; step < steps; step++)
        requireBits(copy.push(at(step)), whole.subarray(step * width, (step + 1) * width), `${name}: h`)
    stream.dispose()
    fork.dispose()
    return 'a stream, its fork and its snapshot give the bits of the whole sequence'
  })
}

function checkInitialState(subject: CellSubject): string {
  const { cell, inputSize } = subject
  return withStack(subject, 'learned', (stack) => {
    const { parameters, learned } = stack.directions[0]
    for (const [name, parameter] of Object.entries(learned)) parameter.set(numbers(parameter.size, name))
    const sequence = numbers(4 * inputSize, 'learned')
    const whole = outputOf(stack, sequence)
    const given = stack.engine.scope(() => {
      const start = mapStates(cell, (name) =>
        learned[`initial_${name}`].view([1, learned[`initial_${name}`].size]),
      )
      return runCell(
        cell,
        parameters,
        packSequences(stack.engine, [sequence], inputSize),
        start,
      ).output.data.data.slice()
    })
    requireBits(whole, given, 'with a learned initial state: h')
    const stream = stack.stream()
    requireBits(
      stream.push(sequence.slice(0, inputSize)),
      whole.subarray(0, stack.outputSize),
      'stream: first h',
    )
    stream.dispose()
    return 'given and learned initial states are where sequences and streams begin'
  })
}

function checkParameters(subject: CellSubject): string {
  return withStack(subject, 'zero', (stack) =>
    withStack(
      subject,
      'zero',
      (other) => {
        const sequence = numbers(4 * subject.inputSize, 'parameters')
        const input = numbers(subject.inputSize, 'input')
        const expected = outputOf(stack, sequence)
        const stream = other.stream()
        stream.push(input)
        outputOf(other, sequence)
        setParameters(other, getParameters(stack))
        requireBits(
          outputOf(other, sequence),
          expected,
          'after its parameters were saved and put into another: h',
        )
        const fresh = stack.stream()
        fresh.restore(stream.snapshot())
        requireBits(
          stream.push(input),
          fresh.push(input).slice(),
          'an open stream after the weights changed: h',
        )
        stream.dispose()
        fresh.dispose()
        return `${Object.keys(stack.parameters()).length} parameters carry all that was learned`
      },
      'another',
    ),
  )
}

function checkSeen(subject: CellSubject): string {
  const { cell, engine, inputSize } = subject
  return scoped(subject, (parameters) => {
    if (!parameters.weight_hh) return 'no weight_hh, so no weight drop and no recurrent dropout'
    const x = randomTensor(engine, [2, inputSize], 'x')
    const state = randomState(cell, parameters, 2)
    const plain = cell.step(parameters, x, state).h.data.slice()
    requireBits(cell.step(parameters, x, state, state.h).h.data, plain, 'step with seen = state.h')
    const masked = cell.step(parameters, x, state, engine.zeros(state.h.shape)).h.data
    requireThat(
      masked.some((value, k) => value !== plain[k]),
      'step does not look at its fourth argument, so recurrent dropout would do nothing; expected `seen` instead of h where h meets weight_hh',
    )
    return 'recurrent products see h as recurrent dropout leaves it'
  })
}

function checkSizes(subject: CellSubject): string {
  const { cell, engine, inputSize } = subject
  return scoped(subject, (parameters) => {
    const refused = (what: string, run: () => unknown) => {
      try {
        run()
      } catch (error) {
        requireThat(error instanceof ShapeError, `${what}: throws ${error}; expected a ShapeError`)
        return
      }
      requireThat(false, `${what} is not refused; expected a ShapeError`)
    }
    const wrong = packed(engine, lengths, inputSize + 1)
    refused(`an input of ${inputSize + 1} features`, () => runCell(cell, parameters, wrong))
    const x = packed(engine, lengths, inputSize)
    const state = randomState(cell, parameters, lengths.length + 1)
    refused(`a state of ${lengths.length + 1} rows for ${lengths.length} sequences`, () =>
      runCell(cell, parameters, x, state),
    )
    return 'an input or a state of another size is refused'
  })
}
