import type { State } from '../cells/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { addGradient } from '../tensor/index.js'

/** What a model computes of one segment of time. */
export interface SegmentResult {
  /** The states after the segment, as `Stack.forward` gives them. */
  readonly final: readonly State[]
  /** The segment's share of the loss, a scalar; undefined when nothing is lost in it. Called when its gradient is computed, and not before. */
  loss(): Tensor | undefined
}

/**
 * Backpropagation through a long time in little memory (gradient checkpointing): runs `segments` segments of time one after the other and
 * adds the gradients of the sum of their losses to those of the parameters, as `differentiate` of the whole would. Returns that sum.
 *
 * The first pass keeps nothing but the states between segments. Then, from the last segment to the first, each is computed again with
 * its activations, and its loss and the gradient that arrives at its final states go back through it. With √T segments of √T steps
 * the memory grows with √T instead of T, for at most one more forward pass of the recurrent layers.
 *
 * The gradients are those of the whole **bit for bit** when the losses are sums or have explicit weights (a mean over a segment is another
 * loss than the mean over all), as long as each parameter is used by one operation of the model. `segment` gets its number and the final
 * states of the segment before it (undefined for the first), and must give the same when it is called twice: give layers with noise the
 * batch's own `training` for what is drawn once per sequence (variational dropout, weight drop) and a `Stack` the `firstStep` of the
 * segment for what is drawn at every step (zoneout, dropout between layers); other dropout draws from `random.split(index)`.
 *
 * Source: Chen et al. (2016), "Training deep nets with sublinear memory cost"; Gruslys et al. (2016), "Memory-efficient backpropagation
 * through time".
 *
 * ```ts
 * const segments = timeSegments(x.layout)
 * differentiateThroughTime(engine, segments.length, (index, states) => {
 *   const part = segmentOf(x, segments[index])
 *   const { output, final } = stack.forward(part, {
 *     firstStep: segments[index].begin, ...(states && { initial: continuing(states, part.layout.batch) }),
 *   })
 *   return { final, loss: () => squaredError(head.forward(output.data), targets[index], { reduction: 'sum' }) }
 * })
 * ```
 */
export function differentiateThroughTime(
  engine: Engine,
  segments: number,
  segment: (index: number, states: readonly State[] | undefined) => SegmentResult,
): number {
  const between: State[][] = []
  let arriving: State[] | undefined
  try {
    for (let index = 0; index < segments - 1; index++) {
      const run = () => kept(segment(index, between[index - 1]).final)
      between.push(engine.withoutRecording(() => engine.scope(run)))
    }
    let loss = 0
    for (let index = segments - 1; index >= 0; index--) {
      const states = between[index - 1]
      const seen = arriving
      loss += engine.scope(() => segmentGradients(engine, () => segment(index, states), seen))
      released(seen)
      arriving = states && engine.scope(() => kept(states.map(gradientsOf)))
      released(between.splice(index - 1, 1)[0])
    }
    return loss
  } finally {
    for (const states of [...between, arriving]) released(states)
  }
}

// Backpropagates the loss of a segment and the gradient of its final states; returns the loss.
function segmentGradients(engine: Engine, run: () => SegmentResult, arriving: State[] | undefined): number {
  const { value, tape } = engine.record(() => {
    const result = run()
    return { loss: result.loss(), final: result.final }
  })
  const { loss, final } = value
  engine.withoutRecording(() => {
    arriving?.forEach((state, direction) => {
      for (const [name, gradient] of Object.entries(state)) addGradient(final[direction][name], gradient)
    })
    if (loss) addGradient(loss, engine.full([], 1))
    tape.run()
  })
  return loss?.item() ?? 0
}

// Copies that outlive the scope; gradients are computed for them.
function kept(states: readonly State[]): State[] {
  return states.map((state) => {
    const copies = Object.entries(state).map(([name, tensor]) => {
      const copy = tensor.persist()
      copy.requiresGradient = true
      return [name, copy]
    })
    return Object.fromEntries(copies) as State
  })
}

function gradientsOf(state: State): State {
  const entries = Object.entries(state).map(([name, tensor]) => [
    name,
    tensor.gradient ?? tensor.engine.zeros(tensor.shape),
  ])
  return Object.fromEntries(entries) as State
}

function released(states: readonly State[] | undefined): void {
  for (const state of states ?? []) for (const tensor of Object.values(state)) tensor.dispose()
}
