import { isObject } from './json-lines.js'
import { problem, shown } from './problem.js'
import type { WordSpan } from './words.js'

/** Marks, and what English writes to the end of a word: these, not their neighbours, decide that there is no blank. */
const mark = /^[^\p{L}\p{N}]|^n't$/iu

/**
 * Where a language writes blanks between the tokens of a text, learned from texts: a comma follows its word, a bracket precedes one,
 * and between Chinese words there is nothing. Between two tokens stands no blank when the second mostly comes without one before it,
 * or the first mostly without one behind it. What is written both ways, such as `"`, gets the commoner one, so not all comes back.
 *
 * @example
 * const joints = new WordJoints()
 * for (const text of texts) joints.learn(new Words().spans(text))
 * joints.settled().joined(['well', ',', 'do', "n't"])   // well, don't
 */
export class WordJoints {
  readonly #before = new Counts()
  readonly #behind = new Counts()

  /** Counts the gaps between the words of a text. */
  learn(spans: readonly WordSpan[]): void {
    for (let i = 1; i < spans.length; i++) {
      const [left, right] = [spans[i - 1], spans[i]]
      const blank = right.start > left.end
      const [firstIsMark, secondIsMark] = [mark.test(left.word), mark.test(right.word)]
      if (blank || firstIsMark || !secondIsMark) this.#behind.add(left.word, blank)
      if (blank || secondIsMark || !firstIsMark) this.#before.add(right.word, blank)
    }
  }

  /** What most gaps say. */
  settled(): SettledJoints {
    return new SettledJoints(this.#before.without(), this.#behind.without())
  }
}

/** The words that have mostly no blank before them, and those that have mostly none behind them. */
export class SettledJoints {
  readonly #before: ReadonlySet<string>
  readonly #behind: ReadonlySet<string>

  constructor(before: Iterable<string>, behind: Iterable<string>) {
    this.#before = new Set(before)
    this.#behind = new Set(behind)
  }

  /** The words as a text. */
  joined(words: readonly string[]): string {
    return words
      .map((word, i) =>
        i === 0 || this.#before.has(word) || this.#behind.has(words[i - 1]) ? word : ` ${word}`,
      )
      .join('')
  }

  toJSON(): unknown {
    return { noBlankBefore: [...this.#before], noBlankBehind: [...this.#behind] }
  }

  /** What `toJSON` wrote down. Throws a `DataError` that begins with `where`. */
  static fromJSON(json: unknown, where: string): SettledJoints {
    const { noBlankBefore, noBlankBehind } = isObject(json) ? json : {}
    if (!areTexts(noBlankBefore) || !areTexts(noBlankBehind))
      throw problem(where, 0, 'lists of words, noBlankBefore and noBlankBehind', shown(json))
    return new SettledJoints(noBlankBefore, noBlankBehind)
  }
}

function areTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((word) => typeof word === 'string')
}

/** How often each word had a blank, and how often none. */
class Counts {
  readonly #balance = new Map<string, number>()

  add(word: string, blank: boolean): void {
    this.#balance.set(word, (this.#balance.get(word) ?? 0) + (blank ? 1 : -1))
  }

  /** The words that had mostly none. */
  without(): string[] {
    return [...this.#balance].flatMap(([word, balance]) => (balance < 0 ? [word] : []))
  }
}
