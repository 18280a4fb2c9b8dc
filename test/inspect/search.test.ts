import { expect, test } from 'vitest'
import { beamSearch } from '../../src/decoding/index.js'
import { drawSearch, renderSearch, type SearchTree, searchTree } from '../../src/inspect/index.js'
import { searchLegend } from '../../src/inspect/render-search.js'
import { randomTable, type Table, toyStepper } from '../decoding/toy-models.js'
import { expectSound } from './sound.js'

const words = ['jane', 'is', 'visits', 'africa', 'in', 'september', '.']
const END = words.indexOf('.')

/** Greedy search takes "is", and regrets it. */
const sentences: Record<string, Record<string, number>> = {
  '': { jane: 0.7, in: 0.3 },
  jane: { is: 0.55, visits: 0.45 },
  'jane is': { africa: 0.4, in: 0.35, '.': 0.25 },
  'jane visits': { africa: 0.95, '.': 0.05 },
  in: { september: 1 },
}
const table: Table = (_, prefix) => {
  const next = sentences[prefix.map((token) => words[token]).join(' ')] ?? { '.': 1 }
  return words.map((word) => next[word] ?? 0)
}
const write = (token: number) => (token === END ? '' : words[token])

function treeOf(width: number, options = {}): SearchTree {
  const settings = { start: 0, end: END, width, lengthNormalisation: 0, ...options }
  const [result] = beamSearch(toyStepper(table), { ...settings, tree: true })
  return searchTree(result, { ...settings, write })
}

test('a tree names the tokens and the node of the best sequence', () => {
  const tree = treeOf(2)
  const path = []
  for (let at = tree.nodes[tree.best]; at.id > 0; at = tree.nodes[at.parent]) path.unshift(at.token)
  expect(path).toEqual(['jane', 'visits', 'africa', ''])
  expect(Math.exp(tree.nodes[tree.best].sum)).toBeCloseTo(0.7 * 0.45 * 0.95, 10)
  expect(JSON.parse(JSON.stringify(tree))).toEqual(tree)
})

test('the best node ends the best hypothesis, whatever the search', () => {
  for (let seed = 0; seed < 40; seed++) {
    const options = {
      start: 0,
      end: 3,
      width: 3,
      maximumLength: 5,
      lengthNormalisation: seed % 3,
      tree: true,
    }
    const [result] = beamSearch(toyStepper(randomTable(seed, 4)), options)
    const tree = searchTree(result, { ...options, write: String })
    const tokens = []
    for (let at = tree.nodes[tree.best]; at.id > 0; at = tree.nodes[at.parent]) tokens.unshift(at.token)
    expect(tokens).toEqual([...result.hypotheses[0].tokens, 3].map(String))
  }
})

test('a coverage penalty is named, and in the scores of what has ended', () => {
  const attention = () => [0.5, 0.1]
  const settings = { start: 0, end: END, width: 3, lengthNormalisation: 0.7, coveragePenalty: 0.25 }
  const [result] = beamSearch(toyStepper(table, attention), { ...settings, tree: true })
  const tree = searchTree(result, { ...settings, write })
  expect(tree.nodes[tree.best].score).toBe(result.hypotheses[0].score)
  const formula = 'Σ log P / T^0.7 with coverage penalty 0.25'
  expect(searchLegend(tree)).toContain(formula)
  expect(
    drawSearch(tree)
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' '),
  ).toContain(formula)
  expect(searchLegend(treeOf(2))).toMatch(/T\^0$/)
})

test('as text it has a line for each run without a fork, and what became of it', () => {
  expect(renderSearch(treeOf(2)).split('\n')).toEqual([
    'jane',
    '├ is africa ○ -1.87',
    '└ visits africa ● -1.21',
    'in ×',
  ])
  // the beginning that was unlikely at first is the best in the end
  expect(renderSearch(treeOf(3))).toContain('in september ● -1.20')
  expect(renderSearch(treeOf(1))).toMatch(/^jane is africa ● -1.87$/)
})

test('the text keeps to its width, and to its most important lines', () => {
  const options = { start: 0, end: 5, width: 12, maximumLength: 30, tree: true, lengthNormalisation: 0.7 }
  const [result] = beamSearch(toyStepper(randomTable(3, 6)), options)
  const names = ['a\u001b[31m', 'b b', '漢字', '<i>', 'a word of many letters', '']
  const tree = searchTree(result, { ...options, write: (token) => names[token] })
  for (const width of [30, 60, 100]) {
    const text = renderSearch(tree, { width })
    for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(width)
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    expect(text.match(/●/g)).toHaveLength(1)
    expect(text.split('\n').length).toBeLessThan(90)
  }
})

test('the picture shows every beginning that was carried on, and says how far behind the best was', () => {
  const tree = treeOf(2)
  const svg = drawSearch(tree)
  expectSound(svg)
  expect(svg).toContain('A beam of 2 found “jane visits africa”; after step 2 it was only number 2 of 2')
  const shown = tree.nodes.filter(({ fate, parent }) => fate !== 'dropped' && parent >= 0)
  expect(svg.match(/<rect/g)).toHaveLength(1 + shown.length)
  expect(svg).toContain('“jane is”: P of this token 0.55')
  expect(svg).toContain('dropped behind it: in')
  expect(drawSearch(tree, 'a heading <of> my own')).toContain('a heading &lt;of&gt; my own')
  expect(drawSearch(treeOf(1))).toContain('Greedy search found “jane is africa”')
})

test('steps long after the best has ended are counted, not shown', () => {
  // who begins to laugh cannot end before the longest length: the search has to go on until then, and finds nothing better
  const laughing: Table = (_, prefix) => (prefix.length === 0 ? [0.4, 0.6] : [1 - 1e-12, 1e-12])
  const options = { start: 0, end: 1, width: 2, maximumLength: 40, lengthNormalisation: 1, tree: true }
  const [result] = beamSearch(toyStepper(laughing), options)
  const tree = searchTree(result, { ...options, write: (token) => ['ha', ''][token] })
  expect(tree.nodes[tree.best].length).toBe(1)
  expect(Math.max(...tree.nodes.map(({ length }) => length))).toBe(41)
  for (const shown of [renderSearch(tree), drawSearch(tree)]) expect(shown).toContain('and 38 more steps')
  expectSound(drawSearch(tree))
})
