import type { Packed, PreparedJob, Reals, Tensor } from '../tensor/index.js'
import { multiply, PackedLayout, slice } from '../tensor/index.js'

/** The pooling of a stream, step by step. */
export interface PoolingStream {
  /** Takes in the output of a step of this phase. */
  push(phase: number): void
  /** The pooled vector [1, features] of `steps` steps so far; temporary. */
  value(steps: number): Tensor
  /** How many numbers a snapshot after so many steps has. */
  size(steps: number): number
  /** What it has taken in, in plain numbers. */
  snapshot(): Reals
  /** Goes back to a snapshot. */
  restore(values: ArrayLike<number>): void
  /** Releases its memory. */
  dispose(): void
}

type Outputs = readonly [Tensor, Tensor]

/** The output of the last step. */
export function lastStream(outputs: Outputs): PoolingStream {
  const nothing = outputs[0].data.slice(0, 0)
  return {
    push() {},
    value: (steps) => outputs[(steps + 1) & 1],
    size: () => 0,
    snapshot: () => nothing,
    restore() {},
    dispose() {},
  }
}

/** The mean of the outputs: their running sum, step after step as the whole-sequence operation adds them. */
export function meanStream(outputs: Outputs): PoolingStream {
  const { engine } = outputs[0]
  return runningStream(
    outputs,
    0,
    (output, total) => {
      const fields = {
        count: total.size,
        source: output.place,
        scale: 1,
        target: total.place,
        targetScale: 1,
      }
      return engine.prepare('scaleAdd', fields)
    },
    (total, steps) => multiply(total, engine.tensor([1 / steps])),
  )
}

/** The largest value of each feature. */
export function maximumStream(outputs: Outputs): PoolingStream {
  const { engine } = outputs[0]
  return runningStream(
    outputs,
    Number.NEGATIVE_INFINITY,
    (output, best) => {
      const [rows, columns] = best.shape
      const strides = { aRowStride: columns, aColumnStride: 1, bRowStride: columns, bColumnStride: 1 }
      const places = { a: best.place, b: output.place, target: best.place, accumulate: 0 }
      return engine.prepare('binary', { kind: maximum, rows, columns, ...strides, ...places })
    },
    (best) => best,
  )
}

/** The code of the larger of two among the kernels' binary operations. */
const maximum = 4

function runningStream(
  outputs: Outputs,
  start: number,
  prepare: (output: Tensor, running: Tensor) => Pick<PreparedJob, 'run' | 'dispose'>,
  value: (running: Tensor, steps: number) => Tensor,
): PoolingStream {
  const { engine, shape } = outputs[0]
  const running = engine.persistent(shape)
  running.data.fill(start)
  const jobs = outputs.map((output) => prepare(output, running))
  return {
    push: (phase) => jobs[phase].run(),
    value: (steps) => value(running, steps),
    size: () => running.size,
    snapshot: () => running.data.slice(),
    restore: (values) => running.set(values),
    dispose: () => {
      for (const owned of [...jobs, running]) owned.dispose()
    },
  }
}

/** Steps there is room for at first. */
const firstCapacity = 64

/**
 * A pooling that must see all outputs at once: they are collected, so that memory grows with the stream (it doubles when it is full).
 */
export function collectedStream(outputs: Outputs, pool: (states: Packed) => Tensor): PoolingStream {
  const { engine } = outputs[0]
  const [, columns] = outputs[0].shape
  let rows = engine.persistent([firstCapacity, columns])
  let count = 0
  const reserve = (capacity: number) => {
    if (capacity <= rows.shape[0]) return
    const larger = engine.persistent([2 * capacity, columns])
    larger.data.set(rows.data)
    rows.dispose()
    rows = larger
  }
  return {
    push(phase) {
      reserve(count + 1)
      rows.data.set(outputs[phase].data, count++ * columns)
    },
    size: (steps) => steps * columns,
    value: () => pool({ data: slice(rows, 0, 0, count), layout: PackedLayout.of([count]) }),
    snapshot: () => rows.data.slice(0, count * columns),
    restore(values) {
      count = values.length / columns
      reserve(count)
      rows.data.set(values)
    },
    dispose: () => rows.dispose(),
  }
}
