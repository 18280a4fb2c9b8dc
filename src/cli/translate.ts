import { writeFile } from 'node:fs/promises'
import { UsageError } from '../errors.js'
import { renderAttention } from '../inspect/attention-map.js'
import { drawAttention } from '../inspect/pictures/attention.js'
import type { TranslateOptions, Translation, TranslationSampling } from '../tasks/translator.js'
import { Translator } from '../tasks/translator.js'
import { textsOf } from './inputs.js'
import { withModel } from './model.js'
import { paint, print } from './terminal.js'
import { numberOf } from './text-model.js'

/** The options of `unrolled translate`; numbers as they were typed. */
export interface TranslateArguments {
  readonly width?: string
  readonly best?: string
  readonly alpha?: string
  readonly coverage?: string
  readonly longest?: string
  readonly prefix?: string
  readonly ban?: readonly string[]
  readonly sample?: boolean
  readonly temperature?: string
  readonly topK?: string
  readonly topP?: string
  readonly repetitionPenalty?: string
  readonly seed?: string
  readonly attention?: boolean
  readonly out?: string
  readonly json?: boolean
}

/** Texts of files translated at once. */
const TOGETHER = 32

/** `unrolled translate`: translations of texts from arguments, files (a text per line) or standard input, as they come from a terminal. */
export async function translate(
  folder: string,
  inputs: readonly string[],
  { attention = false, out, json = false, ...given }: TranslateArguments,
): Promise<void> {
  const options = optionsOf(given)
  await withModel(folder, async (model) => {
    if (!(model instanceof Translator))
      throw new UsageError(
        `${folder}: expected a model of the task translate, found one of the task ${model.task}`,
      )
    let waiting: string[] = []
    const work = async () => {
      for (const [place, translations] of model.predict(waiting, options).entries()) {
        const [{ attention: map }] = translations
        if ((attention || out !== undefined) && !map)
          throw new UsageError(`${folder}: this model has no attention to show`)
        if (out !== undefined && map)
          await save(out, drawAttention(map, `What was read of “${waiting[place]}”`))
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
  })
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
  const { prefix, ban } = given
  const numbers = {
    width: numberOf('width', given.width),
    best: numberOf('best', given.best),
    lengthNormalisation: numberOf('alpha', given.alpha),
    coveragePenalty: numberOf('coverage', given.coverage),
    maximumLength: numberOf('longest', given.longest),
  }
  const sample = samplingOf(given)
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    ...(prefix !== undefined && { prefix }),
    ...(ban !== undefined && { banned: ban }),
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

async function save(file: string, content: string): Promise<void> {
  if (!file.endsWith('.svg')) throw new UsageError(`--out ${file}: expected a name that ends in .svg`)
  await writeFile(file, content).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--out ${file}: cannot write there (${error.code ?? error.message})`)
  })
}
