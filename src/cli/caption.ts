import { stdout } from 'node:process'
import type { FeatureExtractor } from '../data/onnx-extractor.js'
import { UsageError } from '../errors.js'
import { type GazeMap, renderGaze } from '../inspect/gaze-map.js'
import { drawGaze } from '../inspect/pictures/gaze.js'
import { isFeatures, type Picture } from '../tasks/caption-rows.js'
import { type Caption, Captioner, type CaptionOptions, embedded } from '../tasks/captioner.js'
import type { TaskModel } from '../tasks/task.js'
import type { ExtractorArguments } from './features.js'
import { inputsOf } from './inputs.js'
import { withModel } from './model.js'
import { save, type Writers, writerOf } from './pictures.js'
import { type SearchArguments, searchOf } from './search-options.js'
import { paint, print } from './terminal.js'

/** The options of `unrolled caption`; numbers as they were typed. */
export interface CaptionArguments extends SearchArguments, ExtractorArguments {
  readonly set?: readonly string[]
  readonly extractor?: string
  readonly attention?: boolean
  readonly out?: string
  readonly json?: boolean
}

const writers: Writers<{ readonly map: GazeMap; readonly text: string }> = {
  '.svg': ({ map, text }) => drawGaze(map, text),
}

/** `unrolled caption`: captions of images, or of features in safetensors files; with what was looked at for each word. */
export async function caption(
  folder: string,
  inputs: readonly string[],
  { attention = false, out, json = false, set = [], extractor: eye, ...given }: CaptionArguments,
): Promise<void> {
  const write = out === undefined ? undefined : writerOf(out, writers)
  const options: CaptionOptions = { ...searchOf(given), attention: attention || write !== undefined }
  const [foreign] = set.filter((assignment) => !assignment.startsWith('decode.'))
  if (foreign !== undefined)
    throw new UsageError(`--set ${foreign}: expected a setting of the search, such as decode.width=1`)
  const run = async (model: TaskModel, extractor?: FeatureExtractor) => {
    if (!(model instanceof Captioner))
      throw new UsageError(
        `${folder}: expected a model of the task caption, found one of the task ${model.task}`,
      )
    for await (const { input, name } of inputsOf(model, inputs)) {
      const picture = input as Picture
      const seen = extractor && !isFeatures(picture) ? await extractor.extract(picture) : picture
      const captions = model.predict(seen, options)
      const [{ attention: map, text }] = captions
      if (out !== undefined && write && map)
        await save(
          out,
          write({ text, map: isFeatures(picture) ? map : { ...map, image: embedded(picture) } }),
        )
      print(json ? jsonOf(name, captions, attention) : linesOf(name, captions, attention))
    }
  }
  if (eye === undefined) return withModel(folder, (model) => run(model), set)
  const { withExtractor } = await import('./features.js')
  await withModel(folder, (model) => withExtractor(eye, given, (extractor) => run(model, extractor)), set)
}

function jsonOf(file: string, captions: readonly Caption[], withMap: boolean): string {
  const shown = captions.map(({ attention, ...rest }) => (withMap ? { ...rest, attention } : rest))
  return JSON.stringify({ file, captions: shown })
}

function linesOf(name: string, captions: readonly Caption[], withMap: boolean): string {
  const several = captions.length > 1
  const lines = captions.flatMap(({ text, score, attention }) => [
    several ? `  ${text}   ${paint.dim(score.toFixed(2))}` : `  ${text}`,
    ...(withMap && attention ? [renderGaze(attention, { width: stdout.columns ?? 80 })] : []),
  ])
  return [paint.dim(name), ...lines].join('\n')
}
