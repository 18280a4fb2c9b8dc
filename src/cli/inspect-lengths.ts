import { basename, resolve } from 'node:path'
import { nearest, UsageError } from '../errors.js'
import { drawScoresByLength } from '../inspect/pictures/scores-by-length.js'
import { type LengthCourse, type LengthScores, renderScoresByLength } from '../inspect/scores-by-length.js'
import { scoresByLength } from '../metrics/by-length.js'
import { countsOf, sumsOf } from '../metrics/summed.js'
import { Random } from '../random/index.js'
import { restoreModel } from '../tasks/restore.js'
import type { RowOutputs } from '../tasks/task.js'
import { abilityOf } from './ability.js'
import { withEngine } from './engine.js'
import type { InspectArguments } from './inspect.js'
import { loadAdjusted, parted } from './model.js'
import { save, type Writers, writerOf } from './pictures.js'
import { scoredRows } from './rows.js'
import { print } from './terminal.js'

const writers: Writers<LengthScores> = {
  '.svg': (scores) => drawScoresByLength(scores),
  '.json': (scores) => `${JSON.stringify(scores, null, 1)}\n`,
}

/** `unrolled inspect --by-length`: how good models are on data, by the length of the source. */
export async function inspectLengths(
  model: string,
  data: string,
  { beside = [], metric, out, set = [], json = false, span }: InspectArguments,
): Promise<void> {
  if (span !== undefined)
    throw new UsageError('--span: expected a text to be read; with --by-length there is none')
  const write = out === undefined ? undefined : writerOf(out, writers)
  const folders = [model, ...beside]
  const { reading, changes } = parted(set)
  const stored = await Promise.all(
    folders.map(async (folder) => ({ folder, files: await loadAdjusted(folder, changes) })),
  )
  const found = await withEngine(async (engine) => {
    const outputs: RowOutputs[] = []
    let rows: readonly unknown[] | undefined
    for (const { folder, files } of stored) {
      const restored = await restoreModel(engine, files, folder)
      const outputsOf = await abilityOf(
        restored.task,
        'outputs',
        '--by-length needs a model that writes texts',
      )
      rows ??= await scoredRows(restored, data, reading)
      outputs.push(outputsOf(restored, rows))
      restored.dispose()
    }
    return outputs
  })
  const scores = lengthScores(folders, found, metric)
  if (out !== undefined && write) await save(out, write(scores))
  if (json) return print(JSON.stringify({ model, data, ...scores, ...(out !== undefined && { out }) }))
  print(renderScoresByLength(scores))
  if (out !== undefined) print(`\nWritten to ${out}`)
}

/** The lengths are those of the first model, so that all share the bins. */
function lengthScores(
  folders: readonly string[],
  outputs: readonly RowOutputs[],
  wanted: string | undefined,
): LengthScores {
  const [{ lengths, unit, metrics }] = outputs
  const name = wanted ?? Object.keys(metrics)[0]
  if (!Object.hasOwn(metrics, name)) {
    const near = nearest(name, Object.keys(metrics))
    const advice = near === undefined ? '' : `; did you mean ${near}?`
    throw new UsageError(
      `--metric: expected one of ${Object.keys(metrics).join(', ')}, got "${name}"${advice}`,
    )
  }
  const models = outputs.map((output, place): LengthCourse => {
    const metric = output.metrics[name]
    const { targets, written } = output
    const counts = countsOf(metric, targets, written)
    return {
      title: basename(resolve(folders[place])),
      score: metric.score(sumsOf(counts, counts[0].length)),
      bins: scoresByLength(metric, lengths, targets, written, { random: new Random(1) }),
    }
  })
  return { metric: metrics[name].name, unit, models }
}
