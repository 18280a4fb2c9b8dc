import { nearest, UsageError } from '../errors.js'
import { Convolution1d } from '../layers/convolution-1d.js'
import type { LayerOptions } from '../layers/layer.js'
import type { Packed, Tensor } from '../tensor/index.js'
import { segmentMax, tanh } from '../tensor/index.js'
import { callersOrder } from './pooling.js'
import { Stack } from './stack.js'

/** Makes one vector of the vectors of a word's characters. */
export interface Spelling {
  /** Features of the vector. */
  readonly size: number
  /** Its parameters by name. */
  parameters(): Record<string, Tensor>
  /** [words, size], in the caller's order of words. */
  forward(characters: Packed): Tensor
}

/** The ways to read a spelling. */
export type SpellingName = 'recurrent' | 'convolution'

/** How a spelling is read. */
export interface SpellingOptions extends LayerOptions {
  /** Features of a character. */
  readonly inputSize: number
  /** The recurrent cell. */
  readonly cell: string
  /** Half the features of the vector: units of each direction, or half the filters. */
  readonly units: number
}

const spellings: Readonly<Record<SpellingName, (options: SpellingOptions) => Spelling>> = {
  recurrent: recurrentSpelling,
  convolution: convolutionSpelling,
}

/** The names of the ways to read a spelling. */
export const spellingNames = Object.keys(spellings) as readonly SpellingName[]

/**
 * The reader of spellings of a name: the last states of a layer that runs over the characters in both directions (`recurrent`), or
 * the maximum of a `convolution` over them. Throws a `UsageError` for another name.
 */
export function spellingNamed(name: string, options: SpellingOptions): Spelling {
  if (Object.hasOwn(spellings, name)) return spellings[name as SpellingName](options)
  const guess = nearest(name, spellingNames)
  const hint = guess ? `. Did you mean "${guess}"?` : ''
  throw new UsageError(`unknown spelling "${name}"; expected one of ${spellingNames.join(', ')}${hint}`)
}

/** Source: Ling et al. (2015), "Finding function in form"; Lample et al. (2016). */
function recurrentSpelling({ units, cell, ...options }: SpellingOptions): Spelling {
  const rnn = new Stack({
    ...options,
    name: 'characters',
    layers: [{ cell, size: units }],
    bidirectional: true,
  })
  return {
    size: rnn.outputSize,
    parameters: () => rnn.parameters(),
    forward: (characters) => rnn.lastOutput(rnn.forward(characters)),
  }
}

/** Characters a filter sees at once. */
const filterWidth = 3

/** max_t tanh(convolution)_t. Source: Ma and Hovy (2016), "End-to-end sequence labeling via bi-directional LSTM-CNNs-CRF". */
function convolutionSpelling({ units, inputSize, ...options }: SpellingOptions): Spelling {
  const size = 2 * units
  const filters = new Convolution1d(inputSize, size, filterWidth, options)
  return {
    size,
    parameters: () => filters.parameters(),
    forward(characters) {
      const { data, layout } = filters.forward(characters)
      const states = { data: tanh(data), layout }
      return callersOrder(segmentMax(states), states)
    },
  }
}
