import type { NgramModel } from './ngram-model.js'

/** What stands for the tokens of an n-gram model in an ARPA file. */
export interface ArpaNames {
  /** The name of a token: without blanks. */
  name(token: number): string
  /** The token that ends every line and stands before the first: written `</s>`, and `<s>` where a line begins behind it. */
  readonly end: number
}

/**
 * The lines of an ARPA file with an n-gram model, as KenLM, SRILM and the decoders of speech recognisers read it: log10 P of every n-gram,
 * and the weight with which a context hands over to the one without its first token. Interpolated models can be written so exactly:
 * a sentence between `<s>` and `</s>` has the probability that `model.logProbs` gives it behind `end`. What goes on over the end of a
 * line is left out.
 *
 * ```ts
 * const text = [...arpaLines(model, { name: (token) => words[token], end: 1 })].join('\n')
 * ```
 */
export function* arpaLines(model: NgramModel, { name, end }: ArpaNames): Generator<string> {
  const { size, order, table } = model.store()
  const paths: number[][] = [[]]
  const byLength: number[][][] = Array.from({ length: order + 1 }, () => [])
  for (const [row, token] of table.tokens.entries()) {
    const path = [...paths[table.parents[row]], token]
    paths.push(path)
    if (!path.slice(1, -1).includes(end)) byLength[path.length].push(path)
  }
  const seen = new Set(byLength[1].map(([token]) => token))
  for (let token = 0; token < size; token++) if (!seen.has(token)) byLength[1].push([token])

  const handOver = (path: readonly number[]) =>
    path.length < order ? `\t${Math.log10(model.left(path)).toFixed(7)}` : ''
  const lineOf = (path: readonly number[]): string => {
    const logProb = model.logProbs(path.slice(-1), path.slice(0, -1))[0] / Math.LN10
    return `${logProb.toFixed(7)}\t${textOf(path)}${handOver(path)}`
  }
  const textOf = (path: readonly number[]) =>
    path
      .map((token, i) => (token !== end ? name(token) : i === 0 && path.length > 1 ? '<s>' : '</s>'))
      .join(' ')

  yield '\\data\\'
  const lengths = Array.from({ length: order }, (_, i) => i + 1)
  for (const length of lengths) yield `ngram ${length}=${byLength[length].length + (length === 1 ? 1 : 0)}`
  for (const length of lengths) {
    yield ''
    yield `\\${length}-grams:`
    if (length === 1) yield `-99\t<s>${handOver([end])}`
    for (const path of byLength[length]) yield lineOf(path)
  }
  yield ''
  yield '\\end\\'
}
