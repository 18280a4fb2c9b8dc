import type { TextScore } from '../tasks/text-model.js'
import { table } from '../tasks/text-table.js'
import { textsOf } from './inputs.js'
import { print } from './terminal.js'
import { withTextModel } from './text-model.js'

/** `unrolled score`: log P of sentences by a language model, in their order or the most probable first. */
export async function score(
  folder: string,
  inputs: readonly string[],
  { rank = false, json = false }: { readonly rank?: boolean; readonly json?: boolean },
): Promise<void> {
  await withTextModel(folder, async (model) => {
    const texts: string[] = []
    for await (const text of textsOf(inputs)) texts.push(text)
    const scores: readonly TextScore[] = rank ? model.rank(texts) : model.score(texts)
    if (json) return print(JSON.stringify({ model: folder, scores }))
    const rows = scores.map(({ text, logProb, tokens, perplexity }) => [
      logProb.toFixed(2),
      tokens,
      perplexity.toFixed(2),
      text,
    ])
    print(table([['log P', 'tokens', 'perplexity', ''], ...rows], ''))
  })
}
