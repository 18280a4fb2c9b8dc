import { shortened } from './pictures/labels.js'
import { type SearchNode, type SearchTree, scoreFormula, shownSearch } from './search-tree.js'

/** More than this are not written: sequences that were finished, and others. */
const most = { finished: 10, left: 24 }

/**
 * A beam search as text: the beginnings that were carried on, a line for each run of tokens without a fork. At the end of a line stands
 * what became of it: `● -0.28` the best, `○ -0.43` another that was finished, with their scores, `×` left for better ones.
 *
 * ```ts
 * console.log(renderSearch(inspection.search))
 * ```
 */
export function renderSearch(tree: SearchTree, { width = 100 }: { readonly width?: number } = {}): string {
  const { nodes, best, join, furtherSteps } = shownSearch(tree)
  const children = childrenOf(nodes)
  const { kept, left } = mostImportant(nodes, children)
  const next = (id: number) => (children.get(id) ?? []).filter((child) => kept.has(child.id))
  const lines: string[] = []
  const write = (parent: number, indent: string) => {
    const forks = next(parent)
    for (const first of forks) {
      const run = runFrom(first, next)
      const end = run[run.length - 1]
      const isLast = first === forks[forks.length - 1]
      const [fork, below] = parent === 0 ? ['', ''] : isLast ? ['└ ', '  '] : ['├ ', '│ ']
      const fate = children.has(end.id) ? '' : fateOf(end, best)
      const before = lastOf(indent, width / 2) + fork
      const room = width - before.length - fate.length
      lines.push(`${before}${shortened(join(run) || 'end', room)}${fate}`)
      write(end.id, indent + below)
    }
  }
  write(0, '')
  if (left > 0) lines.push(`and ${left} more with lower scores or soon left`)
  if (furtherSteps > 0) lines.push(`and ${furtherSteps} more steps, until nothing could come before the best`)
  return lines.map((line) => shortened(line, width)).join('\n')
}

/** A node and all that follows it up to the next fork or the end. */
function runFrom(first: SearchNode, next: (id: number) => readonly SearchNode[]): SearchNode[] {
  const run = [first]
  for (;;) {
    const following = next(run[run.length - 1].id)
    if (following.length !== 1) return run
    run.push(following[0])
  }
}

/** The end of a text of which there may be so much. */
function lastOf(text: string, most: number): string {
  return text.length > most ? `…${text.slice(text.length - Math.floor(most) + 1)}` : text
}

/** How the tree is read, one sentence for its heading. */
export function searchLegend(search: SearchTree): string {
  const kind = search.width === 1 ? 'Greedy search' : `Beam search of width ${search.width}`
  return `${kind}: ● the best, ○ finished, × left; score ${scoreFormula(search)}`
}

function fateOf({ id, fate, score }: SearchNode, best: ReadonlySet<number>): string {
  return fate === 'ended' ? ` ${best.has(id) ? '●' : '○'} ${score.toFixed(2)}` : ' ×'
}

function childrenOf(nodes: readonly SearchNode[]): Map<number, SearchNode[]> {
  const children = new Map<number, SearchNode[]>()
  for (const node of nodes) {
    const siblings = children.get(node.parent)
    if (siblings) siblings.push(node)
    else children.set(node.parent, [node])
  }
  return children
}

/** The best finished sequences and of the others those that went furthest, with all that leads to them; and how many are left out. */
function mostImportant(
  nodes: readonly SearchNode[],
  children: ReadonlyMap<number, readonly SearchNode[]>,
): { kept: ReadonlySet<number>; left: number } {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const tokensSinceFork = (end: SearchNode) => {
    let tokens = 1
    for (let at: SearchNode | undefined = end; at && children.get(at.parent)?.length === 1; tokens++)
      at = byId.get(at.parent)
    return tokens
  }
  const ends = nodes.filter(({ id }) => !children.has(id))
  const finished = ends.filter(({ fate }) => fate === 'ended').sort((a, b) => b.score - a.score)
  const others = ends
    .filter(({ fate }) => fate !== 'ended')
    .sort((a, b) => tokensSinceFork(b) - tokensSinceFork(a) || a.id - b.id)
  const shown = [...finished.slice(0, most.finished), ...others.slice(0, most.left)]
  const kept = new Set<number>()
  for (const end of shown)
    for (let at: SearchNode | undefined = end; at && !kept.has(at.id); at = byId.get(at.parent))
      kept.add(at.id)
  return { kept, left: ends.length - shown.length }
}
