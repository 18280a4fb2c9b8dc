import { filesOf } from '../formats/files.js'
import { type TaskName, taskNamed } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import { resolveSettings } from '../tasks/settings.js'
import { applyOverrides } from './config-file.js'
import { showDetection } from './detection.js'
import { withModel } from './model.js'
import { print } from './terminal.js'

/** `unrolled evaluate`: the scores of a model on data, beside simple rules. */
export async function evaluate(
  folder: string,
  data: string,
  { set = [], json = false }: { readonly set?: readonly string[]; readonly json?: boolean },
): Promise<void> {
  await withModel(folder, async (model) => {
    const reader = taskFiles[model.task as TaskName]
    const { values, locate } = applyOverrides({ values: {}, locate: () => undefined }, set)
    const { read } = resolveSettings({ read: reader.settings }, values, locate)
    const { rows, detection } = await reader.readScored(await filesOf(data), data, { read })
    showDetection(detection)
    const begun = performance.now()
    const evaluation = model.evaluate(rows)
    const seconds = (performance.now() - begun) / 1000
    if (!json) return print((await taskNamed(model.task)).report(evaluation))
    const { scores, baselines, details } = evaluation
    print(
      JSON.stringify({
        task: model.task,
        model: folder,
        data,
        seconds,
        rows: rows.length,
        ...scores,
        baselines,
        details,
      }),
    )
  })
}
