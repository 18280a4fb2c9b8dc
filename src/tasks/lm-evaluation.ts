import { UsageError } from '../errors.js'
import type { Json } from '../formats/index.js'
import { charactersOf } from './lm-rows.js'
import { textLogProbs } from './lm-scoring.js'
import type { Evaluation } from './task.js'
import type { TextModel } from './text-model.js'
import { bar, table } from './text-table.js'

/** The n-grams beside a model are counted in so many tokens at the end of its training text: more would take more memory than all else. */
export const NGRAM_TOKENS = 5_000_000

/** What an evaluation needs of a language model. */
export type EvaluatedText = Pick<TextModel, 'network' | 'lines' | 'ngrams'>

/** How hard a text is for something that predicts it, in the units in which people compare. */
export interface TextScores {
  /** Nats per token: -log P of a token, in the mean. */
  readonly nll: number
  /** e^nll: among so many equally likely tokens it would be as hard to choose. */
  readonly perplexity: number
  /** The same loss per character of the text, line ends included, whatever the tokens are. */
  readonly natsPerCharacter: number
  readonly bitsPerCharacter: number
}

/** Scores a language model on lines that follow each other. Throws a `UsageError` without lines. */
export function evaluateText({ network, lines, ngrams }: EvaluatedText, rows: readonly string[]): Evaluation {
  if (rows.length === 0) throw new UsageError('evaluate: expected at least one line, got none')
  const tokens = lines.encode(rows)
  const characters = charactersOf(rows)
  const scored = (logProbs: Float64Array) => scoresOf(sum(logProbs), tokens.length, characters)
  const model = scored(textLogProbs(network, tokens, lines.end))
  const ngram = scored(ngrams.logProbs(tokens, [lines.end]))
  const unigram = scored(ngrams.logProbs(tokens, [], 1))
  const { unknown } = lines
  const unknowns = unknown === undefined ? 0 : tokens.reduce((n, token) => n + (token === unknown ? 1 : 0), 0)
  return {
    rows: rows.length,
    scores: { ...model },
    baselines: { ngram: ngram.nll, unigram: unigram.nll },
    details: {
      tokens: tokens.length,
      characters,
      unknown: unknowns / tokens.length,
      order: ngrams.order,
      counted: ngrams.tokens,
      baselines: { ngram, unigram } as unknown as Json,
    },
  }
}

/** The scores of a text with a log probability. */
export function scoresOf(logProb: number, tokens: number, characters: number): TextScores {
  const nll = -logProb / tokens
  const natsPerCharacter = -logProb / characters
  return {
    nll,
    perplexity: Math.exp(nll),
    natsPerCharacter,
    bitsPerCharacter: natsPerCharacter / Math.LN2,
  }
}

/** Σ of some numbers. */
export function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]
  return total
}

/** An evaluation as text: the model beside n-grams. */
export function lmReport({ rows, scores, details }: Evaluation): string {
  const { tokens, characters, unknown, order, counted, baselines } = details as unknown as {
    readonly tokens: number
    readonly characters: number
    readonly unknown: number
    readonly order: number
    readonly counted: number
    readonly baselines: Readonly<Record<'ngram' | 'unigram', TextScores>>
  }
  const line = (name: string, { nll, perplexity, bitsPerCharacter }: TextScores) => [
    name,
    nll.toFixed(4),
    perplexity.toFixed(2),
    bitsPerCharacter.toFixed(3),
    bar(bitsPerCharacter / baselines.unigram.bitsPerCharacter, 20),
  ]
  const count = (n: number) => n.toLocaleString('en')
  const head = `${count(rows)} lines, ${count(tokens)} tokens, ${count(characters)} characters`
  const missing = unknown > 0 ? `\n  unknown tokens: ${(unknown * 100).toFixed(2)} %` : ''
  const part = counted === NGRAM_TOKENS ? ` of the last ${count(counted)} tokens` : ''
  const body = table([
    ['', 'nats/token', 'perplexity', 'bits/character', ''],
    line('this model', scores as unknown as TextScores),
    line(
      `${order === 1 ? 'single tokens, smoothed' : `${order}-grams (Kneser-Ney)`}${part}`,
      baselines.ngram,
    ),
    line('single tokens', baselines.unigram),
  ])
  return `${head}\n${body}${missing}`
}
