import type { State } from '../cells/index.js'
import { ShapeError, UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'
import { describe, elementCost, sameShape } from '../tensor/index.js'
import type { Stack } from './stack.js'

/**
 * The states of a stack between the batches of truncated backpropagation through time: every batch begins where the one before it ended,
 * and gradients stop between them. Batches must hold the next pieces of the same sequences, in the same order (see `streamBatches`).
 *
 * A model that keeps one gives `tensors()` to `fit` as its `carried`, so that checkpoints have them and every epoch begins with zeros.
 * Throws a `UsageError` for a bidirectional stack, whose reverse direction would need the next batch, and for one whose initial states
 * are not zeros; a `ShapeError` for final states of another number of sequences.
 *
 * Source: Williams and Peng (1990), "An efficient gradient-based algorithm for on-line training of recurrent network trajectories".
 *
 * ```ts
 * const state = new CarriedState(stack, 32)
 * const { output, final } = stack.forward(x, { initial: state.initial() })
 * state.keep(final) // the values, not the gradient
 * ```
 */
export class CarriedState {
  readonly #states: readonly { readonly suffix: string; readonly state: State }[]

  constructor(
    readonly stack: Stack,
    readonly batch: number,
  ) {
    checkCarries(stack)
    const { engine } = stack
    this.#states = stack.directions.map(({ cell, parameters, suffix }) => {
      const shapes = engine.scope(() =>
        Object.entries(cell.zeroState(parameters, batch)).map(([name, { shape }]) => [name, shape] as const),
      )
      const state = shapes.map(([name, shape]) => [name, engine.persistent(shape)])
      return { suffix, state: Object.fromEntries(state) as State }
    })
  }

  /** The states for the next batch: copies, so that `keep` may be called before backpropagation. */
  initial(): State[] {
    const copy = (tensor: Tensor): Tensor => {
      const { engine, size: count, place: source, shape } = tensor
      const target = engine.empty(shape)
      const fields = { count, source, scale: 1, target: target.place, targetScale: 0 }
      engine.run('scaleAdd', fields, count * elementCost)
      return target
    }
    return this.#states.map(
      ({ state }) =>
        Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, copy(tensor)])) as State,
    )
  }

  /** Takes over the values of the states after a batch. */
  keep(final: readonly State[]): void {
    this.#states.forEach(({ state, suffix }, direction) => {
      for (const [name, tensor] of Object.entries(state)) {
        const { shape, data } = final[direction][name]
        if (!sameShape(shape, tensor.shape))
          throw new ShapeError(
            `CarriedState: ${name}_${suffix} has the shape ${describe(shape)}; expected ${describe(tensor.shape)}, as made for ${this.batch} sequences`,
          )
        tensor.set(data)
      }
    })
  }

  /** The tensors by name: `h_l0`, `c_l0`, `h_l1` … */
  tensors(): Record<string, Tensor> {
    return Object.fromEntries(
      this.#states.flatMap(({ suffix, state }) =>
        Object.entries(state).map(([name, tensor]) => [`${name}_${suffix}`, tensor]),
      ),
    )
  }

  /** Begins anew, with zeros. */
  clear(): void {
    for (const tensor of Object.values(this.tensors())) tensor.set(new Float32Array(tensor.size))
  }

  /** Releases its memory. */
  dispose(): void {
    for (const tensor of Object.values(this.tensors())) tensor.dispose()
  }
}

function checkCarries({ bidirectional, initialState }: Stack): void {
  if (bidirectional)
    throw new UsageError(
      'CarriedState: a bidirectional stack cannot go on from the batch before: its reverse direction begins at the end of the next one',
    )
  if (initialState !== 'zero')
    throw new UsageError(
      `CarriedState: the stack has the initial state '${initialState}'; expected 'zero': carried states take its place`,
    )
}
