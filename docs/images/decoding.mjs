// Draws the picture of a beam search (docs/decoding.md): node docs/images/decoding.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { beamSearch } from 'unrolled/decoding'
import { drawSearch, searchTree } from 'unrolled/inspect'

// the toy model of the page
const words = ['jane', 'is', 'visits', 'in', 'september', 'going', 'to', 'africa', '.']
const known = {
  '': { jane: 0.6, in: 0.4 },
  in: { september: 1 },
  'in september': { jane: 1 },
  'in september jane': { visits: 0.55, is: 0.45 },
  'in september jane visits': { africa: 1 },
  jane: { is: 0.55, visits: 0.45 },
  'jane is': { going: 0.4, visits: 0.3, africa: 0.3 },
  'jane is going': { to: 0.9, in: 0.1 },
  'jane is going to': { africa: 0.6, september: 0.4 },
  'jane visits': { africa: 1 },
  'jane visits africa': { in: 0.9, '.': 0.1 },
  'jane visits africa in': { september: 1 },
}
const textOf = (tokens) => tokens.map((token) => words[token]).join(' ')
const jane = {
  initial: (batch) => Array.from({ length: batch }, () => []),
  step: (state, tokens) => {
    const read = state.map((before, row) => (tokens[row] < 0 ? before : [...before, tokens[row]]))
    const next = (text) => words.map((word) => (known[text] ?? { '.': 1 })[word] ?? 0)
    const data = read.flatMap((row) => next(textOf(row)).map(Math.log))
    return { logProbs: { shape: [read.length, words.length], data }, state: read }
  },
  reorder: (state, rows) => Array.from(rows, (row) => state[row]),
}
const options = { start: -1, end: words.indexOf('.'), width: 3, lengthNormalisation: 0.7, tree: true }
const [result] = beamSearch(jane, options)
const write = (token) => (token === options.end ? '' : words[token])
const file = new URL('beam-search.svg', import.meta.url)
writeFileSync(file, drawSearch(searchTree(result, { ...options, write })))
