import { UsageError } from '../errors.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import { arpaLines } from '../metrics/arpa.js'
import type { NgramModel } from '../metrics/ngram-model.js'
import type { LanguageModel } from '../models/language-model.js'
import { type Engine, PackedLayout, type Tensor } from '../tensor/index.js'
import type { LineTokens } from './line-tokens.js'
import { evaluateText, scoresOf, sum } from './lm-evaluation.js'
import { type GeneratedText, type GenerateTextOptions, generateText } from './lm-generate.js'
import { charactersOf } from './lm-rows.js'
import { sequenceLogProbs } from './lm-scoring.js'
import type { LmSettings } from './lm-settings.js'
import { likeliest, NextStream } from './next-stream.js'
import { softmax } from './prediction.js'
import type { Decided } from './settings.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'

/** The parts of a text model. */
export interface TextModelParts {
  readonly network: LanguageModel
  readonly lines: LineTokens
  /** What it is compared with. */
  readonly ngrams: NgramModel
  readonly settings: Decided<LmSettings>
}

/** How probable a model finds a text. */
export interface TextScore {
  readonly text: string
  /** log P of the text as a line of its own: its tokens and the end of the line. */
  readonly logProb: number
  /** How many tokens that is. */
  readonly tokens: number
  readonly perplexity: number
  readonly bitsPerCharacter: number
}

/** A token that may come next, as text (`↵` ends a line), and how probable it is. */
export interface NextToken {
  readonly token: string
  readonly probability: number
}

/** The words that stand under the pictures of an inspection, at most. */
const LONGEST_INSPECTED = 2000

/**
 * A trained model of the task `lm`: it writes text, says how probable texts are, and what may come next.
 *
 * ```ts
 * model.generate({ prompt: 'ROMEO:', length: 200 }).text
 * model.rank(['the apple and pair salad', 'the apple and pear salad'])[0].text
 * ```
 */
export class TextModel implements TaskModel<string> {
  readonly task = 'lm'
  readonly network: LanguageModel
  readonly lines: LineTokens
  readonly ngrams: NgramModel
  readonly settings: Decided<LmSettings>

  constructor({ network, lines, ngrams, settings }: TextModelParts) {
    this.network = network
    this.lines = lines
    this.ngrams = ngrams
    this.settings = settings
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** Weights by their PyTorch names. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /** Writes a text. Throws a `UsageError` for an option out of range. */
  generate(options: GenerateTextOptions = {}): GeneratedText {
    return generateText(this.network, this.lines, options)
  }

  /** How probable each text is, as a line of its own; what a text gets does not depend on the others. */
  score(text: string): TextScore
  score(texts: readonly string[]): TextScore[]
  score(input: string | readonly string[]): TextScore | TextScore[] {
    const texts = typeof input === 'string' ? [input] : input
    const sequences = texts.map((text) => {
      checkText(text, 'score')
      return this.lines.encode(text.split(/\r?\n/))
    })
    const scores = sequenceLogProbs(this.network, sequences, this.lines.end).map((logProbs, index) => {
      const logProb = sum(logProbs)
      const characters = charactersOf(texts[index].split(/\r?\n/))
      const { perplexity, bitsPerCharacter } = scoresOf(logProb, logProbs.length, characters)
      return { text: texts[index], logProb, tokens: logProbs.length, perplexity, bitsPerCharacter }
    })
    return typeof input === 'string' ? scores[0] : scores
  }

  /**
   * The candidates of an n-best list, the most probable first, equal ones in their order. `others` are scores in log P that the
   * candidates already have, such as a recogniser's: log P of this model is added to them `weight` times.
   * Throws a `UsageError` for another number of scores than candidates.
   */
  rank(
    candidates: readonly string[],
    { others, weight = 1 }: { readonly others?: readonly number[]; readonly weight?: number } = {},
  ): (TextScore & { readonly score: number; readonly place: number })[] {
    if (others && others.length !== candidates.length)
      throw new UsageError(
        `rank: got ${others.length} scores for ${candidates.length} candidates; expected as many`,
      )
    return this.score(candidates)
      .map((scored, place) => ({ ...scored, score: (others?.[place] ?? 0) + weight * scored.logProb, place }))
      .sort((a, b) => b.score - a.score || a.place - b.place)
  }

  /** What may come behind a text, the most probable first; `top` limits how many. */
  next(text: string, { top = 10 }: { readonly top?: number } = {}): NextToken[] {
    checkText(text, 'next')
    const { engine, network, lines } = this
    const tokens = [lines.end, ...lines.begun(text)]
    const probabilities = engine.withoutRecording(() =>
      engine.scope(() => {
        const { final } = network.read(tokens, PackedLayout.of([tokens.length]))
        return softmax(network.logits(network.rnn.lastOutput({ final })).data)
      }),
    )
    return likeliest(lines, probabilities, top)
  }

  /** Reads a text as it comes; after each piece it can say what may come next. */
  stream(): NextStream {
    return new NextStream(this.lines, this.network.stream())
  }

  /** Perplexity and bits per character of lines that follow each other, with n-grams beside them. */
  evaluate(rows: readonly string[]): Evaluation {
    return evaluateText(this, rows)
  }

  /**
   * The n-gram model that stands beside the network, as the text of an ARPA file for other programs. Blanks in tokens are written `▁`,
   * others than ' ' by their numbers: `<U+0009>`.
   */
  arpa(): string {
    const { lines, ngrams } = this
    const tokens = Array.from(
      { length: lines.size },
      (_, token) => lines.tokenizer.token(token) ?? `${token}`,
    )
    const names = arpaNames(tokens)
    return `${[...arpaLines(ngrams, { name: (token) => names[token], end: lines.end })].join('\n')}\n`
  }

  /** How probable a text is, and what may come next. */
  answer(input: string): JsonObject {
    const next = this.next(input, { top: 5 }).map(({ token, probability }) => ({ token, probability }))
    return { ...this.score(input), next }
  }

  /** What happens inside while it reads a text. Throws a `UsageError` for an empty text. */
  inspect(text: string, { title = text, ...options }: InspectionOptions = {}): Inspection {
    const tokens = this.lines.begun(text).slice(0, LONGEST_INSPECTED)
    if (tokens.length === 0) throw new UsageError('inspect: the text is empty; expected some words')
    const steps = Array.from(tokens, (token) => this.lines.name(token))
    const run = (copies: number) => {
      const inputs = Array.from(
        { length: tokens.length * copies },
        (_, row) => tokens[Math.floor(row / copies)],
      )
      return this.network.read(inputs, PackedLayout.of(new Int32Array(copies).fill(tokens.length)))
    }
    return inspectSequence(this.network, run, { ...options, title, steps })
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { lines, settings, ngrams } = this
    const { table, ...baseline } = ngrams.store()
    const config = { task: this.task, settings, tokenizer: lines, baseline }
    const counts = Object.entries(table).map(([name, data]) => [
      `${NGRAMS}${name}`,
      { dtype: 'I32', shape: [data.length], data },
    ])
    return {
      tensors: { ...storeWeights(this.parameters()), ...Object.fromEntries(counts) },
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
  }
}

/** Different names without blanks for different tokens. */
function arpaNames(tokens: readonly string[]): string[] {
  const names: string[] = []
  const taken = new Set(['', '<s>'])
  // those with blanks come first: in a text with ' ' and '▁' the blank is '▁'
  const order = [...tokens.keys()].sort(
    (a, b) => Number(tokens[b].includes(' ')) - Number(tokens[a].includes(' ')),
  )
  for (const place of order) {
    const [first = '', ...rest] = tokens[place]
    const written = writtenBlanks(tokens[place])
    let name = written
    if (taken.has(name)) name = numbered(first) + writtenBlanks(rest.join(''))
    for (let again = 2; taken.has(name); again++) name = `${written}<${again}>`
    taken.add(name)
    names[place] = name
  }
  return names
}

const writtenBlanks = (text: string) => text.replaceAll(' ', '▁').replaceAll(/[\s\p{Cc}]/gu, numbered)

const numbered = (character: string) =>
  `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`

/** What stands before the names of the n-gram counts among the stored tensors. */
export const NGRAMS = 'ngrams.'

function checkText(text: unknown, operation: string): asserts text is string {
  if (typeof text !== 'string')
    throw new UsageError(`${operation}: expected a text, got ${text === null ? 'null' : typeof text}`)
}
