import { UsageError } from '../errors.js'
import { checkWhole } from './checks.js'
import { checkCtc } from './ctc-path.js'
import type { Matrix } from './stepper.js'

/**
 * What a prefix search adds to the log probability of a text: a language model, a list of words, a bonus for expected ones. It reads the
 * labels from the first to the last; `-Infinity` forbids one.
 */
export interface LabelScorer<S> {
  /** The state before the first label. */
  readonly initial: S
  /** What a label adds after those before it, and the state behind it. */
  next(state: S, label: number): { readonly state: S; readonly score: number }
  /** What the end of the text adds. */
  end(state: S): number
}

/** A text that a search follows, in plain values. */
export interface CtcPrefix<S> {
  /** The place of the text without its last label in the list; -1 for what all texts begin with. */
  readonly before: number
  readonly label: number
  readonly state: S
  readonly added: number
  readonly step: number
  readonly blank: number
  readonly last: number
}

/** The state of a search in plain values. */
export interface CtcSnapshot<S> {
  readonly steps: number
  readonly columns: number
  readonly stable: readonly number[]
  /** All that is remembered, each behind the one that it goes on. */
  readonly prefixes: readonly CtcPrefix<S>[]
  /** The places of those in the beam, the best one first. */
  readonly beam: readonly number[]
}

/** What `CtcSearch` can be told. */
export interface CtcSearchOptions<S> {
  /** How many texts are kept at each step; 16 by default. */
  width?: number
  /** The class that says nothing; 0 by default. */
  blank?: number
  /** Only so many of the most probable classes of a step go on with a text; 40 by default. */
  classes?: number
  /** What is added to log P of the labels. */
  scorer?: LabelScorer<S>
  /**
   * Steps after which a label of the best text is settled, and texts without it are given up: for streams. Without it a doubt at the
   * beginning may last to the end.
   */
  delay?: number
}

/** A text that a search has found. */
export interface CtcHypothesis {
  readonly labels: readonly number[]
  /** log P of all the ways of spelling it that were followed. */
  readonly logProb: number
  /** `logProb` and what the scorer adds: what the search ranks by. */
  readonly score: number
}

/** The labels of a text one after the other; texts with the same beginning share it. */
interface Prefix<S> {
  before: Prefix<S> | undefined
  readonly label: number
  readonly state: S
  /** What the scorer has added so far. */
  readonly added: number
  /** The step that first said it. */
  readonly step: number
  readonly behind: Map<number, Prefix<S>>
  /** Longer texts that are still followed, and one more while this one is in the beam; at none it is forgotten. */
  uses: number
  inBeam: boolean
  /** log P of the ways that end with a blank, and of those that end with the last label: so far, and with the step that is read. */
  blank: number
  last: number
  nextBlank: number
  nextLast: number
}

/**
 * Prefix beam search (Graves and Jaitly 2014; Hannun et al. 2014): adds up the ways in which the steps spell each text, where `bestPath`
 * follows one. It may be given steps as they come; time and memory do not grow with them as long as the texts agree about the beginning.
 *
 * ```ts
 * const search = new CtcSearch({ width: 8, scorer })
 * search.push(logProbs)          // [steps, classes], as often as there are more
 * search.partial()               // { stable: [8, 5], tentative: [12] }
 * search.best(3)[0].labels
 * ```
 */
export class CtcSearch<S = undefined> {
  readonly #width: number
  readonly #blank: number
  readonly #classes: number
  readonly #scorer: LabelScorer<S> | undefined
  readonly #delay: number
  #steps = 0
  #columns = 0
  #beam: readonly Prefix<S>[]
  /** What all texts of the beam begin with. */
  #agreed: Prefix<S>
  readonly #stable: number[] = []

  /** Throws a `UsageError` for a width or a number of classes below 1. */
  constructor({ width = 16, blank = 0, classes = 40, scorer, delay }: CtcSearchOptions<S> = {}) {
    this.#width = checkWhole('CtcSearch', 'width', width, 1)
    this.#classes = checkWhole('CtcSearch', 'classes', classes, 1)
    this.#blank = blank
    this.#scorer = scorer
    this.#delay = delay === undefined ? Infinity : checkWhole('CtcSearch', 'delay', delay, 1)
    this.#agreed = prefixOf<S>(undefined, -1, scorer?.initial as S, 0, 0)
    this.#agreed.blank = 0
    hold(this.#agreed)
    this.#beam = [this.#agreed]
  }

  /** Reads steps [steps, classes] of log probabilities. Throws as `bestPath` does. */
  push(logProbs: Matrix): this {
    const [steps, classes] = checkCtc('CtcSearch', logProbs, this.#blank)
    if (this.#columns > 0 && classes !== this.#columns)
      throw new UsageError(`CtcSearch: got steps of ${classes} classes behind steps of ${this.#columns}`)
    this.#columns = classes
    for (let t = 0; t < steps; t++) this.#step(logProbs.data, t * classes, classes)
    return this
  }

  /** The best texts so far, as if they ended here, the best one first. */
  best(count = 1): CtcHypothesis[] {
    checkWhole('CtcSearch', 'count', count, 1)
    const ended = this.#beam.map((prefix) => {
      const logProb = logSum(prefix.blank, prefix.last)
      const score = logProb + prefix.added + (this.#scorer?.end(prefix.state) ?? 0)
      return { prefix, logProb, score }
    })
    return ended
      .filter(({ score }) => score > -Infinity)
      .sort((a, b) => b.score - a.score)
      .slice(0, count)
      .map(({ prefix, logProb, score }) => ({
        labels: [...this.#stable, ...labelsOf(prefix, this.#agreed)],
        logProb,
        score,
      }))
  }

  /**
   * What all the texts of the beam begin with, which no further step can change, from its label `from` on; and how the best of them goes
   * on.
   */
  partial(from = 0): { readonly stable: readonly number[]; readonly tentative: readonly number[] } {
    return { stable: this.#stable.slice(from), tentative: labelsOf(this.#beam[0], this.#agreed) }
  }

  /** A copy of the state. */
  snapshot(): CtcSnapshot<S> {
    const places = new Map<Prefix<S>, number>()
    const prefixes: CtcPrefix<S>[] = []
    const add = (prefix: Prefix<S>, before: number) => {
      places.set(prefix, prefixes.length)
      const { label, state, added, step, blank, last } = prefix
      prefixes.push({ before, label, state, added, step, blank, last })
    }
    add(this.#agreed, -1)
    // a map may grow while one goes through it: those behind come later
    for (const [prefix, place] of places) for (const longer of prefix.behind.values()) add(longer, place)
    const beam = this.#beam.map((prefix) => places.get(prefix) ?? 0)
    return { steps: this.#steps, columns: this.#columns, stable: [...this.#stable], prefixes, beam }
  }

  /** Goes back (or over) to a state of a search with the same options. */
  restore({ steps, columns, stable, prefixes, beam }: CtcSnapshot<S>): void {
    const made: Prefix<S>[] = []
    for (const { before, label, state, added, step, blank, last } of prefixes) {
      const prefix = { ...prefixOf(made[before], label, state, added, step), blank, last }
      made[before]?.behind.set(label, prefix)
      made.push(prefix)
    }
    this.#steps = steps
    this.#columns = columns
    this.#stable.splice(0, Number.POSITIVE_INFINITY, ...stable)
    this.#agreed = made[0]
    this.#beam = beam.map((place) => made[place])
    for (const prefix of this.#beam) hold(prefix)
  }

  #step(data: ArrayLike<number>, row: number, classes: number): void {
    const likely = this.#likely(data, row, classes)
    const totals = this.#beam.map(({ blank, last }) => logSum(blank, last))
    // A label again is the same one, unless a blank stands between.
    const logProbOf = (prefix: Prefix<S>, total: number, label: number) =>
      (label === prefix.label ? prefix.blank : total) + data[row + label]
    for (const [i, prefix] of this.#beam.entries()) {
      prefix.nextBlank = totals[i] + data[row + this.#blank]
      if (prefix.label >= 0) prefix.nextLast = logSum(prefix.nextLast, prefix.last + data[row + prefix.label])
      for (const longer of prefix.behind.values())
        if (longer.inBeam && likely.includes(longer.label))
          longer.nextLast = logSum(longer.nextLast, logProbOf(prefix, totals[i], longer.label))
    }
    const ranking = new Ranking<S>(this.#width)
    for (const prefix of this.#beam)
      ranking.offer(logSum(prefix.nextBlank, prefix.nextLast) + prefix.added, prefix)
    for (const [i, prefix] of this.#beam.entries())
      for (const label of likely) {
        const logProb = logProbOf(prefix, totals[i], label)
        if (logProb === -Infinity || prefix.behind.get(label)?.inBeam) continue
        const scored = this.#scorer?.next(prefix.state, label)
        const added = prefix.added + (scored?.score ?? 0)
        ranking.offer(logProb + added, prefix, { label, logProb, added, state: scored?.state as S })
      }
    this.#keep(ranking.best)
  }

  #keep(best: readonly Ranked<S>[]): void {
    if (best.length === 0)
      throw new UsageError(
        this.#scorer
          ? 'CtcSearch: no text is possible any more; the scorer forbids all that the steps say'
          : 'CtcSearch: no text is possible any more; a step has log P -Infinity for every class',
      )
    const before = this.#beam
    this.#beam = best.map(({ prefix, longer }) => (longer ? extended(prefix, longer, this.#steps) : prefix))
    for (const prefix of this.#beam) hold(prefix)
    const kept = new Set(this.#beam)
    for (const prefix of before) if (!kept.has(prefix)) drop(prefix)
    for (const prefix of this.#beam) {
      prefix.blank = prefix.nextBlank
      prefix.last = prefix.nextLast
      prefix.nextBlank = prefix.nextLast = -Infinity
    }
    this.#steps++
    this.#giveUp()
    this.#agree()
  }

  // Texts that do not begin with what the best one has said for long enough.
  #giveUp(): void {
    if (this.#delay === Infinity) return
    const beginning = (prefix: Prefix<S>) => {
      let at: Prefix<S> | undefined = prefix
      while (at && at.before !== this.#agreed) at = at.before
      return at
    }
    const settled = beginning(this.#beam[0])
    if (!settled || this.#steps - settled.step < this.#delay) return
    const [kept, others] = [true, false].map((wanted) =>
      this.#beam.filter((prefix) => (beginning(prefix) === settled) === wanted),
    )
    for (const prefix of others) drop(prefix)
    this.#beam = kept
  }

  // Beginnings that all texts share are settled for good: what lies before them is not looked at again.
  #agree(): void {
    while (!this.#agreed.inBeam && this.#agreed.uses === 1)
      for (const longer of this.#agreed.behind.values())
        if (longer.uses > 0) {
          this.#agreed = longer
          longer.before = undefined
          this.#stable.push(longer.label)
          break
        }
  }

  #likely(data: ArrayLike<number>, row: number, classes: number): number[] {
    const labels = Array.from({ length: classes }, (_, k) => k).filter((k) => k !== this.#blank)
    if (labels.length <= this.#classes) return labels
    return labels.sort((a, b) => data[row + b] - data[row + a]).slice(0, this.#classes)
  }
}

/** One label more for a text. */
interface Extension<S> {
  readonly label: number
  readonly logProb: number
  readonly added: number
  readonly state: S
}

/** A text for the beam: one that is in it, or one that goes on with a label. */
interface Ranked<S> {
  readonly score: number
  readonly prefix: Prefix<S>
  readonly longer: Extension<S> | undefined
}

/** The best texts of those offered; of equal ones the first. */
class Ranking<S> {
  readonly best: Ranked<S>[] = []

  constructor(readonly width: number) {}

  offer(score: number, prefix: Prefix<S>, longer?: Extension<S>): void {
    const { best, width } = this
    if (score === -Infinity || (best.length === width && score <= best[width - 1].score)) return
    let place = best.length
    while (place > 0 && best[place - 1].score < score) place--
    best.splice(place, 0, { score, prefix, longer })
    if (best.length > width) best.pop()
  }
}

function extended<S>(
  before: Prefix<S>,
  { label, logProb, added, state }: Extension<S>,
  step: number,
): Prefix<S> {
  const longer = before.behind.get(label) ?? prefixOf(before, label, state, added, step)
  longer.nextLast = logProb
  before.behind.set(label, longer)
  return longer
}

function prefixOf<S>(
  before: Prefix<S> | undefined,
  label: number,
  state: S,
  added: number,
  step: number,
): Prefix<S> {
  return {
    ...{ before, label, state, added, step, behind: new Map(), uses: 0, inBeam: false },
    ...{ blank: -Infinity, last: -Infinity, nextBlank: -Infinity, nextLast: -Infinity },
  }
}

/** Takes a text into the beam, and with it those that it begins with. */
function hold(prefix: Prefix<unknown>): void {
  if (prefix.inBeam) return
  prefix.inBeam = true
  for (let at: Prefix<unknown> | undefined = prefix; at && at.uses++ === 0; ) at = at.before
}

/** Takes a text out of the beam and forgets what no text of it begins with. */
function drop(prefix: Prefix<unknown>): void {
  prefix.inBeam = false
  prefix.nextBlank = prefix.nextLast = -Infinity // it may come back
  for (let at: Prefix<unknown> | undefined = prefix; at && --at.uses === 0; at = at.before)
    at.before?.behind.delete(at.label)
}

/** The labels of a text behind one that it begins with. */
function labelsOf<S>(prefix: Prefix<S>, behind: Prefix<S>): number[] {
  const labels: number[] = []
  for (let at: Prefix<S> | undefined = prefix; at && at !== behind; at = at.before) labels.push(at.label)
  return labels.reverse()
}

/** log(e^a + e^b). */
function logSum(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a]
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high))
}
