import { sortedBatches } from '../data/batches.js'
import { type WordModel, wordScorer } from '../decoding/label-scorers.js'
import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import { type Engine, packSequences, type Tensor } from '../tensor/index.js'
import type { FrameReader } from './frame-reader.js'
import type { Decided } from './settings.js'
import { SoundFrames } from './sound-frames.js'
import type { Evaluation, InspectionOptions, RowOutputs, TaskModel } from './task.js'
import { evaluateTranscriber, transcriberOutputs } from './transcribe-evaluation.js'
import { CtcNetwork, type Found, type TranscribeNetwork } from './transcribe-network.js'
import { isFile, type Signal, type TranscribeRow } from './transcribe-rows.js'
import type { TranscribeSettings } from './transcribe-settings.js'
import { TranscribeStream, type TranscribeStreamOptions } from './transcribe-stream.js'
import type { WrittenTokens } from './transcribe-tokens.js'

/** How something is transcribed; what is left out is as in the settings under `decode`. */
export interface TranscribeOptions extends WordKnowledge {
  /** Texts that the search carries on; 1 takes the best class of each step. */
  readonly width?: number
  /** How many texts are given, the best first; 1 by default. */
  readonly best?: number
}

/** What is known about the words beforehand, for a search that would otherwise know only letters. */
export interface WordKnowledge {
  /** A language model of words, such as an `ArpaModel`. */
  readonly languageModel?: WordModel<unknown>
  /** How much it counts; 0.5 by default. */
  readonly languageWeight?: number
  /** Added for each word, against the language model's liking for short texts; 0 by default. */
  readonly wordBonus?: number
  /** The only words there are. */
  readonly words?: Iterable<string>
  /** Words to be expected, such as names, and what is added to log P for each of them. */
  readonly hotWords?: Readonly<Record<string, number>>
}

/** A transcript. */
export interface Transcript {
  readonly text: string
  /** What the search ranks by: log P, and what the words add. */
  readonly score: number
  /** log P of all the ways of spelling the text that the search has followed. */
  readonly logProb: number
  /** The tokens and when they are said: seconds from the begin of a recording, pixels from the left of a picture (at the model's height). */
  readonly tokens: readonly TimedToken[]
}

/** A token of a transcript. */
export interface TimedToken {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The parts of a transcriber. */
export interface TranscriberParts {
  readonly network: TranscribeNetwork
  readonly reader: FrameReader
  readonly tokens: WrittenTokens
  readonly settings: Decided<TranscribeSettings>
  /** The text that most training rows have. */
  readonly mostFrequent: string
}

/** Signals transcribed at once; it changes nothing but the speed. */
const BATCH = 16

/**
 * A trained model of the task `transcribe`: a recording, or a picture of a line of writing, in; text out.
 *
 * ```ts
 * const model = await load('models/digits')
 * model.predict(readWav(bytes))[0].text              // '7 3 1'
 * const stream = model.stream({ sampleRate: 16_000 }) // of a model that reads forward only
 * stream.push(samples)                               // { stable: '7 3', tentative: ' 1' }
 * ```
 */
export class Transcriber implements TaskModel<TranscribeRow, Signal> {
  readonly task = 'transcribe'
  readonly network: TranscribeNetwork
  readonly reader: FrameReader
  readonly tokens: WrittenTokens
  readonly settings: Decided<TranscribeSettings>
  /** The text that most training rows have: the simplest rule to be compared with. */
  readonly mostFrequent: string

  constructor(parts: TranscriberParts) {
    this.network = parts.network
    this.reader = parts.reader
    this.tokens = parts.tokens
    this.settings = parts.settings
    this.mostFrequent = parts.mostFrequent
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** Weights by name. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * Transcripts of a signal, the best first; a list of signals gives a list of such lists. A signal's transcripts do not depend on the
   * others. Throws a `UsageError` for a signal of another kind, sound that is shorter than a window, and an option out of range.
   */
  predict(signal: Signal, options?: TranscribeOptions): Transcript[]
  predict(signals: readonly Signal[], options?: TranscribeOptions): Transcript[][]
  predict(input: Signal | readonly Signal[], options: TranscribeOptions = {}): Transcript[] | Transcript[][] {
    const signals: readonly Signal[] = Array.isArray(input) ? input : [input as Signal]
    const frames = signals.map((signal, index) =>
      this.framesOf(
        signal,
        signals.length > 1 ? `predict: input ${index + 1} of ${signals.length}` : 'predict',
      ),
    )
    const { width = this.settings.decode.width, best = 1, ...words } = options
    for (const [name, value] of Object.entries({ width, best }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new UsageError(`predict: ${name} must be a whole number of at least 1, got ${value}`)
    const scorer = this.#scorer(words)
    const { maximumLength } = this.settings.decode
    const results = new Array<Transcript[]>(signals.length)
    for (const batch of sortedBatches(
      frames.map(({ length }) => length),
      BATCH,
    )) {
      const rows = Array.from(batch)
      const found = this.engine.withoutRecording(() =>
        this.engine.scope(() =>
          this.network.search(
            packSequences(
              this.engine,
              rows.map((row) => frames[row]),
              this.reader.size,
            ),
            { width, best, maximumLength, scorer },
          ),
        ),
      )
      for (const [place, row] of rows.entries())
        results[row] = found[place].map((each) => this.#transcript(each))
    }
    return Array.isArray(input) ? results : results[0]
  }

  /** Error rates on rows, of characters and words, simple rules beside them. Throws a `UsageError` without rows, and for rows still to be read. */
  evaluate(rows: readonly TranscribeRow[]): Evaluation {
    return evaluateTranscriber(this, rows)
  }

  /** Its transcripts of rows beside what is right: for alignments and for scores by length. */
  outputs(rows: readonly TranscribeRow[]): RowOutputs {
    return transcriberOutputs(this, rows)
  }

  /** The best transcript with the times of its tokens. */
  answer(input: Signal): JsonObject {
    const [{ text, score, logProb, tokens }] = this.predict(input)
    return { transcript: text, score, logProb, tokens: tokens.map((token) => ({ ...token })) }
  }

  /**
   * A stream that is given samples as they are recorded. Throws a `UsageError` for a model that needs the whole: bidirectional, normalised
   * by the utterance, with attention, or of pictures.
   */
  stream(options: TranscribeStreamOptions = {}): TranscribeStream {
    const { reader, network, tokens, settings } = this
    if (!(reader instanceof SoundFrames))
      throw new UsageError('stream: a picture is there as a whole; use predict')
    if (!(network instanceof CtcNetwork) || settings.model.bidirectional || !reader.running)
      throw new UsageError(
        'stream: this model needs the whole recording; train one with model.form=ctc, model.bidirectional=false and sound.normalize=running',
      )
    const { sampleRate, ...words } = options
    return new TranscribeStream({
      reader,
      running: reader.running,
      recognizer: network.recognizer,
      tokens,
      decode: settings.decode,
      scorer: this.#scorer(words),
      sampleRate: sampleRate ?? reader.features.sampleRate,
    })
  }

  /** What happens inside while it reads a signal: gradients of the last state, gates, states, and the influence of each step. */
  inspect(input: Signal, { title = 'the signal', ...options }: InspectionOptions = {}): Inspection {
    const frames = this.framesOf(input, 'inspect')
    const { size, step, unit } = this.reader
    const stride = this.#stride
    const count = this.network.steps(frames.length / size)
    const steps = Array.from({ length: count }, (_, t) =>
      unit === 'seconds' ? `${(t * stride * step).toFixed(2)} s` : String(t * stride),
    )
    const run = (copies: number) =>
      this.network.run(packSequences(this.engine, Array<Float32Array>(copies).fill(frames), size))
    return inspectSequence(this.network, run, { ...options, title, steps })
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, tokens, reader, mostFrequent } = this
    const heard = reader instanceof SoundFrames && reader.running ? { heard: reader.running.initial } : {}
    const config = {
      task: this.task,
      settings,
      reads: reader instanceof SoundFrames ? 'sound' : 'pictures',
      ...heard,
      tokenizer: tokens.tokenizer,
      baselines: { mostFrequent },
    }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
    this.reader.dispose()
  }

  /** The frames of a signal as the network reads them; `name` is what errors call it. */
  framesOf(input: TranscribeRow['input'], name: string): Float32Array {
    if (isFile(input))
      throw new UsageError(`${name}: expected a signal that is in memory; read ${input.name} first`)
    const frames = this.reader.frames(input, name)
    if (frames.length === 0)
      throw new UsageError(`${name}: expected at least ${this.settings.sound.window} ms of sound, got less`)
    return this.reader.normalized(frames)
  }

  get #stride(): number {
    const { filters, stride } = this.settings.model
    return filters > 0 ? stride : 1
  }

  #scorer({ languageModel, languageWeight = 0.5, wordBonus = 0, words, hotWords }: WordKnowledge) {
    if (!languageModel && !words && !hotWords && wordBonus === 0) return undefined
    return wordScorer<unknown>({
      labels: this.tokens.labels,
      weight: languageWeight,
      wordBonus,
      ...(languageModel && { model: languageModel }),
      ...(words && { words }),
      ...(hotWords && { hotWords }),
    })
  }

  #transcript({ ids, score, logProb, spans }: Found): Transcript {
    const scale = this.#stride * this.reader.step
    const tokens = spans.map(({ start, end }, place) => ({
      text: this.tokens.text([ids[place]]),
      start: start * scale,
      end: end * scale,
    }))
    return { text: this.tokens.text(ids), score, logProb, tokens }
  }
}
