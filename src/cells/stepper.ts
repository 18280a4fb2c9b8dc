import type { PreparedJob, Tensor } from '../tensor/index.js'
import type { Cell, Parameters, Phases, State, Stepper } from './cell.js'
import type { Regularisation } from './regularisation.js'
import { inUse } from './regularisation.js'

/** A stepper for any cell: by its prepared kernels where it has them, otherwise (with zoneout too) by its `step`. */
export function createStepper<S extends State>(
  cell: Cell<S>,
  parameters: Parameters,
  input: Phases,
  regularisation: Regularisation = {},
): Stepper {
  const used = inUse(cell, regularisation)
  return used.sequence?.stepper?.(parameters, input) ?? stepByStep(used, parameters, input)
}

/** What a fused cell tells about its single step; `F` are the fields of its job that hold packed weights. */
export interface FusedStep<F extends string> {
  parameters: Parameters
  hiddenSize: number
  /** Where x is read in phase 0 and in phase 1. */
  input: Phases
  /** The tensors of the state besides h; they are updated in place. */
  others: Readonly<Record<string, Tensor>>
  /** Work areas. */
  work: readonly Tensor[]
  /** The places of the packed weights. */
  weights(): Record<F, number>
  /** The job of one phase from the fields that all cells have in common; `work` is its number of multiplications. */
  prepare(fields: StepFields, weights: Record<F, number>, work: number): FusedJob<F>
}

/** The fields that all single-step jobs have in common. */
export interface StepFields {
  steps: number
  inputSize: number
  hiddenSize: number
  batchSizes: number
  x: number
  h0: number
  y: number
}

/** The part of a prepared job that a stepper uses. */
export interface FusedJob<F extends string> extends Pick<PreparedJob, 'run' | 'dispose'> {
  set(field: F, value: number): void
}

/**
 * A stepper of two prepared jobs: that of phase p reads copy p of h and writes the other one. It sees when the parameters were
 * written to and packs them again.
 */
export function fusedStepper<F extends string>(step: FusedStep<F>): Stepper {
  const { others, input, hiddenSize } = step
  const { weight_ih, weight_hh } = step.parameters
  const { engine } = weight_ih
  const [, inputSize] = weight_ih.shape
  const h: Phases = [engine.persistent([1, hiddenSize]), engine.persistent([1, hiddenSize])]
  const one = engine.persistentIndices([1])
  const parameters = Object.values(step.parameters)
  const work = weight_ih.size + (weight_hh?.size ?? 0)
  const prepare = (phase: 0 | 1) => {
    const sizes = { steps: 1, inputSize, hiddenSize, batchSizes: one.place }
    const places = { x: input[phase].place, h0: h[phase].place, y: h[1 - phase].place }
    return step.prepare({ ...sizes, ...places }, step.weights(), work)
  }
  let version = versionOf(parameters)
  const jobs = [prepare(0), prepare(1)] as const
  const repack = () => {
    version = versionOf(parameters)
    for (const [field, place] of Object.entries(step.weights()) as [F, number][])
      for (const job of jobs) job.set(field, place)
  }
  const states = [
    { h: h[0], ...others },
    { h: h[1], ...others },
  ] as const
  return {
    output: [h[1], h[0]],
    run: (phase) => {
      if (versionOf(parameters) !== version) repack()
      jobs[phase].run()
    },
    state: (phase) => states[phase],
    dispose: () => {
      for (const owned of [...jobs, ...h, one, ...Object.values(others), ...step.work]) owned.dispose()
    },
  }
}

// Versions only grow, so that the sum changes whenever one of them does.
function versionOf(parameters: readonly Tensor[]): number {
  let sum = 0
  for (let i = 0; i < parameters.length; i++) sum += parameters[i].version
  return sum
}

// The state stays in place: each step computes in a scope and copies its result back.
function stepByStep<S extends State>(cell: Cell<S>, parameters: Parameters, input: Phases): Stepper {
  const { engine } = input[0]
  const state = engine.scope(() => {
    const zero = cell.zeroState(parameters, 1)
    return Object.fromEntries(cell.stateNames.map((name) => [name, zero[name].persist()])) as S
  })
  const step = (phase: number) => {
    const next = cell.step(parameters, input[phase], state)
    for (const name of cell.stateNames) state[name].data.set(next[name].data)
  }
  return {
    output: [state.h, state.h],
    run: (phase) => engine.withoutRecording(() => engine.scope(() => step(phase))),
    state: () => state,
    dispose: () => {
      for (const name of cell.stateNames) state[name].dispose()
    },
  }
}
