import type { JobFields, Tensor } from '../tensor/index.js'
import { record } from '../tensor/index.js'
import type { Parameters, SequenceOperation } from './cell.js'
import type { SequenceCall } from './fused.js'
import {
  beginSequence,
  initialGradients,
  lastRows,
  stateGradient,
  stateGradients,
  sumGradients,
} from './fused.js'
import { packedWeights } from './packed-weights.js'
import type { FusedJob } from './stepper.js'
import { fusedStepper } from './stepper.js'

/** The output h and the cell c of an LSTM, each [batch, hiddenSize]. */
export type LstmState = Readonly<{ h: Tensor; c: Tensor }>

/** The fields of jobs that hold packed weights. */
type WeightField = 'packedIh' | 'packedHh' | 'packedBias'

/** What tells the members of the LSTM's family apart: how many gates there are and which jobs compute them. */
export interface LstmKernels {
  name: string
  gates: number
  /** Runs all steps. */
  forward(call: SequenceCall, fields: JobFields<'lstmForward'>, work: number): void
  /** Runs all steps back: the gradients of the sums replace the gates. */
  backward(call: SequenceCall, fields: JobFields<'lstmBackward'>, work: number): void
  /** The forward job as a single step. */
  prepare(parameters: Parameters, fields: JobFields<'lstmForward'>, work: number): FusedJob<WeightField>
  /** Adds the gradients of parameters that an LSTM does not have, from those of the sums [rows, gates·H] and from c of all steps. */
  ownGradients?(call: SequenceCall, sums: Tensor, cells: Tensor): void
}

/** The fused sequence of a cell with the states h and c and the LSTM's weights. */
export function lstmSequence(kernels: LstmKernels): SequenceOperation<LstmState> {
  return {
    run: (parameters, x, initial, keep = false) =>
      runSequence(kernels, beginSequence(kernels.name, kernels.gates, parameters, x, initial, keep)),
    stepper(parameters, input) {
      const { engine, shape } = parameters.weight_hh
      const [rows, hiddenSize] = shape
      const c = engine.persistent([1, hiddenSize])
      const gates = engine.persistent([1, rows])
      const places = { c0: c.place, cells: c.place, cn: c.place, gates: gates.place, keep: 0 }
      return fusedStepper({
        parameters,
        hiddenSize,
        input,
        others: { c },
        work: [gates],
        weights: () => weightFields(parameters, kernels.gates),
        prepare: (fields, weights, work) =>
          kernels.prepare(parameters, { ...fields, ...places, ...weights }, work),
      })
    },
  }
}

function runSequence(
  kernels: LstmKernels,
  call: SequenceCall,
): ReturnType<SequenceOperation<LstmState>['run']> {
  const { engine, x, y, initial, parameters, inputSize, hiddenSize, work } = call
  const { batch, rows } = x.layout
  const gates = engine.empty([call.gateRows, kernels.gates * hiddenSize])
  const cells = engine.empty([call.keep ? rows : batch, hiddenSize])
  const c = engine.empty([batch, hiddenSize])
  const before = { x: x.data.place, h0: initial?.h.place ?? 0, c0: initial?.c.place ?? 0 }
  const after = { y: y.place, cells: cells.place, gates: gates.place, cn: c.place, keep: call.keep ? 1 : 0 }
  const weights = weightFields(parameters, kernels.gates)
  kernels.forward(call, { ...call.shape(), inputSize, ...before, ...after, ...weights }, work)
  const h = lastRows(call)
  const traced = stateGradients(call, ['h', 'c'])
  record(engine, [y, h, c], call.inputs, () => {
    const dh = stateGradient(h)
    const dc = stateGradient(c)
    const activations = { c0: initial?.c.place ?? 0, cells: cells.place, gates: gates.place }
    const gradients = { dy: y.gradient?.place ?? 0, dh: dh.place, dc: dc.place }
    const traces = { dhs: traced.h?.place ?? 0, dcs: traced.c?.place ?? 0 }
    const packedHhBackward = engine.packed(parameters.weight_hh, false)
    const fields = { ...call.shape(), ...activations, ...gradients, ...traces, packedHhBackward }
    kernels.backward(call, fields, work)
    initialGradients(initial, { h: dh, c: dc })
    sumGradients(call, gates, gates)
    kernels.ownGradients?.(call, gates, cells)
  })
  return {
    output: { data: y, layout: x.layout },
    final: { h, c } as LstmState,
    kept: call.keep ? { gates, cells } : {},
    ...(call.keepGradients && { gradients: () => traced as Readonly<Record<string, Tensor>> }),
  }
}

function weightFields(parameters: Parameters, gates: number): Record<WeightField, number> {
  const { packedIh, packedHh, packedBiasIh } = packedWeights(parameters, gates, false)
  return { packedIh, packedHh, packedBias: packedBiasIh }
}
