import { ShapeError, UsageError } from '../errors.js'
import type { Engine, Reals, Tensor } from '../tensor/index.js'
import { describe, sameShape } from '../tensor/index.js'

/** Anything with parameters on an engine. The names are PyTorch's wherever PyTorch has the part. */
export interface Model {
  readonly engine: Engine
  /** Every parameter by name, always in the same order. */
  parameters(): Record<string, Tensor>
}

/** A tensor as plain numbers. */
export interface PlainTensor {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number>
}

/** How many numbers a model learns. */
export function parameterCount(model: Pick<Model, 'parameters'>): number {
  return Object.values(model.parameters()).reduce((sum, { size }) => sum + size, 0)
}

/** Copies of a model's parameters, to be saved or put back with `setParameters`. */
export function getParameters(
  model: Pick<Model, 'parameters'>,
): Record<string, PlainTensor & { data: Reals }> {
  return Object.fromEntries(
    Object.entries(model.parameters()).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.slice() },
    ]),
  )
}

/**
 * Overwrites every parameter of a model. Nothing is changed unless names and shapes all agree.
 *
 * @throws UsageError for a missing or unknown name, ShapeError for another shape.
 *
 * ```ts
 * const best = getParameters(model)
 * setParameters(model, best)
 * ```
 */
export function setParameters(
  model: Pick<Model, 'parameters'>,
  values: Readonly<Record<string, PlainTensor>>,
): void {
  const parameters = model.parameters()
  for (const name of Object.keys(values))
    if (!Object.hasOwn(parameters, name))
      throw new UsageError(
        `parameter "${name}" is unknown; the model has ${Object.keys(parameters).join(', ')}`,
      )
  for (const [name, { shape, size }] of Object.entries(parameters)) {
    if (!Object.hasOwn(values, name)) throw new UsageError(`parameter "${name}" is missing`)
    const given = values[name]
    if (!sameShape(given.shape, shape) || given.data.length !== size)
      throw new ShapeError(
        `parameter "${name}" has the shape ${describe(given.shape)} and ${given.data.length} numbers; expected ${describe(shape)}`,
      )
  }
  for (const [name, parameter] of Object.entries(parameters)) parameter.set(values[name].data)
}

/** The parameters under a common prefix: `weight` becomes `head.weight`. */
export function prefixed(
  prefix: string,
  parameters: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [`${prefix}.${name}`, parameter]),
  )
}
