import type { State } from '../cells/index.js'
import { LogProbabilities } from '../decoding/log-probabilities.js'
import type { Stepper } from '../decoding/stepper.js'
import { releaseTensors, reorderTensors } from '../decoding/stepper.js'
import { UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { concat, PackedLayout } from '../tensor/index.js'
import type { Decoder, Encoded } from './decoder.js'

/** A decoder between two steps of a search. */
export interface DecoderState {
  /** The tensors of all layers' states, with input feeding what is fed, with coverage what was looked at. */
  readonly tensors: Readonly<Record<string, Tensor>>
  /** The source that each row looks at: its sorted position. */
  readonly sources: Int32Array
}

const FED = 'fed'
const COVERED = 'covered'

/**
 * A decoder as the searches of `unrolled/decoding` see it; input i is source i of what was encoded. It is good as long as the scope in
 * which the sources were encoded.
 */
export function decoderStepper(decoder: Decoder, encoded: Encoded): Stepper<DecoderState> {
  const { engine, rnn, inputFeeding, coverage } = decoder
  const flat = (states: readonly State[]) =>
    Object.fromEntries(
      states.flatMap((state, place) =>
        rnn.directions[place].cell.stateNames.map((name) => [
          `${name}_${rnn.directions[place].suffix}`,
          state[name],
        ]),
      ),
    )
  const layered = (tensors: DecoderState['tensors']) =>
    rnn.directions.map(
      ({ cell, suffix }) =>
        Object.fromEntries(cell.stateNames.map((name) => [name, tensors[`${name}_${suffix}`]])) as State,
    )
  return {
    initial(batch) {
      if (batch !== encoded.layout.batch)
        throw new UsageError(
          `decoding: got a batch of ${batch} for ${encoded.layout.batch} sources; expected one input per source`,
        )
      const rows = Int32Array.from({ length: batch }, (_, row) => row)
      const tensors = engine.scope(() => {
        const fed = inputFeeding && { [FED]: engine.zeros([batch, decoder.hiddenSize]) }
        const covered = coverage && { [COVERED]: engine.zeros([batch, encoded.layout.steps]) }
        return reorderTensors({ ...flat(encoded.states), ...fed, ...covered }, rows)
      })
      return { tensors, sources: encoded.layout.inverseOrder() }
    },
    step({ tensors, sources }, tokens) {
      const embedded = decoder.embed(tokens)
      const data = inputFeeding ? concat([embedded, tensors[FED]], 1) : embedded
      const layout = PackedLayout.of(new Int32Array(tokens.length).fill(1))
      const { output, final } = rnn.forward({ data, layout }, { initial: layered(tensors) })
      const before = coverage ? tensors[COVERED] : undefined
      const { hidden, weights, covered } = decoder.attend(output.data, encoded.memory, sources, before)
      const next = {
        ...flat(final),
        ...(inputFeeding && { [FED]: hidden }),
        ...(covered && { [COVERED]: covered }),
      }
      return {
        logProbs: new LogProbabilities(decoder.head.forward(hidden)),
        state: { tensors: next, sources },
        ...(weights && { attention: (row: number) => weights.row(row) }),
      }
    },
    reorder: ({ tensors, sources }, rows) => ({
      tensors: reorderTensors(tensors, rows),
      sources: rows.map((row) => sources[row]),
    }),
    release: ({ tensors }) => releaseTensors(tensors),
    scope: (run) => engine.withoutRecording(() => engine.scope(run)),
  }
}
