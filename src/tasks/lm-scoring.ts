import type { State } from '../cells/index.js'
import { crossEntropy } from '../losses/cross-entropy.js'
import type { LanguageModel } from '../models/language-model.js'
import { PackedLayout, slice, type Tensor } from '../tensor/index.js'

/** Tokens of a long text that are scored in one go, and how many before them are read first. */
const PIECE = 4096
const LEAD = 256
/** Pieces and sentences computed at once. */
const SIDE_BY_SIDE = 32
const WINDOW = 64
/** Logits computed at once: 16 MB of them. */
const LOGITS = 2 ** 22

/**
 * log P of each token of a long text given those before it; `start` stands before the first. The text is read in pieces side by side:
 * a token is predicted from at least the 256 tokens before it, or from all where there are fewer.
 */
export function textLogProbs(model: LanguageModel, tokens: Int32Array, start: number): Float64Array {
  const logProbs = new Float64Array(tokens.length)
  const pieces = Math.ceil(tokens.length / PIECE)
  for (let first = 0; first < pieces; first += SIDE_BY_SIDE) {
    const count = Math.min(SIDE_BY_SIDE, pieces - first)
    readPieces(
      model,
      Array.from({ length: count }, (_, k) => (first + k) * PIECE),
      { tokens, start, logProbs },
    )
  }
  return logProbs
}

interface Reading {
  readonly tokens: Int32Array
  readonly start: number
  readonly logProbs: Float64Array
}

/** Reads the pieces that begin at the given places in windows, and notes log P of their own tokens. */
function readPieces(
  model: LanguageModel,
  begins: readonly number[],
  { tokens, start, logProbs }: Reading,
): void {
  const { engine } = model
  const origins = begins.map((begin) => Math.max(0, begin - LEAD))
  const steps = Math.max(...begins.map((begin, k) => Math.min(begin + PIECE, tokens.length) - origins[k]))
  const batch = begins.length
  let states: State[] | undefined
  for (let from = 0; from < steps; from += WINDOW) {
    const length = Math.min(WINDOW, steps - from)
    const places = Int32Array.from(
      { length: length * batch },
      (_, row) => origins[row % batch] + from + Math.floor(row / batch),
    )
    const inputs = places.map((place) => (place === 0 ? start : (tokens[place - 1] ?? start)))
    const targets = places.map((place) => tokens[place] ?? -1)
    const before = states
    states = engine.withoutRecording(() =>
      engine.scope(() => {
        const layout = PackedLayout.of(new Int32Array(batch).fill(length))
        const { output, final } = model.read(inputs, layout, before && { initial: before })
        const losses = rowLosses(model, output.data, targets)
        for (const [row, place] of places.entries())
          if (place >= begins[row % batch] && place < begins[row % batch] + PIECE && place < tokens.length)
            logProbs[place] = -losses[row]
        return final.map(persistent)
      }),
    )
    for (const state of before ?? []) release(state)
  }
  for (const state of states ?? []) release(state)
}

/**
 * log P of each token of short texts given those before it in its text; `start` stands before each. What a text is given does not
 * depend on the other texts.
 */
export function sequenceLogProbs(
  model: LanguageModel,
  sequences: readonly Int32Array[],
  start: number,
): Float64Array[] {
  const results: Float64Array[] = sequences.map(({ length }) => new Float64Array(length))
  const short = [...sequences.keys()].filter((index) => {
    const { length } = sequences[index]
    if (length > PIECE) results[index] = textLogProbs(model, sequences[index], start)
    return length > 0 && length <= PIECE
  })
  short.sort((a, b) => sequences[b].length - sequences[a].length || a - b)
  for (let first = 0; first < short.length; first += SIDE_BY_SIDE)
    readSequences(model, short.slice(first, first + SIDE_BY_SIDE), sequences, start, results)
  return results
}

/** `chosen` are numbers of sequences, the longest first: their order in the packed layout. */
function readSequences(
  model: LanguageModel,
  chosen: readonly number[],
  sequences: readonly Int32Array[],
  start: number,
  results: readonly Float64Array[],
): void {
  const layout = PackedLayout.of(chosen.map((index) => sequences[index].length))
  const inputs = new Int32Array(layout.rows)
  const targets = new Int32Array(layout.rows)
  layout.forEachRow((row, position, step) => {
    const sequence = sequences[chosen[position]]
    inputs[row] = step === 0 ? start : sequence[step - 1]
    targets[row] = sequence[step]
  })
  const { engine } = model
  const losses = engine.withoutRecording(() =>
    engine.scope(() => rowLosses(model, model.read(inputs, layout).output.data, targets)),
  )
  layout.forEachRow((row, position, step) => {
    results[chosen[position]][step] = -losses[row]
  })
}

/** -log P of each row's target, the logits being computed a few rows at a time. */
function rowLosses(model: LanguageModel, hidden: Tensor, targets: Int32Array): Float64Array {
  const { engine, tokens } = model
  const [rows] = hidden.shape
  const losses = new Float64Array(rows)
  const chunk = Math.max(1, Math.floor(LOGITS / tokens))
  for (let from = 0; from < rows; from += chunk) {
    const end = Math.min(rows, from + chunk)
    engine.scope(() => {
      const logits = model.logits(slice(hidden, 0, from, end))
      losses.set(
        crossEntropy(logits, engine.indices(targets.subarray(from, end)), { reduction: 'none' }).data,
        from,
      )
    })
  }
  return losses
}

function persistent(state: State): State {
  return Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, tensor.persist()])) as State
}

function release(state: State): void {
  for (const tensor of Object.values(state)) tensor.dispose()
}
