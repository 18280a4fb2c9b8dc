import type { TextModel } from '../tasks/text-model.js'
import { save, type Writers, writerOf } from './pictures.js'
import { print } from './terminal.js'
import { withTextModel } from './text-model.js'

const writers: Writers<TextModel> = { '.arpa': (model) => model.arpa() }

/** `unrolled export`: writes what other programs read, by the ending of the file: the n-grams beside a language model as ARPA. */
export async function exportModel(
  folder: string,
  { out, json = false }: { readonly out: string; readonly json?: boolean },
): Promise<void> {
  const write = writerOf(out, writers)
  await withTextModel(folder, async (model) => {
    await save(out, write(model))
    const { order } = model.ngrams
    if (json) print(JSON.stringify({ model: folder, order, out }))
    else print(`Wrote n-grams of up to ${order} tokens to ${out}`)
  })
}
