import { DataError, UsageError } from '../errors.js'
import { accuracy } from './accuracy.js'
import { countedGold, type Gold, requireSameLength } from './gold.js'

/** Texts as lists of words, with their labels: what naive Bayes learns from or is tried on. */
export interface LabelledWords {
  readonly texts: readonly (readonly string[])[]
  readonly labels: readonly Gold[]
}

/** In how many texts of each class each word stands. */
interface Counts {
  readonly labels: readonly string[]
  readonly words: ReadonlyMap<string, number>
  /** Texts of each class. */
  readonly texts: Float64Array
  /** n_wc of word w and class c at w * classes + c. */
  readonly counts: Float64Array
}

/** A trained baseline as plain JSON. */
export interface NaiveBayesJson {
  readonly smoothing: number
  readonly labels: readonly string[]
  readonly words: readonly string[]
  /** Texts of each label. */
  readonly texts: readonly number[]
  /** The counts that are not 0: place (word · labels + label) and count by turns. */
  readonly counts: readonly number[]
}

const SMOOTHINGS = [1, 0.5, 0.2, 0.1, 0.05]

/**
 * Naive Bayes over which words a text holds: the baseline that stands beside every score of a text classifier.
 *
 * score(c) = log P(c) + Σ_w log P(w | c) over the different known words w of a text, P(w | c) = (n_wc + s) / (Σ_v n_vc + s V),
 * where n_wc texts of class c hold w (multinomial over presence; Pang, Lee & Vaithyanathan 2002). Unknown words are skipped.
 * A training row with several labels counts for its first one.
 *
 * @example
 * const bayes = NaiveBayes.of({ texts: [['good'], ['bad']], labels: ['1', '0'] })
 * bayes.predict(['so', 'good'])  // '1'
 */
export class NaiveBayes {
  /** The labels, sorted. */
  readonly labels: readonly string[]
  readonly #counts: Counts
  readonly #prior: Float64Array
  /** log P(w | c) of word w and class c at w * classes + c. */
  readonly #likelihood: Float64Array

  private constructor(
    from: Counts,
    /** What was added to every count. */
    readonly smoothing: number,
  ) {
    const { labels, words, texts, counts } = from
    const classes = labels.length
    const sums = new Float64Array(classes).fill(smoothing * words.size)
    for (let i = 0; i < counts.length; i++) sums[i % classes] += counts[i]
    const rows = texts.reduce((sum, count) => sum + count, 0)
    this.labels = labels
    this.#counts = from
    this.#prior = texts.map((count) => Math.log(count / rows))
    this.#likelihood = counts.map((count, i) => Math.log((count + smoothing) / sums[i % classes]))
  }

  /** Learns from labelled texts, with `smoothing` (default 1, Laplace) added to every count. */
  static of(train: LabelledWords, smoothing = 1): NaiveBayes {
    return new NaiveBayes(count(train), smoothing)
  }

  /** Learns from `train` with the smoothing (1 to 0.05) that is most accurate on `valid`, so that the baseline is a fair one. */
  static chosen(train: LabelledWords, valid: LabelledWords): NaiveBayes {
    const counts = count(train)
    const tried = SMOOTHINGS.map((smoothing) => new NaiveBayes(counts, smoothing))
    if (valid.texts.length === 0) return tried[0]
    const scores = tried.map((bayes) =>
      accuracy(
        valid.labels,
        valid.texts.map((words) => bayes.predict(words)),
      ),
    )
    return tried[scores.indexOf(Math.max(...scores))]
  }

  /** log P(c) + Σ log P(w | c) per label, in the order of `labels`; not normalised. */
  scores(words: readonly string[]): Float64Array {
    const classes = this.labels.length
    const scores = this.#prior.slice()
    for (const word of new Set(words)) {
      const place = this.#counts.words.get(word)
      if (place === undefined) continue
      for (let label = 0; label < classes; label++) scores[label] += this.#likelihood[place * classes + label]
    }
    return scores
  }

  /** The label with the highest score. */
  predict(words: readonly string[]): string {
    const scores = this.scores(words)
    return this.labels[scores.indexOf(Math.max(...scores))]
  }

  toJSON(): NaiveBayesJson {
    const { labels, words, texts, counts } = this.#counts
    const filled: number[] = []
    for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) filled.push(i, counts[i])
    return { smoothing: this.smoothing, labels, words: [...words.keys()], texts: [...texts], counts: filled }
  }

  /** The baseline that `toJSON` wrote down; `where` names its place for the `DataError` thrown when it is damaged. */
  static fromJSON(json: unknown, where: string): NaiveBayes {
    if (!isJson(json)) throw new DataError(`${where}: expected a naive Bayes baseline, found something else`)
    const { smoothing, labels, words, texts, counts } = json
    const dense = new Float64Array(words.length * labels.length)
    for (let i = 0; i < counts.length; i += 2) dense[counts[i]] = counts[i + 1]
    const places = new Map(words.map((word, index) => [word, index]))
    return new NaiveBayes(
      { labels, words: places, texts: Float64Array.from(texts), counts: dense },
      smoothing,
    )
  }
}

function isJson(json: unknown): json is NaiveBayesJson {
  if (typeof json !== 'object' || json === null) return false
  const { smoothing, labels, words, texts, counts } = json as Partial<Record<string, unknown>>
  return (
    typeof smoothing === 'number' &&
    smoothing > 0 &&
    areTexts(labels) &&
    labels.length > 0 &&
    areTexts(words) &&
    areCounts(texts) &&
    texts.length === labels.length &&
    areCounts(counts) &&
    counts.length % 2 === 0 &&
    counts.every((place, i) => i % 2 === 1 || place < labels.length * words.length)
  )
}

const areTexts = (list: unknown): list is string[] =>
  Array.isArray(list) && list.every((item) => typeof item === 'string') && new Set(list).size === list.length

const areCounts = (list: unknown): list is number[] =>
  Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0)

function count({ texts, labels }: LabelledWords): Counts {
  requireSameLength('NaiveBayes', texts, labels)
  if (texts.length === 0) throw new UsageError('NaiveBayes: expected at least one text, got none')
  const gold = labels.map((label) => countedGold(label, ''))
  const classes = [...new Set(gold)].sort()
  const places = new Map(classes.map((label, index) => [label, index]))
  const words = new Map<string, number>()
  for (const text of texts) for (const word of text) if (!words.has(word)) words.set(word, words.size)
  const counts = new Float64Array(words.size * classes.length)
  const perClass = new Float64Array(classes.length)
  for (const [row, text] of texts.entries()) {
    const label = places.get(gold[row]) ?? 0
    perClass[label]++
    for (const word of new Set(text)) counts[(words.get(word) ?? 0) * classes.length + label]++
  }
  return { labels: classes, words, texts: perClass, counts }
}
