/** What became of a token: the same, another one in its place, one too many, one missing. */
export type EditKind = 'equal' | 'substitution' | 'insertion' | 'deletion'

/** One step of an alignment: `reference` is missing in insertions, `predicted` in deletions. */
export interface Edit {
  readonly kind: EditKind
  readonly reference?: string
  readonly predicted?: string
}

const UP = 1
const LEFT = 2

/**
 * The shortest way from the reference to the prediction in single edits (Levenshtein distance, every edit costs 1). Of several
 * shortest ways it is the one that, from the end, prefers pairs to deletions and deletions to insertions.
 *
 * Time and memory grow with the product of the lengths, common beginnings and ends left out: 10,000 tokens on both sides take 100 MB.
 *
 * @example
 * align(['the', 'cat', 'sat'], ['the', 'bat'])
 * // [{ kind: 'equal', … }, { kind: 'substitution', reference: 'cat', predicted: 'bat' }, { kind: 'deletion', reference: 'sat' }]
 */
export function align(reference: readonly string[], predicted: readonly string[]): Edit[] {
  const shortest = Math.min(reference.length, predicted.length)
  let begin = 0
  while (begin < shortest && reference[begin] === predicted[begin]) begin++
  let end = 0
  while (end < shortest - begin && reference.at(-1 - end) === predicted.at(-1 - end)) end++
  const equal = (token: string): Edit => ({ kind: 'equal', reference: token, predicted: token })
  return [
    ...reference.slice(0, begin).map(equal),
    ...alignWhole(
      reference.slice(begin, reference.length - end),
      predicted.slice(begin, predicted.length - end),
    ),
    ...reference.slice(reference.length - end).map(equal),
  ]
}

function alignWhole(reference: readonly string[], predicted: readonly string[]): Edit[] {
  const moves = movesOf(reference, predicted)
  const width = predicted.length + 1
  const edits: Edit[] = []
  let [i, j] = [reference.length, predicted.length]
  while (i > 0 || j > 0) {
    const move = moves[i * width + j]
    if (move === UP) edits.push({ kind: 'deletion', reference: reference[--i] })
    else if (move === LEFT) edits.push({ kind: 'insertion', predicted: predicted[--j] })
    else {
      const pair = { reference: reference[--i], predicted: predicted[--j] }
      edits.push({ kind: pair.reference === pair.predicted ? 'equal' : 'substitution', ...pair })
    }
  }
  return edits.reverse()
}

/** For each pair of prefixes the last move of a shortest way: 0 takes one token of both. */
function movesOf(reference: readonly string[], predicted: readonly string[]): Uint8Array {
  const width = predicted.length + 1
  const moves = new Uint8Array((reference.length + 1) * width)
  let costs = Uint32Array.from({ length: width }, (_, j) => j)
  let next = new Uint32Array(width)
  moves.fill(LEFT, 1, width)
  for (let i = 1; i <= reference.length; i++) {
    next[0] = i
    moves[i * width] = UP
    for (let j = 1; j < width; j++) {
      const pair = costs[j - 1] + (reference[i - 1] === predicted[j - 1] ? 0 : 1)
      const deletion = costs[j] + 1
      const insertion = next[j - 1] + 1
      next[j] = Math.min(pair, deletion, insertion)
      if (next[j] < pair) moves[i * width + j] = next[j] === deletion ? UP : LEFT
    }
    ;[costs, next] = [next, costs]
  }
  return moves
}

/**
 * An alignment as three lines to print: the reference, the prediction, and a letter under every edit (S, D, I). Columns are as
 * wide as their longer token in code points, so they stand under each other where every character is one cell wide.
 *
 * @example
 * console.log(alignmentText(align(['the', 'cat', 'sat'], ['the', 'bat'])))
 * // reference  the cat sat
 * // predicted  the bat ***
 * //                S   D
 */
export function alignmentText(edits: readonly Edit[]): string {
  const columns = edits.map(({ kind, reference, predicted }) => {
    const width = Math.max(lengthOf(reference), lengthOf(predicted))
    const gap = '*'.repeat(width)
    return [reference ?? gap, predicted ?? gap, letters[kind]].map(
      (cell) => cell + ' '.repeat(Math.max(0, width - lengthOf(cell))),
    )
  })
  return ['reference', 'predicted', '         ']
    .map((title, row) => [`${title} `, ...columns.map((column) => column[row])].join(' ').trimEnd())
    .join('\n')
}

const lengthOf = (token = '') => Array.from(token).length

const letters: Readonly<Record<EditKind, string>> = {
  equal: '',
  substitution: 'S',
  insertion: 'I',
  deletion: 'D',
}
