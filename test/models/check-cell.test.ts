import { describe, expect, test } from 'vitest'
import type { Cell, HiddenState, SequenceOperation } from '../../src/cells/index.js'
import { elman, recurrentParameters, unroll, zeroState } from '../../src/cells/index.js'
import { UsageError } from '../../src/errors.js'
import type { CellCheckName } from '../../src/models/index.js'
import { cellCheckNames, checkCell } from '../../src/models/index.js'
import type { Tensor } from '../../src/tensor/index.js'
import { add, linear, mean, record, scale, tanh } from '../../src/tensor/index.js'
import { minimalGated } from '../cells/minimal-gated.js'
import { useEngine } from '../tensor/engines.js'

const exact = useEngine()
const single = useEngine({ threads: 1 })

/** A right cell by step alone, changed in one place. */
function changed(change: Partial<Cell<HiddenState>>): Cell {
  const { sequence: _, ...stepOnly } = elman
  return { ...stepOnly, name: 'changed', ...change } as Cell
}

/** What `checkCell` complains about, with the first words of why. */
function complaints(cell: Cell, only?: readonly CellCheckName[]): Record<string, string> {
  const { checks } = checkCell(cell, exact(), only && { only })
  return Object.fromEntries(
    checks.filter(({ passed }) => !passed).map(({ check, detail }) => [check, detail]),
  )
}

/** tanh whose backward function forgets the slope. */
function wrongTanh(x: Tensor): Tensor {
  const y = tanh(x.engine.withoutRecording(() => scale(x, 1)))
  record(x.engine, [y], [x], () => {
    if (y.gradient) x.claimGradient().gradient.data.set(y.gradient.data)
  })
  return y
}

const fusedAs = (factor: number): SequenceOperation<HiddenState> => ({
  run(parameters, x, initial, keep) {
    const result = unroll(changed({}), parameters, x, initial, {
      ...(keep && { keep }),
    })
    return { ...result, output: { ...result.output, data: scale(result.output.data, factor) } }
  },
})

describe('a right cell', () => {
  test('passes every check, in double and in single precision, and nothing is left behind', () => {
    const before = exact().bytesInUse
    const report = checkCell(minimalGated, exact())
    expect(report.passed).toBe(true)
    report.assert()
    expect(report.checks.map(({ check }) => check)).toEqual(cellCheckNames)
    expect(String(report)).toMatch(/^minimalGated: 11 of 11 checks passed\n {2}✓ seed /)
    expect(String(report)).toContain('✓ gradients   worst difference from finite differences: step ')
    expect(exact().bytesInUse).toBe(before)
    checkCell(minimalGated, exact(), { engine: single() }).assert()
  })

  test('only the checks asked for are run, with the sizes asked for', () => {
    const { checks } = checkCell(minimalGated, exact(), {
      only: ['states'],
      hiddenSize: 4,
    })
    expect(checks).toEqual([{ check: 'states', passed: true, detail: 'h [3, 4]' }])
  })

  test('an engine of single precision is refused: rounding would hide what is wrong', () => {
    expect(() => checkCell(minimalGated, single())).toThrow(UsageError)
  })
})

describe('a wrong cell is found out', () => {
  test('a wrong gradient', () => {
    const cell = changed({
      step: ({ weight_ih, weight_hh, bias_ih, bias_hh }, x, { h }, seen = h) => ({
        h: wrongTanh(add(linear(x, weight_ih, bias_ih), linear(seen, weight_hh, bias_hh))),
      }),
    })
    const found = complaints(cell)
    expect(Object.keys(found)).toEqual(['gradients'])
    expect(found.gradients).toMatch(
      /^step: differ from finite differences by .* expected less than 0.000001$/,
    )
    const report = checkCell(cell, exact())
    expect(report.passed).toBe(false)
    expect(() => report.assert()).toThrow(UsageError)
    expect(() => report.assert()).toThrow('changed: 10 of 11 checks passed')
    expect(String(report)).toContain('  ✗ gradients   step: differ')
  })

  test('a step that mixes the sequences of a batch', () => {
    const cell = changed({
      step: (parameters, x, { h }, seen = h) => {
        const { h: after } = elman.step(parameters, x, { h }, seen)
        return { h: add(after, mean(after, 0)) }
      },
    })
    expect(Object.keys(complaints(cell))).toContain('batch')
  })

  test('a step that remembers something by itself, or writes to its state', () => {
    let calls = 0
    const counting = changed({
      step: (parameters, x, { h }, seen = h) => ({
        h: scale(elman.step(parameters, x, { h }, seen).h, 1 + 0.01 * calls++),
      }),
    })
    expect(Object.keys(complaints(counting))).toContain('repeatable')
    const writing = changed({
      step: (parameters, x, { h }, seen = h) => {
        const after = elman.step(parameters, x, { h }, seen)
        h.data[0] += 1
        return after
      },
    })
    expect(complaints(writing, ['repeatable']).repeatable).toBeDefined()
  })

  test('a step that ignores seen', () => {
    const cell = changed({ step: (parameters, x, { h }) => elman.step(parameters, x, { h }, h) })
    expect(complaints(cell)).toEqual({
      seen: 'step does not look at its fourth argument, so recurrent dropout would do nothing; expected `seen` instead of h where h meets weight_hh',
    })
  })

  test('a state of another size than the step gives, or that is not zero', () => {
    const wide = changed({
      zeroState: (parameters, batch) => ({ h: parameters.weight_hh.engine.zeros([batch, 14]) }),
    })
    expect(Object.keys(complaints(wide))).toContain('states')
    const ones = changed({
      zeroState: (parameters, batch) => ({ h: parameters.weight_hh.engine.full([batch, 13], 1) }),
    })
    expect(complaints(ones, ['states'])).toEqual({ states: 'zeroState gives a h that is not zero' })
    const missing = changed({ stateNames: ['h', 'c'] })
    expect(complaints(missing, ['states']).states).toBeDefined()
    const partly = changed({
      gates: ['a', 'b'],
      step: (parameters, x, state) => ({ ...elman.step(parameters, x, state), a: state.h }),
    })
    expect(complaints(partly, ['states']).states).toBe(
      'step gives the activations of a; expected those of all gates (a, b) or of none',
    )
  })

  test('parameters that do not follow from the seed', () => {
    const cell = changed({
      init(inputSize, hiddenSize, options) {
        const parameters = recurrentParameters(1, inputSize, hiddenSize, options)
        parameters.weight_hh.data[0] = Math.random()
        return parameters
      },
    })
    expect(complaints(cell, ['seed']).seed).toContain('weight_hh of the same seed has')
    const fixed = changed({
      init: (inputSize, hiddenSize, { engine }) => ({
        weight_ih: engine.parameter([hiddenSize, inputSize]),
        weight_hh: engine.parameter([hiddenSize, hiddenSize]),
      }),
    })
    expect(complaints(fixed, ['seed']).seed).toContain('another seed gives the same parameters')
  })

  test('a fused operation that computes something else', () => {
    expect(complaints(changed({ sequence: fusedAs(1) }))).toEqual({})
    const found = complaints(changed({ sequence: fusedAs(1.001) }))
    expect(found.sequence).toMatch(/^fused output has .* expected .* within 1e-12$/)
    expect(found.stream).toContain('step 0: h has')
  })

  test('a cell that throws: the report says what', () => {
    const cell = changed({
      zeroState: (parameters, batch) => zeroState(changed({}), parameters, batch) as HiddenState,
      step: () => {
        throw new Error('not written yet')
      },
    })
    const { checks, passed } = checkCell(cell, exact())
    expect(passed).toBe(false)
    expect(checks.find(({ check }) => check === 'states')?.detail).toBe('not written yet')
  })
})
