import type { Ranking } from './candidates.js'
import { Candidates, logProbOf, rankTokens } from './candidates.js'
import { checkWhole } from './checks.js'
import type { Allowance, DecodingOptions } from './constraints.js'
import { Constraints } from './constraints.js'
import type { Hypothesis, Link, ScoreOptions } from './hypothesis.js'
import { checkScoring, follow, hypothesisOf, normalisedScore, startLink } from './hypothesis.js'
import type { Step, Stepper } from './stepper.js'
import { Walk } from './stepper.js'
import type { TreeNode } from './tree.js'
import { Tree } from './tree.js'

/** What `beamSearch` can be told. */
export interface BeamOptions extends DecodingOptions, ScoreOptions {
  /** How many hypotheses are carried on at each step; default 5. */
  width?: number
  /** How many finished sequences are returned for each input; default 1. */
  best?: number
  /** Whether to return the attention weights of each step, where the stepper offers them. */
  attention?: boolean
  /** Whether to return everything the search looked at. */
  tree?: boolean
}

/** What `beamSearch` has found for one input. */
export interface BeamResult {
  /** The best finished sequences, best first. */
  readonly hypotheses: readonly Hypothesis[]
  /** All the continuations looked at, when they were asked for. */
  readonly tree?: readonly TreeNode[]
}

/**
 * Beam search: at each step the `width` most probable continuations of the hypotheses are carried on, and of those that end
 * the ones with the best score, (1 / T^α) Σ log P, are returned. All the hypotheses of all inputs advance in one batch.
 *
 * A hypothesis that ends gives its place in the beam to the next best, and an input is done only when none of its live
 * hypotheses can come before its `best` finished ones. Ties go to the hypothesis with the better ancestors, then to the lower
 * token. With `width` 1 and α 0 this is greedy decoding; with a width of all sequences it is exhaustive search.
 *
 * Sources: Sutskever et al. (2014); score and coverage penalty: Wu et al. (2016), with T^α in place of their ((5 + T) / 6)^α.
 *
 * @throws UsageError for an option out of range; NonFiniteError when the model gives NaN.
 *
 * ```ts
 * const [{ hypotheses }] = beamSearch(stepper, { start: 1, end: 2, width: 5, best: 3 })
 * hypotheses[0].tokens // the best sequence
 * ```
 */
export function beamSearch<S>(stepper: Stepper<S>, options: BeamOptions): BeamResult[] {
  const constraints = new Constraints('beamSearch', options)
  const searches = Array.from(
    constraints.starts,
    (start, i) => new InputSearch(i, start, constraints, options),
  )
  const walk = new Walk(stepper, constraints.batch)
  let running = searches
  while (running.length > 0) {
    const tokens = running.flatMap(({ live }) => live.map(({ link }) => link.token))
    const forbidden = Math.max(...running.map((search) => search.restrict()))
    walk.advance(Int32Array.from(tokens), (step) => {
      const ranking = rankTokens(step.logProbs, 2 * searches[0].width + forbidden)
      let row = 0
      const rows = running.flatMap((search) => {
        const first = row
        row += search.live.length
        return search.advance(step, ranking, first).map((parent) => first + parent)
      })
      return Int32Array.from(rows)
    })
    running = running.filter(({ live }) => live.length > 0)
  }
  return searches.map((search) => search.result())
}

/** A hypothesis in the beam and its node in the tree. */
interface Live {
  readonly link: Link
  readonly node: number
}

/** The search for one input. */
class InputSearch {
  /** The beam, the most probable hypothesis first. */
  live: readonly Live[]
  readonly width: number
  #allowed: Allowance[] = []
  readonly #finished: Hypothesis[] = []
  readonly #tree = new Tree()
  readonly #best: number
  readonly #scoring: Required<ScoreOptions>
  readonly #keepsAttention: boolean
  readonly #keepsTree: boolean

  constructor(
    readonly input: number,
    start: number,
    readonly constraints: Constraints,
    options: BeamOptions,
  ) {
    const { width = 5, best = 1 } = options
    this.width = checkWhole('beamSearch', 'width', width, 1)
    this.#best = checkWhole('beamSearch', 'best', best, 1)
    this.#scoring = checkScoring('beamSearch', options)
    this.#keepsAttention = options.attention === true || this.#scoring.coveragePenalty > 0
    this.#keepsTree = options.tree === true
    const link = startLink(start)
    this.live = [{ link, node: this.#grow(-1, link, 'kept') }]
  }

  /** Works out what may follow each hypothesis, and returns the most tokens that one of them must not have. */
  restrict(): number {
    this.#allowed = this.live.map(({ link }) => this.constraints.allowed(this.input, link))
    return Math.max(...this.#allowed.map(({ not }) => not.size))
  }

  /** Reads the model's answer to the beam, whose rows begin at `first`, and returns the places that the new beam continues. */
  advance(step: Step<unknown>, ranking: Ranking, first: number): number[] {
    const { width } = this
    const before = this.live
    // Each of the at most `width` hypotheses has one ending, so that 2 width candidates hold `width` that go on.
    const candidates = new Candidates(2 * width)
    for (const [parent, { link, node }] of before.entries()) {
      const allowed = this.#allowed[parent]
      const row = first + parent
      if (allowed.only === undefined) {
        if (!candidates.offer(parent, link.sum, ranking, row, allowed)) this.#finish(link, node, false)
      } else {
        const logProb = logProbOf(step.logProbs, row, allowed.only)
        candidates.add({ parent, token: allowed.only, logProb, sum: link.sum + logProb })
      }
    }
    const live: (Live & { readonly parent: number })[] = []
    for (const [rank, { parent, token, logProb }] of candidates.best.entries()) {
      const ends = token === this.constraints.end && rank < width
      const goesOn = token !== this.constraints.end && live.length < width
      const attention =
        this.#keepsAttention && (ends || goesOn) ? step.attention?.(first + parent) : undefined
      const link = follow(before[parent].link, token, logProb, attention && Float64Array.from(attention))
      const node = this.#grow(before[parent].node, link, ends ? 'ended' : goesOn ? 'kept' : 'dropped')
      if (ends) this.#finish(link, node, true)
      if (goesOn) live.push({ link, node, parent })
    }
    const kept = live.filter((hypothesis) => this.#canWin(hypothesis))
    // All are of one length: either every one of them has come to its end here, or none.
    const stop = kept.length > 0 && this.constraints.stops(this.input, kept[0].link)
    if (stop) for (const { link, node } of kept) this.#finish(link, node, false)
    this.live = stop ? [] : kept
    return stop ? [] : kept.map(({ parent }) => parent)
  }

  result(): BeamResult {
    return { hypotheses: this.#finished, ...(this.#keepsTree && { tree: this.#tree.nodes }) }
  }

  // A live hypothesis with the sum s cannot come before a finished one of score w when s / L^α <= w, L the longest T allowed.
  // Proof. It will end with a sum s' and a length T <= L. Log probabilities are at most 0, so that s' <= s <= 0. For α >= 0,
  // 1 / T^α >= 1 / L^α > 0, and as s' is not positive, s' / T^α <= s' / L^α <= s / L^α <= w. A coverage penalty only lowers
  // the score of the live one (a logarithm of at most 1, β >= 0), while w has its own in it. At equality the finished one
  // stays before it, as it was found first. Once this holds for w, the score of the last of the `best` finished ones, the
  // hypothesis may be left alone: nothing that comes of it is ever returned. All the candidates behind it in its step have
  // sums no larger, so that its place in the beam need not be filled.
  #canWin({ link, node }: Live): boolean {
    if (this.#finished.length < this.#best) return true
    const bound = normalisedScore(link.sum, this.constraints.longest, this.#scoring.lengthNormalisation)
    if (bound > this.#finished[this.#best - 1].score) return true
    if (this.#keepsTree) this.#tree.nodes[node].fate = 'beaten'
    return false
  }

  #finish(link: Link, node: number, ended: boolean): void {
    const hypothesis = hypothesisOf(link, ended, this.#scoring)
    const finished = this.#finished
    let place = finished.length
    while (place > 0 && finished[place - 1].score < hypothesis.score) place--
    finished.splice(place, 0, hypothesis)
    if (finished.length > this.#best) finished.pop()
    if (this.#keepsTree) Object.assign(this.#tree.nodes[node], { fate: 'ended', score: hypothesis.score })
  }

  #grow(parent: number, { token, logProb, sum, length }: Link, fate: TreeNode['fate']): number {
    if (!this.#keepsTree) return -1
    const score = normalisedScore(sum, length, this.#scoring.lengthNormalisation)
    return this.#tree.add({ parent, token, length, logProb, sum, score, fate })
  }
}
