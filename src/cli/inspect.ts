import { basename, resolve } from 'node:path'
import { stdout } from 'node:process'
import { UsageError } from '../errors.js'
import type { Inspection } from '../inspect/index.js'
import { drawFigure, renderHtml, renderTerminal } from '../inspect/index.js'
import { restoreModel } from '../tasks/restore.js'
import { withEngine } from './engine.js'
import { inputOf } from './inputs.js'
import { loadAdjusted, parted } from './model.js'
import { save, type Writers, writerOf } from './pictures.js'
import { paint, print } from './terminal.js'

/** What `unrolled inspect` is told besides the model and the input. */
export interface InspectArguments {
  readonly byLength?: boolean
  /** Whether data depend on their past; no model is read. */
  readonly sequential?: boolean
  readonly metric?: string
  readonly set?: readonly string[]
  readonly beside?: readonly string[]
  readonly span?: string
  readonly out?: string
  readonly json?: boolean
}

const writers: Writers<readonly Inspection[]> = {
  '.svg': drawFigure,
  '.html': renderHtml,
  '.json': (inspections) =>
    `${JSON.stringify(inspections.length > 1 ? inspections : inspections[0], null, 1)}\n`,
}

/** `unrolled inspect`: what happens inside models while they read, for the terminal and as pictures; or how good they are, by length. */
export async function inspect(
  model: string,
  input: string | undefined,
  options: InspectArguments,
): Promise<void> {
  if (options.sequential) {
    if (input !== undefined)
      throw new UsageError(`--sequential looks at data alone; expected one file, got ${model} and ${input}`)
    return (await import('./inspect-sequential.js')).inspectSequential(model, options)
  }
  if (input === undefined)
    throw new UsageError(
      "missing required argument 'input': expected what the model reads besides (or data alone with --sequential)",
    )
  if (options.byLength) return (await import('./inspect-lengths.js')).inspectLengths(model, input, options)
  if (options.metric !== undefined) throw new UsageError('--metric needs --by-length')
  const { reading, changes } = parted(options.set ?? [])
  if (reading.length > 0) throw new UsageError(`--set ${reading[0]} needs --by-length: no data are read`)
  const { beside = [], out, json = false } = options
  const write = out === undefined ? undefined : writerOf(out, writers)
  const span = options.span === undefined ? undefined : spanOf(options.span)
  const folders = [model, ...beside]
  const stored = await Promise.all(
    folders.map(async (folder) => ({ folder, files: await loadAdjusted(folder, changes) })),
  )
  const inspections = await withEngine((engine) =>
    Promise.all(
      stored.map(async ({ folder, files }) => {
        const model = await restoreModel(engine, files, folder)
        return model.inspect(await inputOf(model, input), {
          title: folders.length > 1 ? basename(resolve(folder)) : input,
          ...(span !== undefined && { span }),
        })
      }),
    ),
  )
  if (out !== undefined && write) await save(out, write(inspections))
  if (json) return print(JSON.stringify(summaryOf(folders, input, inspections, out)))
  for (const [place, inspection] of inspections.entries()) {
    if (place > 0) print()
    if (folders.length > 1) print(paint.bold(`${inspection.title} reads “${input}”`))
    print(renderTerminal(inspection, { width: stdout.columns ?? 80, strong: paint.bold }))
  }
  if (out !== undefined) print(`\nWritten to ${out}`)
}

function summaryOf(
  folders: readonly string[],
  input: string,
  inspections: readonly Inspection[],
  out?: string,
) {
  const [first, ...others] = inspections.map((inspection, place) => ({
    model: folders[place],
    ...inspection,
  }))
  return { input, ...first, ...(others.length > 0 && { beside: others }), ...(out !== undefined && { out }) }
}

function spanOf(text: string): number {
  const span = Number(text)
  if (Number.isSafeInteger(span) && span >= 1) return span
  throw new UsageError(`--span: expected a whole number of at least 1, got "${text}"`)
}
