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
import { checkSignal, type Signal, type TranscribeRow } from './transcribe-rows.js'
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
  /** The tokens and when they are said: seconds from the begin of a recording, pixels from the left of a picture. */
  readonly tokens: readonly TimedToken[]
  /** The same for words, between blanks. */
  readonly words: readonly TimedToken[]
}

/** A token or a word of a transcript. */
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
    const found = this.#search(signals, options)
    const results = found.map((texts, row) => texts.map((each) => this.#transcript(each, signals[row])))
    return Array.isArray(input) ? results : results[0]
  }

  /** The best text of each signal, without the times of its tokens, which take longer to find than the texts of long recordings. */
  texts(signals: readonly Signal[], options: Omit<TranscribeOptions, 'best'> = {}): string[] {
    return this.#search(signals, options).map(([{ ids }]) => this.tokens.text(ids))
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
    const [{ text, score, logProb, words }] = this.predict(input)
    return { transcript: text, score, logProb, words: words.map((word) => ({ ...word })) }
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
      network,
      tokens,
      decode: settings.decode,
      scorer: this.#scorer(words),
      sampleRate: sampleRate ?? reader.features.sampleRate,
    })
  }

  /** What happens inside while it reads a signal: gradients of the last state, gates, states, and the influence of each step. */
  inspect(input: Signal, { title = 'the signal', ...options }: InspectionOptions = {}): Inspection {
    const frames = this.framesOf(input, 'inspect')
    const { size, unit } = this.reader
    const step = this.reader.stepOf(input)
    const stride = this.#stride
    const count = this.network.steps(frames.length / size)
    const steps = Array.from({ length: count }, (_, t) =>
      unit === 'seconds' ? `${(t * stride * step).toFixed(2)} s` : String(Math.round(t * stride * step)),
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

  /** The frames of a signal as the network reads them; `name` is what errors call one without a name. */
  framesOf(input: TranscribeRow['input'], name: string): Float32Array {
    checkSignal(input, input?.name ?? name)
    return this.reader.normalized(this.reader.frames(input, input.name ?? name))
  }

  #search(signals: readonly Signal[], options: TranscribeOptions): Found[][] {
    const nameOf = (index: number) =>
      signals.length > 1 ? `predict: input ${index + 1} of ${signals.length}` : 'predict: the input'
    const frames = signals.map((signal, index) => this.framesOf(signal, nameOf(index)))
    const { width = this.settings.decode.width, best = 1, ...words } = options
    for (const [name, value] of Object.entries({ width, best }))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new UsageError(`predict: ${name} must be a whole number of at least 1, got ${value}`)
    const { maximumLength } = this.settings.decode
    const search = { width, best, maximumLength, scorer: this.#scorer(words) }
    const results = new Array<Found[]>(signals.length)
    const lengths = frames.map(({ length }) => length)
    for (const batch of sortedBatches(lengths, BATCH)) {
      const rows = Array.from(batch)
      const pack = () =>
        packSequences(
          this.engine,
          rows.map((row) => frames[row]),
          this.reader.size,
        )
      const found = this.engine.withoutRecording(() =>
        this.engine.scope(() => this.network.search(pack(), search)),
      )
      for (const [place, row] of rows.entries()) results[row] = found[place]
    }
    return results
  }

  get #stride(): number {
    const { filters, stride } = this.settings.model
    return filters > 0 ? stride : 1
  }

  #scorer({ languageModel, languageWeight = 0.5, wordBonus = 0, words, hotWords }: WordKnowledge) {
    if (!languageModel && !words && !hotWords && wordBonus === 0) return undefined
    const list = words && [...words].map((word) => this.#word(word, 'words'))
    if (list?.length === 0) throw new UsageError('words: expected at least one word, got none')
    const hot = Object.entries(hotWords ?? {}).map(([word, bonus]) => [this.#word(word, 'hotWords'), bonus])
    return wordScorer<unknown>({
      labels: this.tokens.labels,
      weight: languageWeight,
      wordBonus,
      ...(languageModel && { model: languageModel }),
      ...(list && { words: list }),
      ...(hotWords && { hotWords: Object.fromEntries(hot) }),
    })
  }

  /** A word as the model writes it. Throws a `UsageError` for several words, none, and one that it cannot write. */
  #word(given: string, option: string): string {
    const word = this.tokens.plain(given)
    const expected = `${option}: expected single words that the model can write`
    if (word === '' || word.includes(' ')) throw new UsageError(`${expected}, got ${JSON.stringify(given)}`)
    const unknown = Array.from(this.tokens.ids(word)).some((id) => this.tokens.unwritten.includes(id))
    if (unknown)
      throw new UsageError(`${expected}, got ${JSON.stringify(given)}, of which it has not learned all`)
    return word
  }

  #transcript({ ids, score, logProb, spans }: Found, signal: Signal): Transcript {
    const scale = this.#stride * this.reader.stepOf(signal)
    const tokens = spans().map(({ start, end }, place) => ({
      text: this.tokens.piece(ids[place]),
      start: start * scale,
      end: end * scale,
    }))
    return {
      text: this.tokens.text(ids),
      score,
      logProb,
      tokens,
      words: wordsOf(tokens, this.tokens.separate),
    }
  }
}

/** Tokens as words; `separate` says that each token is one, otherwise blanks in tokens stand between them. */
function wordsOf(tokens: readonly TimedToken[], separate: boolean): TimedToken[] {
  const words: TimedToken[] = []
  let open = false
  for (const { text, start, end } of tokens) {
    if (separate || /^\s/.test(text)) open = false
    for (const [place, piece] of text.split(/\s+/).entries()) {
      if (place > 0) open = false
      if (piece === '') continue
      const before = open ? words.pop() : undefined
      words.push({ text: `${before?.text ?? ''}${piece}`, start: before?.start ?? start, end })
      open = true
    }
  }
  return words
}
