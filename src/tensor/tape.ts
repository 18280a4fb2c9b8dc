import { ShapeError, UsageError } from '../errors.js'
import type { Engine } from './engine.js'
import { describe } from './shapes.js'
import type { Tensor } from './tensor.js'
import { elementCost } from './work.js'

interface Node {
  outputs: readonly Tensor[]
  backward: () => void
}

/** The operations of one recording, in the order in which they ran. */
export class Tape {
  #nodes: Node[] = []
  #done = false

  /** How many operations are recorded and not yet run backwards. */
  get length(): number {
    return this.#nodes.length
  }

  /** Adds an operation. */
  push(outputs: readonly Tensor[], backward: () => void): void {
    this.#nodes.push({ outputs, backward })
  }

  /** Runs the operations' backward functions from the last to the first, leaving out those whose outputs got no gradient. */
  run(): void {
    if (this.#done)
      throw new UsageError(
        'backpropagate: this recording was already run backwards, which uses it up; record the computation again',
      )
    this.#done = true
    const nodes = this.#nodes
    this.#nodes = []
    for (let i = nodes.length - 1; i >= 0; i--)
      if (nodes[i].outputs.some((output) => output.gradient)) nodes[i].backward()
  }
}

/**
 * Puts an operation on the tape: `outputs` was computed from `inputs`, and `backward` turns the gradients of the outputs
 * into those of the inputs. Does nothing when the engine is not recording or no input requires a gradient.
 *
 * `backward` reads `output.gradient` (undefined when nothing depends on that output: a zero) and writes through
 * `gradientTarget(input)`.
 *
 * ```ts
 * record(engine, [y], [x], () => {
 *   const target = gradientTarget(x)
 *   if (target && y.gradient) // dx (=|+=) 2 dy
 *     engine.run('scaleAdd', { count: x.size, source: y.gradient.place, scale: 2, target: target.gradient.place, targetScale: target.accumulate ? 1 : 0 })
 * })
 * ```
 */
export function record(
  engine: Engine,
  outputs: readonly Tensor[],
  inputs: readonly (Tensor | undefined)[],
  backward: () => void,
): void {
  const tape = engine.tape
  checkEngines(engine, inputs)
  if (!tape || !inputs.some((input) => input?.requiresGradient)) return
  for (const output of outputs) {
    output.requiresGradient = true
    output.tape = tape
  }
  tape.push(outputs, backward)
}

/** Throws a `UsageError` unless all the tensors and indices are of one engine: places in one heap mean nothing in another. */
export function checkEngines(engine: Engine, tensors: readonly (Pick<Tensor, 'engine'> | undefined)[]): void {
  if (tensors.some((tensor) => tensor && tensor.engine !== engine))
    throw new UsageError('an operation got tensors of different engines; expected all of one')
}

/** Where the gradient of an input goes. */
export interface GradientTarget {
  gradient: Tensor
  /** False the first time: every element must be overwritten. True afterwards: add to what is there. */
  accumulate: boolean
}

/** Where a backward function writes the gradient of `input`; undefined when `input` needs none. Ask right before writing. */
export function gradientTarget(input: Tensor | undefined): GradientTarget | undefined {
  return input?.requiresGradient ? input.claimGradient() : undefined
}

/** The gradient of `input` for operations that only ever add to it: filled with zeros the first time. */
export function addedTarget(input: Tensor | undefined): Tensor | undefined {
  const target = gradientTarget(input)
  if (!target) return undefined
  const { gradient, accumulate } = target
  const { size: count, place, engine } = gradient
  if (!accumulate) engine.run('fill', { count, target: place, value: 0 }, count * elementCost)
  return gradient
}

/** Adds `scale` times a tensor of the same size to the gradient of `input`, when it needs one. */
export function addGradient(input: Tensor | undefined, gradient: Tensor, scale = 1): void {
  const target = gradientTarget(input)
  if (!target) return
  const count = gradient.size
  const { engine } = gradient
  const targetScale = target.accumulate ? 1 : 0
  const fields = { count, source: gradient.place, scale, target: target.gradient.place, targetScale }
  engine.run('scaleAdd', fields, count * elementCost)
}

/**
 * Computes the gradients of everything that `loss`, a scalar, was computed from. Gradients of persistent tensors
 * (parameters) are added up over calls until they are cleared; those of temporary ones go with their scope.
 * A recording can be run backwards once.
 *
 * @throws ShapeError when `loss` has more than one element; UsageError when it was not recorded, depends on nothing that
 * requires a gradient, or its recording was already used.
 */
export function backpropagate(loss: Tensor): void {
  if (loss.size !== 1)
    throw new ShapeError(`backpropagate: got a loss of shape ${describe(loss.shape)}; expected a scalar, []`)
  const { tape, engine } = loss
  if (!tape)
    throw new UsageError(
      'backpropagate: the loss was computed without recording, or from nothing that requires a gradient; compute it inside engine.record() or differentiate()',
    )
  engine.withoutRecording(() => {
    loss.claimGradient().gradient.data[0] = 1
    tape.run()
  })
}

/**
 * Computes a loss inside a scope of its own, backpropagates it and returns its value. The gradients of parameters remain
 * (`parameter.gradient`); everything temporary is released.
 *
 * ```ts
 * const value = differentiate(engine, () => crossEntropy(linear(x, weight), targets))
 * ```
 */
export function differentiate(engine: Engine, loss: () => Tensor): number {
  return engine.scope(() => {
    const { value } = engine.record(loss)
    backpropagate(value)
    return value.item()
  })
}

/** Forgets the gradients of parameters, so that the next backpropagation starts from zero. */
export function zeroGradients(parameters: Readonly<Record<string, Tensor>>): void {
  for (const parameter of Object.values(parameters)) parameter.clearGradient()
}
