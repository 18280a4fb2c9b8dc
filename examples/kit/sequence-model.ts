import type { State } from 'unrolled/cells'
import type { TokenLayer, Training } from 'unrolled/layers'
import { Linear, OneHot } from 'unrolled/layers'
import type { Model, StackLayer } from 'unrolled/models'
import { prefixed, Stack } from 'unrolled/models'
import type { Random } from 'unrolled/random'
import type { Engine, Tensor } from 'unrolled/tensor'
import { PackedLayout } from 'unrolled/tensor'

/** How a model is made. */
export interface SequenceModelOptions<T> {
  engine: Engine
  random: Random
  /** What turns tokens into vectors, or the number of symbols, which are then one-hot. */
  input: TokenLayer<T> | number
  outputs: number
  layers: readonly StackLayer[]
  bidirectional?: boolean
}

/** Many-to-many, aligned: tokens → vectors → recurrent layers → one row of outputs for every step. */
export class SequenceModel<T = number> implements Model {
  readonly engine: Engine
  readonly input: TokenLayer<T>
  readonly rnn: Stack
  readonly head: Linear

  constructor({ engine, random, input, outputs, layers, bidirectional = false }: SequenceModelOptions<T>) {
    this.engine = engine
    this.input = typeof input === 'number' ? (new OneHot(input, engine) as unknown as TokenLayer<T>) : input
    const rnn = { engine, random: random.split('rnn'), layers, bidirectional }
    this.rnn = new Stack({ ...rnn, inputSize: this.input.size })
    this.head = new Linear(this.rnn.outputSize, outputs, { engine, random: random.split('head') })
  }

  parameters(): Record<string, Tensor> {
    return {
      ...prefixed('input', this.input.parameters()),
      ...prefixed('rnn', this.rnn.parameters()),
      ...prefixed('head', this.head.parameters()),
    }
  }

  /**
   * Outputs [rows, outputs] of every step, rows as `layout` says; `layout.arrange(targets)` brings targets into the same order.
   * `final` can be given to the next call as `initial`, when the sequences go on.
   */
  forward(
    sequences: readonly ArrayLike<T>[],
    { initial, training }: { initial?: readonly State[] | undefined; training?: Training } = {},
  ): { outputs: Tensor; layout: PackedLayout; final: readonly State[] } {
    const layout = PackedLayout.of(sequences.map(({ length }) => length))
    const tokens = new Array<T>(layout.rows)
    layout.forEachRow((row, position, step) => {
      tokens[row] = sequences[layout.order[position]][step]
    })
    const x = { data: this.input.forward(tokens), layout }
    const { output, final } = this.rnn.forward(x, { training, ...(initial && { initial }) })
    return { outputs: this.head.forward(output.data), layout, final }
  }
}

/**
 * Chrono initialisation (Tallec and Ollivier 2018): an LSTM's forget gates begin with memories of 1 to `longest` steps,
 * b_f = ln U(1, longest - 1), and its input gates with b_i = -b_f, so that what is to be remembered for long can be.
 */
export function rememberFor(longest: number, { directions }: Stack, random: Random): void {
  for (const { parameters, size } of directions) {
    const { bias_ih, bias_hh } = parameters
    const values = new Float64Array(bias_ih.size)
    for (let unit = 0; unit < size; unit++) {
      const forget = Math.log(1 + (longest - 2) * random.uniform())
      values[unit] = -forget
      values[size + unit] = forget
    }
    bias_ih.set(values)
    bias_hh.set(new Float64Array(bias_hh.size))
  }
}
