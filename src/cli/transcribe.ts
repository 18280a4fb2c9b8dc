import type { DataFile } from '../data/data-file.js'
import { decodeText, linesOf } from '../data/decode.js'
import { UsageError } from '../errors.js'
import { filesOf } from '../formats/files.js'
import { ArpaModel } from '../metrics/arpa-model.js'
import {
  Transcriber as Model,
  type TranscribeOptions,
  type Transcriber,
  type Transcript,
} from '../tasks/transcriber.js'
import { inputsOf } from './inputs.js'
import { withModel } from './model.js'
import { paint, print } from './terminal.js'
import { numberOf } from './text-model.js'

/** The options of `unrolled transcribe`; numbers as they were typed. */
export interface TranscribeArguments {
  readonly width?: string
  readonly best?: string
  readonly lm?: string
  readonly lmWeight?: string
  readonly wordBonus?: string
  readonly words?: string
  readonly hot?: readonly string[]
  readonly times?: boolean
  readonly json?: boolean
}

/** What a hot word adds to log P where nothing else is said. */
const HOT = 3

/** `unrolled transcribe`: the texts of recordings, or of pictures of lines of writing. */
export async function transcribe(
  folder: string,
  inputs: readonly string[],
  { times = false, json = false, ...given }: TranscribeArguments,
): Promise<void> {
  const options = await optionsOf(given)
  await withTranscriber(folder, async (model) => {
    for await (const { input, name } of inputsOf(model, inputs)) {
      const transcripts = model.predict(input as never, options)
      print(json ? JSON.stringify({ file: name, transcripts }) : shown(name, transcripts, times))
    }
  })
}

/** Runs `use` with the transcriber in a folder. Throws a `UsageError` for a model of another task. */
async function withTranscriber<T>(folder: string, use: (model: Transcriber) => Promise<T>): Promise<T> {
  return withModel(folder, async (model) => {
    if (model instanceof Model) return use(model)
    throw new UsageError(
      `${folder}: expected a model of the task transcribe, found one of the task ${model.task}`,
    )
  })
}

function shown(name: string, transcripts: readonly Transcript[], times: boolean): string {
  const several = transcripts.length > 1
  const lines = transcripts.flatMap(({ text, score, words }) => [
    `  ${text === '' ? '(nothing)' : text}${several ? paint.dim(`   ${score.toFixed(2)}`) : ''}`,
    ...(times
      ? words.map((word) => paint.dim(`    ${word.start.toFixed(2)} – ${word.end.toFixed(2)}  ${word.text}`))
      : []),
  ])
  return [paint.dim(name), ...lines].join('\n')
}

/** What is told of the search and the words. Throws a `UsageError` for what is no number, a `DataError` for files that are not right. */
async function optionsOf(given: Omit<TranscribeArguments, 'times' | 'json'>): Promise<TranscribeOptions> {
  const { lm, words, hot } = given
  if (lm === undefined && given.lmWeight !== undefined)
    throw new UsageError('--lm-weight needs --lm: there is no language model to weigh')
  const numbers = {
    width: numberOf('width', given.width),
    best: numberOf('best', given.best),
    languageWeight: numberOf('lm-weight', given.lmWeight),
    wordBonus: numberOf('word-bonus', given.wordBonus),
  }
  return {
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
    ...(lm !== undefined && { languageModel: ArpaModel.read(await linesIn(lm), lm) }),
    ...(words !== undefined && {
      words: (await linesIn(words)).map((word) => word.trim()).filter((word) => word !== ''),
    }),
    ...(hot !== undefined && { hotWords: Object.fromEntries(hot.map(hotWord)) }),
  }
}

async function linesIn(path: string): Promise<string[]> {
  const [file]: DataFile[] = await filesOf(path)
  return linesOf(decodeText(await file.bytes(), file.name))
}

/** `word` or `word=4`. */
function hotWord(given: string): [string, number] {
  const [, word, bonus] = /^(.+?)(?:=([^=]*))?$/.exec(given) ?? []
  return [word ?? given, bonus === undefined ? HOT : (numberOf('hot', bonus) ?? HOT)]
}
