import { stdout } from 'node:process'
import { checkGeneration, type GenerateTextOptions } from '../tasks/lm-generate.js'
import { paint, print } from './terminal.js'
import { numberOf, withTextModel } from './text-model.js'

/** The options of `unrolled generate`, as they are typed. */
export interface GenerateArguments {
  readonly length?: string
  readonly line?: boolean
  readonly temperature?: string
  readonly topK?: string
  readonly topP?: string
  readonly repetitionPenalty?: string
  readonly seed?: string
  readonly json?: boolean
}

/** `unrolled generate`: writes text with a language model; on the terminal it appears while it is written. */
export async function generate(
  folder: string,
  prompt: string | undefined,
  { json = false, ...given }: GenerateArguments,
): Promise<void> {
  const options = optionsOf(prompt, given)
  checkGeneration(options) // before anything is written
  await withTextModel(folder, async (model) => {
    if (json) {
      print(JSON.stringify({ model: folder, ...model.generate(options) }))
      return
    }
    stdout.write(paint.dim(prompt ?? ''))
    model.generate({ ...options, onText: (piece) => stdout.write(piece) })
    stdout.write('\n')
  })
}

function optionsOf(prompt: string | undefined, given: GenerateArguments): GenerateTextOptions {
  const numbers = {
    length: numberOf('length', given.length),
    temperature: numberOf('temperature', given.temperature),
    topK: numberOf('top-k', given.topK),
    topP: numberOf('top-p', given.topP),
    repetitionPenalty: numberOf('repetition-penalty', given.repetitionPenalty),
    seed: numberOf('seed', given.seed),
  }
  return {
    ...(prompt !== undefined && { prompt }),
    ...(given.line && { line: true }),
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
  }
}
