import { parseTag } from '../codecs/tags.js'
import { linesOf } from './decode.js'
import { problem, shown } from './problem.js'
import { examplesOfTags, requireTag, type TaggedRows, type TaggedTokens } from './tagged.js'

const DOCUMENT = '-DOCSTART-'

/**
 * Reads sentences in columns: a token per line, its tag in the last column, a blank line between sentences (CoNLL 2000 to 2003,
 * WNUT). Columns stand between tabs where the file has any, else between white space. Lines of `-DOCSTART-` and, at the
 * beginning of a sentence, comments (`# id …`) are left out.
 *
 * Throws `DataError` (`file:line`) for a line with more or fewer columns than the first and for a last column that is no tag.
 *
 * @example
 * EU NNP I-NP I-ORG
 * rejects VBZ I-VP O
 */
export function readConll(text: string, file: string): TaggedRows {
  const lines = linesOf(text)
  const cut = cutterOf(lines)
  const sentences: TaggedTokens[] = []
  let columns = 0
  let tokens: string[] = []
  let tags: string[] = []
  const finish = (line: number) => {
    if (tokens.length > 0) sentences.push({ tokens, tags, line: line - tokens.length })
    tokens = []
    tags = []
  }
  for (const [index, line] of [...lines, ''].entries()) {
    const number = index + 1
    if (line.trim() === '' || line.startsWith(DOCUMENT)) finish(number)
    else if (!isComment(line, cut, tokens.length === 0, columns)) {
      const cells = cut(line)
      if (columns === 0) columns = Math.max(2, cells.length)
      if (cells.length !== columns || cells[0] === '')
        throw problem(file, number, `${columns} columns, the token first and its tag last`, shown(line))
      tokens.push(cells[0])
      tags.push(requireTag(cells[columns - 1], file, number))
    }
  }
  if (sentences.length === 0) throw problem(file, 0, 'tokens and tags in columns', 'none')
  return examplesOfTags(sentences, file, `CoNLL, ${columns} columns`)
}

type Cut = (line: string) => string[]

/** Tabs are the only separators where every line with text has one; tokens may then hold blanks. */
function cutterOf(lines: readonly string[]): Cut {
  const rows = lines.filter(
    (line) => line.trim() !== '' && !line.startsWith(DOCUMENT) && !line.startsWith('# '),
  )
  if (rows.length > 0 && rows.every((line) => line.trimEnd().includes('\t')))
    return (line) =>
      line
        .trimEnd()
        .split('\t')
        .map((cell) => cell.trim())
  return (line) => line.trim().split(/\s+/)
}

/** `# …` before the first token of a sentence, unless it is the token # with as many columns as the others, a tag last. */
function isComment(line: string, cut: Cut, first: boolean, columns: number): boolean {
  if (!first || !line.startsWith('# ')) return false
  const cells = cut(line)
  return cells.length !== (columns || cells.length) || parseTag(cells.at(-1) ?? '') === undefined
}

/** A broken line among many is reported, not taken for another format. */
const MOST = 0.8

/** Whether lines (the first ones that are not blank) look like tokens and tags in columns. */
export function looksLikeConll(lines: readonly string[]): boolean {
  const rows = lines.filter((line) => !line.startsWith(DOCUMENT) && !line.startsWith('# '))
  if (rows.length === 0) return false
  const cells = rows.map(cutterOf(rows))
  const columns = cells[0].length
  const right = cells.filter((row) => row.length === columns && parseTag(row[columns - 1]) !== undefined)
  return columns > 1 && right.length >= MOST * cells.length
}
