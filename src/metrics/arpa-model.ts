import { DataError } from '../errors.js'

/** The words before the next one, as far back as the model looks. */
export type ArpaState = readonly string[]

/** A context: what may follow it, and what it hands over where something else does. */
interface Context {
  readonly next: Map<string, Context>
  /** ln P of its last word after those before it; undefined for a context that was never given one. */
  logProb: number | undefined
  /** ln of the weight of the context without its first word. */
  backoff: number
}

/**
 * An n-gram model from an ARPA file, as KenLM, SRILM and `arpaLines` write it: ln P of a word after those before it, by backing off to
 * shorter contexts (Katz 1987). A word that is not in the file is `<unk>`; where the file has none, it cannot be.
 *
 * ```ts
 * const model = ArpaModel.read(fs.readFileSync('lm.arpa', 'utf8').split('\n'), 'lm.arpa')
 * const { state, logProb } = model.next(model.initial, 'the') // ln P(the | <s>)
 * model.logProb(['the', 'cat'])                               // with the end of the sentence
 * ```
 */
export class ArpaModel {
  /** Behind `<s>`. */
  readonly initial: ArpaState
  readonly #root: Context

  private constructor(
    readonly order: number,
    root: Context,
  ) {
    this.#root = root
    this.initial = order > 1 && root.next.has('<s>') ? ['<s>'] : []
  }

  /** Throws a `DataError` with the line for what is no ARPA file, or one that is cut short. */
  static read(lines: Iterable<string>, file: string): ArpaModel {
    const root = context()
    const wanted = new Map<number, number>()
    const found = new Map<number, number>()
    let section: 'before' | 'counts' | 'grams' | 'end' = 'before'
    let length = 0
    let number = 0
    for (const line of lines) {
      number++
      const text = line.replaceAll(BLANKS_AROUND, '')
      const problem = (expected: string) =>
        new DataError(`${file}:${number}: expected ${expected}, found ${JSON.stringify(text.slice(0, 60))}`)
      const grams = /^\\(\d+)-grams:$/.exec(text)
      if (section === 'end' || text === '') continue
      if (section === 'before') {
        if (text === '\\data\\') section = 'counts'
      } else if (grams) {
        section = 'grams'
        length = Number(grams[1])
        if (!wanted.has(length)) throw problem(`grams of a length that "ngram ${length}=" has announced`)
      } else if (text === '\\end\\') {
        section = 'end'
      } else if (section === 'counts') {
        const count = /^ngram\s+(\d+)\s*=\s*(\d+)$/.exec(text)
        if (!count) throw problem('"ngram 1=…" or "\\1-grams:"')
        wanted.set(Number(count[1]), Number(count[2]))
      } else {
        const columns = text.split(/[ \t]+/)
        const entered = enter(root, columns, length)
        if (entered === 'wrong')
          throw problem(`log10 P, ${length === 1 ? 'a word' : `${length} words`} and perhaps a weight`)
        if (entered === 'repeated') throw problem(`each of the ${length}-grams once`)
        found.set(length, (found.get(length) ?? 0) + 1)
      }
    }
    if (section !== 'end')
      throw new DataError(
        section === 'before'
          ? `${file}: expected an ARPA file, with a line \\data\\, found none`
          : `${file}: expected \\end\\ at the end, found none: the file is cut short`,
      )
    for (const [n, count] of wanted)
      if ((found.get(n) ?? 0) !== count)
        throw new DataError(
          `${file}: expected ${count} ${n}-grams, as it says itself, found ${found.get(n) ?? 0}`,
        )
    return new ArpaModel(Math.max(1, ...wanted.keys()), root)
  }

  /** Whether the file has the word. */
  has(word: string): boolean {
    return this.#root.next.has(word)
  }

  /** ln P of a word, and the state behind it. */
  next(state: ArpaState, word: string): { readonly state: ArpaState; readonly logProb: number } {
    const known = this.has(word) ? word : '<unk>'
    const longer = [...state, known]
    return {
      state: longer.slice(Math.max(0, longer.length + 1 - this.order)),
      logProb: this.#after(state, known),
    }
  }

  /** ln P of the end of the sentence. */
  end(state: ArpaState): number {
    return this.#after(state, '</s>')
  }

  /** ln P of a whole sentence, its end included. */
  logProb(words: readonly string[]): number {
    let state = this.initial
    let sum = 0
    for (const word of words) {
      const next = this.next(state, word)
      state = next.state
      sum += next.logProb
    }
    return sum + this.end(state)
  }

  // The longest context that knows the word, and what the longer ones that do not hand over.
  #after(state: ArpaState, word: string): number {
    let backoff = 0
    for (let from = 0; from <= state.length; from++) {
      const before = find(this.#root, state.slice(from))
      const logProb = before?.next.get(word)?.logProb
      if (logProb !== undefined) return backoff + logProb
      backoff += before?.backoff ?? 0
    }
    return -Infinity
  }
}

function context(): Context {
  return { next: new Map(), logProb: undefined, backoff: 0 }
}

function find(root: Context, words: readonly string[]): Context | undefined {
  let at: Context | undefined = root
  for (const word of words) at = at?.next.get(word)
  return at
}

/** Other blanks than these may be words, or in words. */
const BLANKS_AROUND = /^[ \t]+|[ \t\r\n]+$/g

/** A number as C writes it: `-inf` is one. */
const numberOf = (text: string) => (/^-inf(inity)?$/i.test(text) ? -Infinity : Number(text))

/** Enters the columns of a line: log10 P, the words, and perhaps log10 of the weight. */
function enter(root: Context, columns: readonly string[], length: number): 'entered' | 'wrong' | 'repeated' {
  const [logProb, backoff = 0] = [columns[0], ...columns.slice(length + 1)].map(numberOf)
  if (columns.length < length + 1 || columns.length > length + 2) return 'wrong'
  if (!(logProb <= 0) || !(backoff < Infinity)) return 'wrong'
  let at = root
  for (const word of columns.slice(1, length + 1)) {
    let next = at.next.get(word)
    if (!next) {
      next = context()
      at.next.set(word, next)
    }
    at = next
  }
  if (at.logProb !== undefined) return 'repeated'
  at.logProb = logProb * Math.LN10
  at.backoff = backoff * Math.LN10
  return 'entered'
}
