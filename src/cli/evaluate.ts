import { UsageError } from '../errors.js'
import { taskNamed } from '../tasks/registry.js'
import type { Evaluation, TaskModel } from '../tasks/task.js'
import { abilityOf } from './ability.js'
import { alignmentWriter } from './alignments.js'
import { parted, withModel } from './model.js'
import { save, writerOf } from './pictures.js'
import { scoredRows } from './rows.js'
import { print } from './terminal.js'

/** What `unrolled evaluate` is told besides the model and the data. */
export interface EvaluateArguments {
  readonly attribute?: boolean
  /** A file for what was written beside what is right, row by row. */
  readonly alignments?: string
  /** Folders of other models. */
  readonly beside?: readonly string[]
  readonly set?: readonly string[]
  /** A file for the picture of the evaluation. */
  readonly out?: string
  readonly json?: boolean
}

/**
 * `unrolled evaluate`: the scores of a model on data, beside simple rules; and beam or model, where that is asked for; or, with `beside`,
 * whether other models are better. `set` says how the data are read (`read.…`) and overrides what may change after the training
 * (`decode.width=1`).
 */
export async function evaluate(
  folder: string,
  data: string,
  { attribute = false, alignments, beside, set = [], out, json = false }: EvaluateArguments,
): Promise<void> {
  const { reading, changes } = parted(set)
  if (beside !== undefined) {
    if (attribute) throw new UsageError('--attribute and --beside: expected one of them')
    const folders = [folder, ...beside]
    return (await import('./evaluate-beside.js')).evaluateBeside(folders, data, { reading, changes, json })
  }
  const score = async (model: TaskModel) => {
    const task = await taskNamed(model.task)
    const needs = '--attribute needs a model that searches for its outputs'
    const align = alignments === undefined ? undefined : alignmentWriter(alignments)
    const outputs =
      align && (await abilityOf(model.task, 'outputs', '--alignments needs a model that writes texts'))
    const write = out === undefined ? undefined : await drawerOf(model.task, out)
    const able = attribute ? await abilityOf(model.task, 'attribution', needs) : undefined
    const rows = await scoredRows(model, data, reading)
    if (align && outputs) await align(outputs(model, rows))
    const begun = performance.now()
    const { evaluation, attribution } = able
      ? able.evaluate(model, rows)
      : { evaluation: model.evaluate(rows), attribution: undefined }
    const seconds = (performance.now() - begun) / 1000
    if (write && out !== undefined) await save(out, write(evaluation))
    if (!json) {
      print(task.report(evaluation))
      if (able && attribution) print(`\n${able.report(attribution)}`)
      if (out !== undefined) print(`\nWritten to ${out}`)
      return
    }
    const { scores, baselines, details } = evaluation
    const head = { task: model.task, model: folder, data, seconds, rows: rows.length }
    const more = { ...(attribution && { attribution }), ...(out !== undefined && { out }) }
    print(JSON.stringify({ ...head, ...scores, baselines, details, ...more }))
  }
  await withModel(folder, score, changes)
}

/** What draws the evaluations of a task into a file. Throws a `UsageError` where the task draws none or the file has another ending. */
async function drawerOf(task: string, out: string): Promise<(evaluation: Evaluation) => string> {
  const draw = await abilityOf(task, 'draw', '--out needs a model whose evaluation can be drawn')
  return writerOf(out, { '.svg': draw })
}
