import { UsageError } from '../errors.js'
import type { Crf, Linear, TokenLayer, TokenStepper } from '../layers/index.js'
import type { Reals } from '../tensor/index.js'
import { PackedLayout } from '../tensor/index.js'
import type { Pooling } from './pooling.js'
import type { PoolingStream } from './pooling-stream.js'
import type { StackSnapshot, StreamableStack } from './stream.js'
import { checkStreamable, StackStream } from './stream.js'
import type { TaggerOutput } from './tagger-output.js'

/** The state of a tagger's stream in plain numbers. */
export interface TaggerSnapshot {
  readonly stack: StackSnapshot
  readonly emissions: readonly Reals[]
  readonly pooled: Reals
}

/** What a stream needs to know of a tagger. */
export interface StreamableTagger<T> {
  readonly embedding: TokenLayer<T>
  readonly rnn: StreamableStack
  readonly tags: Linear
  readonly crf: Crf | undefined
  readonly label: { readonly pooling: Pooling; readonly head: Linear } | undefined
}

/**
 * A tagger that reads one token at a time: after every token it can say what `SequenceTagger.forward` says about the tokens so far, with
 * the same bits. It keeps the scores of every token, because later ones may change what the best tags of earlier ones are. Made by
 * `tagger.stream()`.
 *
 * ```ts
 * const stream = tagger.stream()
 * for (const token of tokens) stream.push(token)
 * const [tags] = stream.judge((output) => tagger.decode(output, mask))
 * ```
 */
export class TaggerStream<T> {
  readonly #model: StreamableTagger<T>
  readonly #tokens: TokenStepper<T>
  readonly #stack: StackStream
  readonly #pooling: PoolingStream | undefined
  #emissions: Reals[] = []
  #ended = false

  constructor(model: StreamableTagger<T>) {
    checkStreamable(model.rnn)
    this.#model = model
    this.#tokens = model.embedding.stepper()
    this.#stack = new StackStream(model.rnn, this.#tokens.output)
    this.#pooling = model.label?.pooling.stream(this.#stack.outputs)
  }

  /** Tokens taken since the beginning. */
  get steps(): number {
    return this.#stack.steps
  }

  /** Takes a token. Throws a `UsageError` for one that the embedding does not have, and after the end. */
  push(token: T): void {
    this.#checkOpen()
    this.#tokens.push(token)
    const phase = this.#stack.steps & 1
    this.#stack.advance()
    this.#pooling?.push(phase)
    const { rnn, tags } = this.#model
    this.#emissions.push(
      rnn.engine.withoutRecording(() =>
        rnn.engine.scope(() => tags.forward(this.#stack.output).data.slice()),
      ),
    )
  }

  /** Hands what the model says if the sequence ended here to `use`. Throws a `UsageError` before the first token. */
  judge<R>(use: (output: TaggerOutput) => R): R {
    this.#checkOpen()
    this.#stack.checkStarted()
    const { engine } = this.#model.rnn
    return engine.withoutRecording(() => engine.scope(() => use(this.#output())))
  }

  /** A second stream in the same state; from here on they are independent. */
  fork(): TaggerStream<T> {
    const copy = new TaggerStream(this.#model)
    copy.restore(this.snapshot())
    return copy
  }

  /** A copy of the state. */
  snapshot(): TaggerSnapshot {
    this.#checkOpen()
    const pooled = this.#pooling?.snapshot() ?? new Float32Array(0)
    return { stack: this.#stack.snapshot(), emissions: [...this.#emissions], pooled }
  }

  /** Goes back (or over) to a state. Throws a `UsageError` when it is that of another kind of model. */
  restore({ stack, emissions, pooled }: TaggerSnapshot): void {
    this.#checkOpen()
    const [tags] = this.#model.tags.weight.shape
    const expected = this.#pooling?.size(stack.steps) ?? 0
    if (pooled.length !== expected || emissions.some(({ length }) => length !== tags))
      throw new UsageError(
        `stream: the snapshot is of another model; expected ${tags} tags and ${expected} pooled numbers`,
      )
    this.#stack.restore(stack)
    this.#pooling?.restore(pooled)
    this.#emissions = [...emissions]
  }

  /** Releases the stream's memory; the model stays. */
  dispose(): void {
    if (this.#ended) return
    this.#ended = true
    for (const part of [this.#pooling, this.#stack, this.#tokens]) part?.dispose()
  }

  #output(): TaggerOutput {
    const { rnn, tags, label } = this.#model
    const layout = PackedLayout.of([this.steps])
    const data = rnn.engine.empty([this.steps, tags.weight.shape[0]])
    for (const [step, row] of this.#emissions.entries()) data.data.set(row, step * row.length)
    const pooled = this.#pooling?.value(this.steps)
    return { emissions: { data, layout }, logits: pooled && label?.head.forward(pooled) }
  }

  #checkOpen(): void {
    if (this.#ended) throw new UsageError('stream: it has ended; open a new one')
  }
}
