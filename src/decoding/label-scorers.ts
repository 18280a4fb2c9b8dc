import { UsageError } from '../errors.js'
import type { LabelScorer } from './ctc-search.js'

/** A language model of words: natural logarithms; `ArpaModel` of `unrolled/metrics` is one. */
export interface WordModel<S> {
  readonly initial: S
  next(state: S, word: string): { readonly state: S; readonly logProb: number }
  end(state: S): number
}

/** What `wordScorer` is made of. */
export interface WordScorerOptions<S> {
  /** What each label writes, by its class: letters, or pieces of words. */
  labels: readonly string[]
  /** What stands between words; a blank by default, which no label need write where each text is one word. */
  boundary?: string
  /** A language model of the words. */
  model?: WordModel<S>
  /** How much the model counts: its ln P are multiplied by this; 0.5 by default. */
  weight?: number
  /** Added for every word, against the model's liking for short texts; 0 by default. */
  wordBonus?: number
  /** The only words that there are; any by default. */
  words?: Iterable<string>
  /** Words that are to be expected here, such as names, and what is added for each of them. */
  hotWords?: Readonly<Record<string, number>>
}

/** The word that is being written, and what the model knows of those before it. */
interface WordState<S> {
  readonly word: string
  readonly model: S
  /** What has been added for the beginning of a hot word, to be taken back if it becomes another. */
  readonly lent: number
}

/**
 * What words add to a CTC search: a language model, a list of all words, and a bonus for hot ones. A hot word's bonus is lent from its
 * first letter on, a share for each, so that it is not lost before it is complete.
 *
 * @throws UsageError when no label writes the boundary that was given.
 *
 * ```ts
 * const scorer = wordScorer({ labels: ['', ' ', 'a', 'b'], model, hotWords: { abba: 4 } })
 * new CtcSearch({ scorer }).push(logProbs).best()
 * ```
 */
export function wordScorer<S = undefined>(options: WordScorerOptions<S>): LabelScorer<unknown> {
  const { labels, boundary = ' ', weight = 0.5, wordBonus = 0, words, hotWords = {} } = options
  const model = weight === 0 ? undefined : options.model // 0 times a word that cannot be is no number
  if (options.boundary !== undefined && !labels.some((label) => label.includes(boundary)))
    throw new UsageError(
      `wordScorer: expected a label that writes the boundary ${JSON.stringify(boundary)}, found none`,
    )
  const list = words && new Set(words)
  const beginnings = list && beginningsOf(list)
  const bonuses = new Map(Object.entries(hotWords))
  const hot = loansOf(bonuses)
  const loan = (word: string) => hot.get(word) ?? 0

  /** What a complete word adds. */
  const complete = ({ word, model: before, lent }: WordState<S>) => {
    if (word === '') return { score: 0, state: before }
    if (list && !list.has(word)) return { score: -Infinity, state: before }
    const { state, logProb } = model?.next(before, word) ?? { state: before, logProb: 0 }
    return { state, score: weight * logProb + wordBonus + (bonuses.get(word) ?? 0) - lent }
  }
  /** What the beginning of a word adds. */
  const longer = (state: WordState<S>, letters: string) => {
    const word = state.word + letters
    const lent = loan(word)
    return {
      state: { ...state, word, lent },
      score: beginnings && !beginnings.has(word) ? -Infinity : lent - state.lent,
    }
  }
  const scorer: LabelScorer<WordState<S>> = {
    initial: { word: '', model: model?.initial as S, lent: 0 },
    next(before, label) {
      let state = before
      let score = 0
      if (labels[label] === undefined)
        throw new UsageError(`wordScorer: got class ${label}; expected one of the ${labels.length} labels`)
      for (const [i, letters] of labels[label].split(boundary).entries()) {
        if (i > 0) {
          const done = complete(state)
          score += done.score
          state = { word: '', model: done.state, lent: 0 }
        }
        if (letters === '') continue
        const written = longer(state, letters)
        score += written.score
        state = written.state
      }
      return { state, score }
    },
    end(before) {
      const { score, state } = complete(before)
      return score + (model ? weight * model.end(state) : 0)
    },
  }
  return scorer as LabelScorer<unknown>
}

function beginningsOf(words: Iterable<string>): Set<string> {
  const beginnings = new Set<string>()
  for (const word of words) for (let end = 1; end <= word.length; end++) beginnings.add(word.slice(0, end))
  return beginnings
}

// What each beginning of a hot word is lent; of several words the most.
function loansOf(hotWords: ReadonlyMap<string, number>): Map<string, number> {
  const loans = new Map<string, number>()
  for (const [word, bonus] of hotWords)
    for (let end = 1; end <= word.length; end++) {
      const beginning = word.slice(0, end)
      loans.set(beginning, Math.max(loans.get(beginning) ?? 0, (bonus * end) / word.length))
    }
  return loans
}
