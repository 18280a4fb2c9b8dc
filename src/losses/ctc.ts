import { DataError, ShapeError, UsageError } from '../errors.js'
import type { Engine, Packed, PackedLayout, Tensor } from '../tensor/index.js'
import {
  checkEngines,
  describe,
  elementCost,
  functionCost,
  gatherRows,
  gradientTarget,
  record,
  scale,
  sum,
} from '../tensor/index.js'

/** What `ctc` can be told. */
export interface CtcOptions {
  /** The class that says nothing; 0 by default. */
  blank?: number
  /** `'mean'` per label of the targets (default), `'sequence'` per sequence, `'sum'`, or `'none'`: one loss per sequence, in the caller's order. */
  reduction?: 'mean' | 'sequence' | 'sum' | 'none'
  /**
   * What happens with a sequence that has too few steps for its target: an error (default), or no part in loss and gradient. A target
   * whose labels have no probability at all (logits of -Infinity) has an infinite loss without a gradient, or is skipped too.
   */
  impossible?: 'error' | 'skip'
}

/**
 * The steps that a target needs at least: one for each label, and a blank between two equal ones.
 *
 * ```ts
 * ctcSteps([1, 1, 2]) // 4
 * ```
 */
export function ctcSteps(target: ArrayLike<number>): number {
  let steps = target.length
  for (let i = 1; i < target.length; i++) if (target[i] === target[i - 1]) steps++
  return steps
}

/**
 * Connectionist temporal classification: -log P(target), where P sums over all ways in which the steps of a sequence can spell its
 * target, each step a label or a blank: repeated labels are one, then blanks are left out. For outputs whose places are not known, as in
 * speech. In log space, exact, in O(steps · labels). Source: Graves, Fernández, Gomez and Schmidhuber (2006).
 *
 * `logits` are packed [rows, classes], before any softmax; `targets` hold the labels of each sequence, in the caller's order; they may be
 * empty.
 *
 * @throws ShapeError when logits, layout and targets do not fit; UsageError for labels that are no classes or are the blank; DataError
 * that names the sequences whose targets need more steps than they have.
 *
 * ```ts
 * const loss = ctc({ data: head.forward(output.data), layout: output.layout }, [[3, 1, 20], [4, 15, 7]])
 * ```
 */
export function ctc(
  logits: Packed,
  targets: readonly ArrayLike<number>[],
  { blank = 0, reduction = 'mean', impossible = 'error' }: CtcOptions = {},
): Tensor {
  const { data, layout } = logits
  checkTargets(logits, targets, blank)
  const tooShort = sequencesTooShort(layout, targets)
  if (impossible === 'error' && tooShort.length > 0) throw impossibleTargets(layout, targets, tooShort)
  const losses = run(logits, targets, blank, impossible === 'skip' ? new Set(tooShort) : undefined)
  const { engine } = data
  const counted = targets.filter((_, index) => !tooShort.includes(index))
  switch (reduction) {
    case 'mean':
      return scale(sum(losses), 1 / Math.max(1, labelsOf(counted)))
    case 'sequence':
      return scale(sum(losses), 1 / Math.max(1, counted.length))
    case 'sum':
      return sum(losses)
    case 'none':
      return gatherRows(losses, engine.indices(layout.inverseOrder()))
    default:
      throw new UsageError(
        `ctc: got reduction ${JSON.stringify(reduction)}; expected 'mean', 'sequence', 'sum' or 'none'`,
      )
  }
}

/** The losses in the layout's sorted order. */
function run(
  { data, layout }: Packed,
  targets: readonly ArrayLike<number>[],
  blank: number,
  skipped: ReadonlySet<number> | undefined,
): Tensor {
  const { engine } = data
  const sorted = Array.from(layout.order, (index) => targets[index])
  const losses = engine.empty([layout.batch])
  const slopes = engine.recording && data.requiresGradient ? engine.empty(data.shape) : undefined
  const [rows, classes] = data.shape
  const inputs = {
    ...{ batchSizes: engine.indices(layout.batchSizes).place, logits: data.place },
    labels: engine.indices(sorted.flatMap((target) => Array.from(target))).place,
    offsets: engine.indices(offsetsOf(sorted)).place,
    areas: engine.indices(workAreas(engine, layout, sorted, skipped ?? new Set())).place,
  }
  const outputs = { losses: losses.place, gradient: slopes?.place ?? 0 }
  const states = labelsOf(targets) * 2 + layout.batch
  const work = ((rows / layout.batch) * states * 6 + rows * classes) * functionCost
  const skip = skipped ? 1 : 0
  engine.run('ctc', { steps: layout.steps, classes, blank, ...inputs, ...outputs, skip }, work)
  record(engine, [losses], [data], () => {
    const target = gradientTarget(data)
    if (!target || !losses.gradient || !slopes) return
    const weights = weightsOfRows(losses.gradient, layout)
    const a = { a: slopes.place, aRowStride: classes, aColumnStride: 1 }
    const b = { b: weights.place, bRowStride: 1, bColumnStride: 0 }
    const out = { target: target.gradient.place, accumulate: target.accumulate ? 1 : 0 }
    engine.run('binary', { kind: 2, rows, columns: classes, ...a, ...b, ...out }, data.size * elementCost)
  })
  return losses
}

// Every row is weighed as the loss of its sequence is.
function weightsOfRows(gradient: Tensor, layout: PackedLayout): Tensor {
  const { engine } = gradient
  const positions = new Int32Array(layout.rows)
  layout.forEachRow((row, position) => {
    positions[row] = position
  })
  return engine.withoutRecording(() => gatherRows(gradient, engine.indices(positions)))
}

// Where each sequence's work area begins, 0 for one that is left out; kernels/ctc.h says what lies there.
function workAreas(
  engine: Engine,
  { lengths, order }: PackedLayout,
  sorted: readonly ArrayLike<number>[],
  skipped: ReadonlySet<number>,
): Int32Array {
  const { lanes } = engine.kernels
  const whole = (reals: number) => Math.ceil(reals / lanes) * lanes
  const sizes = sorted.map(({ length }, position) => {
    const width = whole(2 * length + 1) + 2 * lanes
    return (4 + lengths[position]) * width + whole(lengths[position]) + lanes
  })
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const words = engine.bytesPerReal / 4
  let { place } = engine.empty([total])
  return Int32Array.from(sizes, (size, position) => {
    const begin = place
    place += size * words
    return skipped.has(order[position]) ? 0 : begin
  })
}

function offsetsOf(sequences: readonly ArrayLike<number>[]): Int32Array {
  const offsets = new Int32Array(sequences.length + 1)
  for (const [i, { length }] of sequences.entries()) offsets[i + 1] = offsets[i] + length
  return offsets
}

function labelsOf(targets: readonly ArrayLike<number>[]): number {
  return targets.reduce((sum, { length }) => sum + length, 0)
}

function sequencesTooShort(
  { order, lengths }: PackedLayout,
  targets: readonly ArrayLike<number>[],
): number[] {
  return Array.from(order.keys())
    .filter((position) => ctcSteps(targets[order[position]]) > lengths[position])
    .map((position) => order[position])
    .sort((a, b) => a - b)
}

function impossibleTargets(
  layout: PackedLayout,
  targets: readonly ArrayLike<number>[],
  tooShort: readonly number[],
): DataError {
  const positions = layout.inverseOrder()
  const shown = tooShort.slice(0, 5).map((index) => {
    const target = targets[index]
    const repeats = ctcSteps(target) - target.length
    const blanks = repeats > 0 ? ` and ${repeats} between equal ones` : ''
    return `sequence ${index}: ${layout.lengths[positions[index]]} steps for ${target.length} labels${blanks}`
  })
  const more = tooShort.length > shown.length ? `, and ${tooShort.length - shown.length} more` : ''
  return new DataError(
    `ctc: expected as many steps as a target has labels, and one more between equal ones; found ${shown.join('; ')}${more}. ` +
      "Shorten these targets, take fewer steps together, or leave such sequences out with impossible: 'skip'.",
  )
}

function checkTargets({ data, layout }: Packed, targets: readonly ArrayLike<number>[], blank: number): void {
  const [, classes] = data.shape
  if (data.shape.length !== 2 || data.shape[0] !== layout.rows)
    throw new ShapeError(`ctc: got logits ${describe(data.shape)}; expected [${layout.rows}, classes]`)
  checkEngines(data.engine, [data])
  if (targets.length !== layout.batch)
    throw new ShapeError(
      `ctc: got ${targets.length} targets for ${layout.batch} sequences; expected one each`,
    )
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes)
    throw new UsageError(`ctc: got blank ${blank}; expected a class from 0 to ${classes - 1}`)
  for (const [index, target] of targets.entries())
    for (let i = 0; i < target.length; i++) {
      const label = target[i]
      if (Number.isInteger(label) && label >= 0 && label < classes && label !== blank) continue
      throw new UsageError(
        `ctc: got label ${label} at position ${i} of target ${index}; expected a class from 0 to ${classes - 1} other than the blank, ${blank}`,
      )
    }
}
