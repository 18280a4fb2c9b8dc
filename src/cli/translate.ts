import { UsageError } from '../errors.js'
import { type AttentionMap, renderAttention } from '../inspect/attention-map.js'
import { drawAttention } from '../inspect/pictures/attention.js'
import type { TaskModel } from '../tasks/task.js'
import type { TranslateOptions, Translation, TranslationSampling } from '../tasks/translator.js'
import { Translator } from '../tasks/translator.js'
import { textsOf } from './inputs.js'
import { withModel } from './model.js'
import { save, type Writers, writerOf } from './pictures.js'
import { type SearchArguments, searchOf } from './search-options.js'
import { paint, print } from './terminal.js'
import { numberOf } from './text-model.js'

/** The options of `unrolled translate`; numbers as they were typed. */
export interface TranslateArguments extends SearchArguments {
  readonly coverage?: string
  readonly sample?: boolean
  readonly temperature?: string
  readonly topK?: string
  readonly topP?: string
  readonly repetitionPenalty?: string
  readonly seed?: string
  readonly set?: readonly string[]
  readonly attention?: boolean
  readonly out?: string
  readonly json?: boolean
}

/** Texts of files translated at once. */
const TOGETHER = 32

const writers: Writers<{ readonly map: AttentionMap; readonly text: string }> = {
  '.svg': ({ map, text }) => drawAttention(map, `What was read of “${text}”`),
}

/** `unrolled translate`: translations of texts from arguments, files (a text per line) or standard input, as they come from a terminal. */
export async function translate(
  folder: string,
  inputs: readonly string[],
  { attention = false, out, json = false, set = [], ...given }: TranslateArguments,
): Promise<void> {
  const write = out === undefined ? undefined : writerOf(out, writers)
  const options = { ...optionsOf(given), attention: attention || write !== undefined }
  const [foreign] = set.filter((assignment) => !assignment.startsWith('decode.'))
  if (foreign !== undefined)
    throw new UsageError(`--set ${foreign}: expected a setting of the search, such as decode.width=1`)
  const run = async (model: TaskModel) => {
    if (!(model instanceof Translator))
      throw new UsageError(
        `${folder}: expected a model of the task translate, found one of the task ${model.task}`,
      )
    let waiting: string[] = []
    const work = async () => {
      for (const [place, translations] of model.predict(waiting, options).entries()) {
        const [{ attention: map }] = translations
        if (options.attention && !map) throw new UsageError(`${folder}: this model has no attention to show`)
        if (out !== undefined && write && map) await save(out, write({ map, text: waiting[place] }))
        print(
          json
            ? jsonOf(waiting[place], translations, attention)
            : linesOf(waiting[place], translations, attention),
        )
      }
      waiting = []
    }
    const together = process.stdin.isTTY && inputs.length === 0 ? 1 : TOGETHER
    for await (const text of textsOf(inputs)) {
      waiting.push(text)
      if (waiting.length === together) await work()
    }
    await work()
  }
  await withModel(folder, run, set)
}

function jsonOf(text: string, translations: readonly Translation[], withMap: boolean): string {
  const shown = translations.map(({ attention, ...rest }) => (withMap ? { ...rest, attention } : rest))
  return JSON.stringify({ text, translations: shown })
}

function linesOf(text: string, translations: readonly Translation[], withMap: boolean): string {
  const several = translations.length > 1
  const lines = translations.flatMap(({ text: written, score, attention }) => [
    several ? `  ${written}   ${paint.dim(score.toFixed(2))}` : `  ${written}`,
    ...(withMap && attention ? [renderAttention(attention)] : []),
  ])
  return [paint.dim(text), ...lines].join('\n')
}

function optionsOf(given: TranslateArguments): TranslateOptions {
  const coveragePenalty = numberOf('coverage', given.coverage)
  const sample = samplingOf(given)
  return {
    ...searchOf(given),
    ...(coveragePenalty !== undefined && { coveragePenalty }),
    ...(sample && { sample }),
  }
}

function samplingOf({ sample = false, ...given }: TranslateArguments): TranslationSampling | undefined {
  const numbers = {
    temperature: numberOf('temperature', given.temperature),
    topK: numberOf('top-k', given.topK),
    topP: numberOf('top-p', given.topP),
    repetitionPenalty: numberOf('repetition-penalty', given.repetitionPenalty),
    seed: numberOf('seed', given.seed),
  }
  const told = Object.entries(numbers).filter(([, value]) => value !== undefined)
  if (sample) return Object.fromEntries(told)
  if (told.length === 0) return undefined
  const [name] = told[0]
  throw new UsageError(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} needs --sample`)
}
