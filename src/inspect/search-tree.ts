import type { BeamResult } from '../decoding/beam.js'
import type { TreeNode } from '../decoding/tree.js'

/** A beginning that a beam search looked at, with its last token as people write it. */
export interface SearchNode extends Omit<TreeNode, 'token'> {
  readonly token: string
}

/** Everything a beam search looked at while it wrote one sequence: plain numbers, ready for JSON and for the pictures. */
export interface SearchTree {
  readonly width: number
  /** α of score = Σ log P / T^α. */
  readonly lengthNormalisation: number
  /** β of the coverage penalty, which only the scores of finished sequences have in them. */
  readonly coveragePenalty: number
  /** Children come after their parents, within a step the likelier ones first; the first is the start. */
  readonly nodes: readonly SearchNode[]
  /** The node with which the best sequence ends. */
  readonly best: number
}

/** How a search is told. */
export interface SearchTreeOptions extends Pick<SearchTree, 'width' | 'lengthNormalisation'> {
  /** β of the coverage penalty; 0 by default. */
  readonly coveragePenalty?: number
  /** A token as people write it; nothing for the one that ends a sequence. */
  readonly write: (token: number) => string
}

/**
 * The tree of a beam search with its tokens in writing: for `renderSearch`, `drawSearch` and JSON. The result must have been searched with
 * `tree: true`.
 *
 * ```ts
 * const [result] = beamSearch(stepper, { ...options, width: 3, tree: true })
 * console.log(renderSearch(searchTree(result, { width: 3, lengthNormalisation: 0.7, write: (token) => words[token] })))
 * ```
 */
export function searchTree(
  { hypotheses: [best], tree = [] }: BeamResult,
  { write, width, lengthNormalisation, coveragePenalty = 0 }: SearchTreeOptions,
): SearchTree {
  const tokens = best.ended ? best.tokens.length + 1 : best.tokens.length
  const isBest = ({ fate, length, sum, id }: TreeNode) => {
    if (fate !== 'ended' || length !== tokens || sum !== best.logProb) return false
    const path = pathTo(tree, id)
    return best.tokens.every((token, place) => path[place].token === token)
  }
  return {
    ...{ width, lengthNormalisation, coveragePenalty, best: tree.findIndex(isBest) },
    nodes: tree.map((node) => ({ ...node, token: node.parent < 0 ? '' : write(node.token) })),
  }
}

/** What the scores of a search are: `Σ log P / T^0.7`, and the coverage penalty of finished sequences where there is one. */
export function scoreFormula({
  lengthNormalisation,
  coveragePenalty,
}: Omit<SearchTreeOptions, 'write' | 'width'>): string {
  const score = `Σ log P / T^${lengthNormalisation}`
  return coveragePenalty ? `${score} with coverage penalty ${coveragePenalty}` : score
}

/** The nodes from the first token to a node. */
export function pathTo<N extends Pick<TreeNode, 'id' | 'parent'>>(nodes: readonly N[], id: number): N[] {
  const path: N[] = []
  for (let at = id; at > 0; at = nodes[at].parent) path.push(nodes[at])
  return path.reverse()
}

/** Steps that are shown after the one with which the best sequence ended. */
const after = 2

/** What a picture of a search shows: every beginning that was carried on, and what became of it. */
export interface ShownSearch {
  /** All nodes of the steps that are shown, but the start and those that were dropped at once. */
  readonly nodes: readonly SearchNode[]
  /** Steps that are not shown: the best was found, and it took them to be sure that nothing else could still win. */
  readonly furtherSteps: number
  /** The numbers of the nodes from which a finished sequence came. */
  readonly alive: ReadonlySet<number>
  /** The numbers of the nodes of the best sequence. */
  readonly best: ReadonlySet<number>
  /** The tokens of some nodes as a text: characters close together, words with blanks between them. */
  readonly join: (nodes: readonly SearchNode[]) => string
}

/** Tells apart what was carried on to an end, what was left on the way, and what is the best. */
export function shownSearch({ nodes, best }: SearchTree): ShownSearch {
  const idsTo = (id: number) => pathTo(nodes, id).map((node) => node.id)
  const ended = nodes.filter(({ fate, id }) => fate === 'ended' && id > 0)
  const steps = nodes.reduce((most, { length }) => Math.max(most, length), 0)
  const last = best < 0 ? steps : Math.min(steps, nodes[best].length + after)
  const glue = nodes.every(({ token }) => [...token].length <= 1) ? '' : ' '
  const written = ({ token }: SearchNode) => (token === '' ? [] : [token.replace(/[\s\p{Cc}]/gu, '␣')])
  return {
    join: (some) => some.flatMap(written).join(glue),
    nodes: nodes.filter(({ fate, id, length }) => fate !== 'dropped' && id > 0 && length <= last),
    furtherSteps: steps - last,
    alive: new Set(ended.flatMap(({ id }) => idsTo(id))),
    best: new Set(best < 0 ? [] : idsTo(best)),
  }
}
