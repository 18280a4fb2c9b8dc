import type { Engine, JobFields, Tensor } from '../tensor/index.js'
import { elementCost, record } from '../tensor/index.js'
import type { Parameters, SequenceOperation } from './cell.js'
import type { HiddenState } from './elman.js'
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

type WeightField = 'packedIh' | 'packedBias'

/** The jobs of a cell whose gates do not see h; the one that keeps `shares` [rows, H] for its backward pass says so. */
export interface ScanKernels {
  name: string
  gates: number
  keepsShares: boolean
  forward(engine: Engine, fields: JobFields<'minLstmForward'>, work: number): void
  backward(engine: Engine, fields: JobFields<'minLstmBackward'>, work: number): void
  prepare(engine: Engine, fields: JobFields<'minLstmForward'>, work: number): FusedJob<WeightField>
}

/** The fused sequence of a cell without recurrent weights: one product for the sums of all steps, then a walk through time. */
export function scanSequence(kernels: ScanKernels): SequenceOperation<HiddenState> {
  const { name, gates } = kernels
  return {
    run: (parameters, x, initial, keep = false) =>
      runScan(kernels, beginSequence(name, gates, parameters, x, initial, keep)),
    stepper(parameters, input) {
      const { engine, shape } = parameters.weight_ih
      const sums = engine.persistent([1, shape[0]])
      const places = { gates: sums.place, shares: 0, keep: 0 }
      return fusedStepper({
        parameters,
        hiddenSize: shape[0] / gates,
        input,
        others: {},
        work: [sums],
        weights: () => weightFields(parameters, gates),
        prepare: (fields, weights, work) =>
          kernels.prepare(engine, { ...fields, ...places, ...weights }, work),
      })
    },
  }
}

function runScan(
  kernels: ScanKernels,
  call: SequenceCall,
): ReturnType<SequenceOperation<HiddenState>['run']> {
  const { engine, x, y, initial, parameters, inputSize, hiddenSize, work } = call
  const gates = engine.empty([call.gateRows, kernels.gates * hiddenSize])
  const shares = call.keep && kernels.keepsShares ? engine.empty(y.shape) : undefined
  const places = () => ({
    h0: initial?.h.place ?? 0,
    y: y.place,
    gates: gates.place,
    shares: shares?.place ?? 0,
  })
  const from = { inputSize, x: x.data.place, keep: call.keep ? 1 : 0 }
  const weights = weightFields(parameters, kernels.gates)
  kernels.forward(engine, { ...call.shape(), ...from, ...places(), ...weights }, work)
  const h = lastRows(call)
  const traced = stateGradients(call, ['h'])
  record(engine, [y, h], call.inputs, () => {
    const dh = stateGradient(h)
    const gradients = { dy: y.gradient?.place ?? 0, dh: dh.place, dhs: traced.h?.place ?? 0 }
    kernels.backward(engine, { ...call.shape(), ...places(), ...gradients }, gates.size * elementCost)
    initialGradients(initial, { h: dh })
    sumGradients(call, gates, gates)
  })
  return {
    output: { data: y, layout: x.layout },
    final: { h },
    kept: call.keep ? { gates } : {},
    ...(call.keepGradients && { gradients: () => traced as Readonly<Record<string, Tensor>> }),
  }
}

/** The state of zeros of a cell without recurrent weights and with `gates` gates. */
export function zeroHidden({ weight_ih }: Parameters, gates: number, batch: number): HiddenState {
  return { h: weight_ih.engine.zeros([batch, weight_ih.shape[0] / gates]) }
}

function weightFields(parameters: Parameters, gates: number): Record<WeightField, number> {
  const { packedIh, packedBiasIh } = packedWeights(parameters, gates, false)
  return { packedIh, packedBias: packedBiasIh }
}
