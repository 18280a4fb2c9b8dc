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
 * and the weight with which a context hands over to the one without its first token. Interpolated Witten-Bell can be written so exactly:
 * a sentence between `<s>` and `</s>` has the probability that `model.logProbs` gives it behind `end`. What goes on over the end of a
 * line is left out.
 *
 * ```ts
 * const text = [...arpaLines(model, { name: (token) => words[token], end: 1 })].join('\n')
 * ```
 */
export function* arpaLines(model: NgramModel, { name, end }: ArpaNames): Generator<string> {
  const { size, order, table } = model.store()
  const { tokens, parents, counts } = table
  const followed = new Float64Array(tokens.length + 1)
  const followers = new Float64Array(tokens.length + 1)
  const paths: number[][] = [[]]
  const byLength: { path: readonly number[]; node: number }[][] = Array.from({ length: order + 1 }, () => [])
  for (const [row, token] of tokens.entries()) {
    followed[parents[row]] += counts[row]
    followers[parents[row]]++
    const path = [...paths[parents[row]], token]
    paths.push(path)
    if (!path.slice(1, -1).includes(end)) byLength[path.length].push({ path, node: row + 1 })
  }
  const missing = new Set(Array.from({ length: size }, (_, token) => token))
  for (const { path } of byLength[1]) missing.delete(path[0])
  for (const token of missing) byLength[1].push({ path: [token], node: -1 })

  // log10 of the share T / (c + T) that is left to shorter contexts
  const handOver = (node: number) =>
    node < 0 || followed[node] === 0 ? 0 : Math.log10(followers[node] / (followed[node] + followers[node]))
  const lineOf = (path: readonly number[], node: number, text: string): string => {
    const logProb = model.logProbs(path.slice(-1), path.slice(0, -1), path.length)[0] / Math.LN10
    return `${logProb.toFixed(7)}\t${text}${path.length < order ? `\t${handOver(node).toFixed(7)}` : ''}`
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
    if (length === 1) yield `-99\t<s>${order > 1 ? `\t${handOver(nodeOf(byLength[1], end)).toFixed(7)}` : ''}`
    for (const { path, node } of byLength[length]) yield lineOf(path, node, textOf(path))
  }
  yield ''
  yield '\\end\\'
}

function nodeOf(unigrams: readonly { path: readonly number[]; node: number }[], token: number): number {
  return unigrams.find(({ path }) => path[0] === token)?.node ?? -1
}
