import { DataError, UsageError } from '../errors.js'
import { requireSameLength } from './gold.js'

/** A trained baseline as plain JSON. */
export interface NearestTextsJson {
  readonly labels: readonly string[]
  readonly words: readonly string[]
  /** For each text the place of its label, then the places of its words. */
  readonly texts: readonly (readonly number[])[]
}

/**
 * The nearest known text by the cosine of TF-IDF vectors: the baseline of whoever ranks answers. A word w that stands n times in a text
 * weighs n · idf(w), idf(w) = log((1 + texts) / (1 + texts with w)) + 1, and vectors have length 1, as in scikit-learn's
 * `TfidfVectorizer`. Unknown words are skipped.
 *
 * @example
 * const nearest = NearestTexts.of([['how', 'are', 'you'], ['thanks']], ['Fine!', 'You are welcome.'])
 * nearest.rank(['are', 'you', 'well'])  // ['Fine!', 'You are welcome.']
 */
export class NearestTexts {
  /** The labels, the most frequent first. */
  readonly labels: readonly string[]
  readonly #texts: readonly (readonly number[])[]
  readonly #words: ReadonlyMap<string, number>
  readonly #idf: Float64Array
  /** For each word the texts that hold it, and its weights in them. */
  readonly #index: { readonly texts: number[]; readonly weights: number[] }[]

  private constructor({ labels, words, texts }: NearestTextsJson) {
    this.labels = labels
    this.#texts = texts
    this.#words = new Map(words.map((word, place) => [word, place]))
    const holding = new Float64Array(words.length)
    for (const [, ...places] of texts) for (const place of new Set(places)) holding[place]++
    this.#idf = holding.map((count) => Math.log((1 + texts.length) / (1 + count)) + 1)
    this.#index = words.map(() => ({ texts: [], weights: [] }))
    for (const [text, [, ...places]] of texts.entries())
      for (const [place, weight] of this.#vector(places)) {
        this.#index[place].texts.push(text)
        this.#index[place].weights.push(weight)
      }
  }

  /** Learns texts by heart. Throws a `UsageError` without texts. */
  static of(texts: readonly (readonly string[])[], labels: readonly string[]): NearestTexts {
    requireSameLength('NearestTexts', texts, labels)
    if (texts.length === 0) throw new UsageError('NearestTexts: expected at least one text, got none')
    const counts = new Map<string, number>()
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
    const sorted = [...counts]
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .map(([label]) => label)
    const places = new Map(sorted.map((label, place) => [label, place]))
    const words = new Map<string, number>()
    const placeOf = (word: string) => {
      if (!words.has(word)) words.set(word, words.size)
      return words.get(word) as number
    }
    const stored = texts.map((text, row) => [places.get(labels[row]) as number, ...text.map(placeOf)])
    return new NearestTexts({ labels: sorted, words: [...words.keys()], texts: stored })
  }

  /** All labels, that of the nearest text first; those of texts without a common word follow by their frequency. */
  rank(words: readonly string[]): string[] {
    const scores = this.scores(words)
    return [...this.labels.keys()]
      .sort((a, b) => scores[b] - scores[a] || a - b)
      .map((label) => this.labels[label])
  }

  /** For each of `labels` the cosine of its nearest text, 0 to 1. */
  scores(words: readonly string[]): Float64Array {
    const likeness = new Float64Array(this.#texts.length)
    const known = words.flatMap((word) => this.#words.get(word) ?? [])
    for (const [place, weight] of this.#vector(known)) {
      const { texts, weights } = this.#index[place]
      for (const [i, text] of texts.entries()) likeness[text] += weight * weights[i]
    }
    const best = new Float64Array(this.labels.length)
    for (const [text, [label]] of this.#texts.entries()) best[label] = Math.max(best[label], likeness[text])
    return best
  }

  toJSON(): NearestTextsJson {
    return { labels: this.labels, words: [...this.#words.keys()], texts: this.#texts }
  }

  /** The baseline that `toJSON` wrote down; `where` names its place for the `DataError` thrown when it is damaged. */
  static fromJSON(json: unknown, where: string): NearestTexts {
    if (!isJson(json))
      throw new DataError(`${where}: expected a baseline of nearest texts, found something else`)
    return new NearestTexts(json)
  }

  /** The weight of each word, by its place. */
  #vector(places: readonly number[]): Map<number, number> {
    const weights = new Map<number, number>()
    for (const place of places) weights.set(place, (weights.get(place) ?? 0) + this.#idf[place])
    let squares = 0
    for (const weight of weights.values()) squares += weight * weight
    for (const [place, weight] of weights) weights.set(place, weight / Math.sqrt(squares))
    return weights
  }
}

function isJson(json: unknown): json is NearestTextsJson {
  if (typeof json !== 'object' || json === null) return false
  const { labels, words, texts } = json as Partial<Record<string, unknown>>
  return areTexts(labels) && areTexts(words) && Array.isArray(texts) && texts.length > 0 && texts.every(isRow)

  function isRow(row: unknown): boolean {
    if (!Array.isArray(row) || row.length === 0 || !row.every((place) => Number.isSafeInteger(place)))
      return false
    const [label, ...places] = row as number[]
    return within(label, labels) && places.every((place) => within(place, words))
  }
}

const within = (place: number, list: unknown) => place >= 0 && place < (list as readonly unknown[]).length

const areTexts = (list: unknown): list is string[] =>
  Array.isArray(list) && list.every((item) => typeof item === 'string') && new Set(list).size === list.length
