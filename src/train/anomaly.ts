import { type Observation, observing } from '../cells/index.js'
import type { Parameters } from '../optim/index.js'
import { Random } from '../random/index.js'
import { backpropagate, type Packed, type Tensor, zeroGradients } from '../tensor/index.js'
import { type GradientSum, lossAndGradients, type Part } from './gradient-sum.js'
import type { Trainable } from './trainable.js'

/** A recurrent layer as it was seen, and how many steps it had made in this batch before: a loss may run it piece by piece. */
interface Seen {
  readonly layer: Observation
  readonly before: number
}

/**
 * Where the first number that is not finite appeared, as a sentence: the batches of a failed step are computed again while every
 * recurrent layer is watched. Undefined when the second time all is well, or nothing that can be watched shows it.
 *
 * Forward it looks in the order of the computation: the weights, then for each layer its input, and its activations from the first step
 * on. When all of that is finite and so is the loss, it looks backward: at ∂L/∂h_t (and ∂L/∂c_t) of the top layer from the last step on,
 * then of the layers below, then at the weights' gradients.
 */
export function anomalyOf<Batch>({ model, parameters, parts }: GradientSum<Batch>): string | undefined {
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = badIn(parameter)
    if (value !== undefined) return `The weight ${name} was ${value} before the batch.`
  }
  const several = parts.length > 1
  for (const [index, part] of parts.entries()) {
    const found = anomalyOfBatch(model, parameters, part)
    if (found) return several ? `${found} (Batch ${index + 1} of the ${parts.length} of this step.)` : found
  }
  return undefined
}

function anomalyOfBatch<Batch>(
  model: Trainable<Batch>,
  parameters: Parameters,
  { batch, random, step, carried }: Part<Batch>,
): string | undefined {
  for (const [name, tensor] of Object.entries(model.carried?.() ?? {})) tensor.set(carried[name])
  zeroGradients(parameters)
  const seen: Seen[] = []
  let found: string | undefined
  const see = (layer: Observation) => {
    const same = seen.filter((other) => other.layer.name === layer.name)
    const before = same.reduce((steps, other) => steps + other.layer.x.layout.steps, 0)
    seen.push({ layer, before })
    found ??= forwardAnomaly({ layer, before })
  }
  const { engine } = model
  const training = { random: new Random(random), step } // from its beginning, whatever was drawn
  const loss = engine.scope(() => {
    if (model.differentiate) return observing(engine, see, () => lossAndGradients(model, batch, training))
    const { value } = observing(engine, see, () => engine.record(() => model.loss(batch, training)))
    if (Number.isFinite(value.item())) {
      backpropagate(value)
      for (const layer of seen.toReversed()) found ??= backwardAnomaly(layer)
    }
    return value.item()
  })
  return found ?? anomalyOutside(loss, seen, parameters)
}

function forwardAnomaly({ layer, before }: Seen): string | undefined {
  const { x, result, name } = layer
  const input = firstBadRow(x.data)
  if (input)
    return `The first ${input.value} of the forward pass is in the input of layer ${name}, ${placeOf(x, layer, input.row, before)}.`
  const { gates, cells } = result.kept
  const parts = { h: result.output.data, ...(cells && { c: cells }), ...(gates && { 'the gates': gates }) }
  const bad = Object.entries(parts)
    .flatMap(([part, tensor]) => {
      const at = tensor.shape[0] === x.layout.rows ? firstBadRow(tensor) : undefined
      return at ? [{ part, ...at }] : []
    })
    .sort((a, b) => a.row - b.row)[0]
  return (
    bad &&
    `The first ${bad.value} of the forward pass is in ${bad.part} of layer ${name}, ${placeOf(x, layer, bad.row, before)}.`
  )
}

function backwardAnomaly({ layer, before }: Seen): string | undefined {
  const { x, result, name } = layer
  const bad = Object.entries(result.gradients?.() ?? {})
    .flatMap(([part, tensor]) => {
      const at = lastBadRow(tensor)
      return at ? [{ part, ...at }] : []
    })
    .sort((a, b) => b.row - a.row)[0]
  return (
    bad &&
    `The forward pass is finite. Going back in time, the first ${bad.value} is in ∂L/∂${bad.part} of layer ${name}, ${placeOf(x, layer, bad.row, before)}.`
  )
}

function anomalyOutside(loss: number, seen: readonly Seen[], parameters: Parameters): string | undefined {
  const layers =
    seen.length > 0 ? 'The weights and all recurrent layers are finite' : 'The weights are finite'
  if (!Number.isFinite(loss))
    return `${layers}: the loss became ${loss} after them, in the output layer, in the targets or in the loss itself.`
  for (const [name, { gradient }] of Object.entries(parameters)) {
    const value = gradient && badIn(gradient)
    if (value !== undefined)
      return `The forward pass is finite. The first ${value} found going back is in the gradient of ${name}.`
  }
  return undefined
}

// "time step 3 of sequence 0", counted from 0 as the batch has them.
function placeOf({ layout }: Packed, { name }: Observation, row: number, before: number): string {
  let step = 0
  let first = 0
  while (row >= first + layout.batchSizes[step]) first += layout.batchSizes[step++]
  const position = row - first
  const sequence = layout.order[position]
  const time = name.endsWith('_reverse') ? layout.lengths[position] - 1 - step : before + step
  return `time step ${time} of sequence ${sequence} (both counted from 0)`
}

interface Bad {
  readonly row: number
  readonly value: number
}

function firstBadRow({ data, shape }: Tensor): Bad | undefined {
  const index = data.findIndex(isBad)
  return index < 0 ? undefined : { row: Math.floor(index / widthOf(shape)), value: data[index] }
}

function lastBadRow({ data, shape }: Tensor): Bad | undefined {
  const index = data.findLastIndex(isBad)
  return index < 0 ? undefined : { row: Math.floor(index / widthOf(shape)), value: data[index] }
}

function badIn({ data }: Tensor): number | undefined {
  return data.find(isBad)
}

function isBad(value: number): boolean {
  return !Number.isFinite(value)
}

function widthOf([, ...rest]: readonly number[]): number {
  return rest.reduce((size, axis) => size * axis, 1)
}
