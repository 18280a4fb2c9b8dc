import {
  type SearchNode,
  type SearchTree,
  type ShownSearch,
  scoreFormula,
  shownSearch,
} from '../search-tree.js'
import { shortened } from './labels.js'
import { box, curve, headed, ink, palette, paragraph, picture, text, textWidth } from './svg.js'

const frame = { left: 44, right: 14, widest: 900 }
const cell = { high: 36, pitch: 64, gap: 12, narrowest: 62, widest: 150 }
const [blue] = palette

/** What a node looks like by what became of it. */
const looks = {
  best: { fill: blue, stroke: blue, token: '#ffffff', score: '#dcebf5', edge: blue, width: 2.5 },
  alive: {
    fill: '#ffffff',
    stroke: ink.faint,
    token: ink.text,
    score: ink.faint,
    edge: ink.faint,
    width: 1.4,
  },
  left: { fill: '#f6f7f8', stroke: ink.grid, token: ink.line, score: ink.line, edge: ink.grid, width: 1.2 },
} as const

/**
 * A beam search, a row for each step: the beginnings that were carried on, the likeliest on the left, each with the one that it goes on
 * from. The best is blue; what was left later for better ones is pale; what was finished has its score in bold.
 */
export function drawSearch(tree: SearchTree, title?: string): string {
  const shown = shownSearch(tree)
  const rows = rowsOf(shown.nodes)
  const columns = Math.max(...rows.map((row) => row.length))
  const wanted = Math.max(...shown.nodes.map(({ token }) => textWidth(token || 'end', 13))) + 18
  const fitting = (frame.widest - frame.left - frame.right) / columns - cell.gap
  const wide = Math.max(cell.narrowest, Math.min(cell.widest, wanted, fitting))
  const width = Math.max(560, frame.left + columns * (wide + cell.gap) + frame.right)
  const heading = title ?? searchFinding(tree)
  const head = headed(heading, width)
  const legend = `Each row is a step, the likeliest beginning on the left. Numbers are scores, ${scoreFormula(tree)}; bold ones belong to finished sequences. Pale: left for better ones.`
  const lines = Math.ceil(textWidth(legend, 12) / (width - 28))
  const top = head.bottom + 30 + lines * 16
  const places = new Map<number, Place>()
  for (const [step, row] of rows.entries())
    for (const [rank, { id }] of row.entries())
      places.set(id, { x: frame.left + rank * (wide + cell.gap), y: top + step * cell.pitch, wide })
  const painted = [...shown.nodes].sort((a, b) => prominence(a, shown) - prominence(b, shown))
  const bottom = top + (rows.length - 1) * cell.pitch + cell.high
  const further = shown.furtherSteps > 0 ? 28 : 0
  return picture(width, bottom + further + 16, heading, [
    head.part,
    paragraph(14, head.bottom + 22, legend, width - 28, { size: 12, colour: ink.faint }),
    ...rows.map((_, step) =>
      text(frame.left - 14, top + step * cell.pitch + 23, String(step + 1), {
        ...{ size: 12, anchor: 'end', colour: ink.faint },
      }),
    ),
    further === 0
      ? ''
      : text(
          frame.left,
          bottom + 28,
          `and ${shown.furtherSteps} more steps, until nothing could come before the best`,
          { size: 12, colour: ink.faint },
        ),
    ...painted.map((node) => edge(node, places, shown)),
    ...painted.map((node) => nodeOf(node, places.get(node.id) as Place, tree, shown)),
  ])
}

interface Place {
  readonly x: number
  readonly y: number
  readonly wide: number
}

/** The nodes of each step in the order of their probability. */
function rowsOf(nodes: readonly SearchNode[]): SearchNode[][] {
  const rows: SearchNode[][] = []
  for (const node of nodes) {
    rows[node.length - 1] ??= []
    rows[node.length - 1].push(node)
  }
  return rows
}

function prominence({ id }: SearchNode, { alive, best }: ShownSearch): number {
  return best.has(id) ? 2 : alive.has(id) ? 1 : 0
}

function lookOf(node: SearchNode, shown: ShownSearch) {
  return [looks.left, looks.alive, looks.best][prominence(node, shown)]
}

function edge(node: SearchNode, places: ReadonlyMap<number, Place>, shown: ShownSearch): string {
  const from = places.get(node.parent)
  const to = places.get(node.id) as Place
  if (!from) return ''
  const { edge: stroke, width } = lookOf(node, shown)
  return curve(from.x + from.wide / 2, from.y + cell.high, to.x + to.wide / 2, to.y, { stroke, width })
}

function nodeOf(node: SearchNode, { x, y, wide }: Place, tree: SearchTree, shown: ShownSearch): string {
  const { fill, stroke, token: colour, score } = lookOf(node, shown)
  const ended = node.fate === 'ended'
  const label = shortened(node.token || 'end', Math.floor((wide - 8) / (13 * 0.58)))
  return [
    box(x, y, wide, cell.high, {
      ...{ fill, stroke, width: ended ? 2 : 1, corner: ended ? cell.high / 2 : 5 },
      tip: tipOf(node, tree, shown),
    }),
    text(x + wide / 2, y + 16, label, { anchor: 'middle', colour }),
    text(x + wide / 2, y + 30, node.score.toFixed(2), {
      ...{
        size: 10.5,
        anchor: 'middle',
        colour: ended && !shown.best.has(node.id) ? colour : score,
        bold: ended,
      },
    }),
  ].join('')
}

function tipOf(node: SearchNode, { nodes }: SearchTree, { join }: ShownSearch): string {
  const path = [node]
  while (path[0].parent > 0) path.unshift(nodes[path[0].parent])
  const fates = {
    kept: 'carried on',
    ended: 'finished',
    beaten: 'left: nothing that follows could be better than what is finished',
    dropped: 'dropped',
  }
  const then = nodes.filter(({ parent, fate }) => parent === node.id && fate === 'dropped')
  const dropped =
    then.length > 0 ? `; dropped behind it: ${then.map(({ token }) => token || 'end').join(', ')}` : ''
  return `“${join(path)}”: P of this token ${Math.exp(node.logProb).toPrecision(2)}, score ${node.score.toFixed(3)}, ${fates[node.fate]}${dropped}`
}

/** What a search has found, and how far behind it once was: the heading of its picture. */
export function searchFinding(tree: SearchTree): string {
  const { nodes, best, join } = shownSearch(tree)
  const path = nodes.filter(({ id }) => best.has(id))
  const what = `${tree.width === 1 ? 'Greedy search' : `A beam of ${tree.width}`} found “${shortened(join(path), 90)}”`
  if (path.length === 0 || tree.width === 1) return what
  const rows = rowsOf(nodes)
  const ranks = path.map((node) => rows[node.length - 1].indexOf(node))
  const lowest = Math.max(...ranks)
  if (lowest === 0) return `${what}; at each step it was the likeliest`
  const step = ranks.indexOf(lowest) + 1
  return `${what}; after step ${step} it was only number ${lowest + 1} of ${rows[step - 1].length}`
}
