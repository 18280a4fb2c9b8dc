import type { State } from '../cells/index.js'
import type { LayerOptions } from '../layers/layer.js'
import { Linear } from '../layers/linear.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { concat, tanh } from '../tensor/index.js'
import { prefixed } from './model.js'
import type { Stack } from './stack.js'

/** How one tensor of a decoder's initial state is made. */
interface Link {
  /** `h` or another name of the decoder cell's state, and what it is read from. */
  readonly name: string
  readonly from: string
  /** The places among the encoder's final states that stand side by side. */
  readonly places: readonly number[]
  /** Absent where the encoder's state fits as it is. */
  readonly layer: Linear | undefined
}

/**
 * Turns the last states of an encoder into the first ones of a decoder, layer by layer: both directions side by side through a linear
 * layer, tanh(W [h→; h←] + b) for h, without the tanh for other states such as c. A decoder that is higher than its encoder reads the
 * top layer again; a cell with a c reads h where the encoder's cell has none. Where an encoder of one direction has states of the right
 * width they go over as they are, without parameters.
 *
 * Sources: Sutskever, Vinyals and Le (2014) for states that go over; Bahdanau, Cho and Bengio (2014) for tanh(W h←).
 *
 * ```ts
 * const bridge = new Bridge(encoder, decoder, { engine, random })
 * decoder.forward(y, { initial: bridge.forward(encoder.forward(x).final) })
 * ```
 */
export class Bridge {
  readonly #layers: readonly (readonly Link[])[]
  readonly #suffixes: readonly string[]

  constructor(encoder: Stack, decoder: Stack, { engine, random }: LayerOptions) {
    const sides = encoder.bidirectional ? 2 : 1
    const depth = encoder.directions.length / sides
    const given = encoder.directions.map(({ cell, parameters }) => widthsOf(engine, cell, parameters))
    this.#suffixes = decoder.directions.map(({ suffix }) => suffix)
    this.#layers = decoder.directions.map(({ cell, parameters, suffix }, layer) => {
      const first = Math.min(layer, depth - 1) * sides
      const places = Array.from({ length: sides }, (_, side) => first + side)
      const wanted = widthsOf(engine, cell, parameters)
      return cell.stateNames.map((name): Link => {
        const from = name in given[first] ? name : 'h'
        const width = places.reduce((sum, place) => sum + given[place][from], 0)
        const fits = sides === 1 && from === name && width === wanted[name]
        const part = random.split(suffix).split(name)
        return {
          name,
          from,
          places,
          layer: fits ? undefined : new Linear(width, wanted[name], { engine, random: part }),
        }
      })
    })
  }

  /** `h_l0.weight`, `h_l0.bias`, `c_l0.weight` …; none where states go over as they are. */
  parameters(): Record<string, Tensor> {
    const named = this.#layers.flatMap((links, layer) =>
      links.map(({ name, layer: linear }) =>
        prefixed(`${name}_${this.#suffixes[layer]}`, linear?.parameters() ?? {}),
      ),
    )
    return Object.assign({}, ...named)
  }

  /** The decoder's initial states from the encoder's final ones, both in the caller's order. */
  forward(final: readonly State[]): State[] {
    return this.#layers.map((links) => {
      const entries = links.map(({ name, from, places, layer }) => {
        const parts = places.map((place) => final[place][from])
        const read = parts.length > 1 ? concat(parts, 1) : parts[0]
        if (!layer) return [name, read]
        const made = layer.forward(read)
        return [name, name === 'h' ? tanh(made) : made]
      })
      return Object.fromEntries(entries) as State
    })
  }
}

function widthsOf(
  engine: Engine,
  cell: Stack['directions'][number]['cell'],
  parameters: Stack['directions'][number]['parameters'],
): Record<string, number> {
  return engine.scope(() => {
    const zero = cell.zeroState(parameters, 1)
    return Object.fromEntries(cell.stateNames.map((name) => [name, zero[name].shape[1]]))
  })
}
