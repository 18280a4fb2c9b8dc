import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { UsageError } from '../errors.js'
import { filesOf } from '../formats/files.js'
import { configurationTree, resolveConfiguration } from '../tasks/configuration.js'
import { type TaskName, taskNamed } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import { rootRandom } from '../tasks/run.js'
import { writeConfig } from './config-file.js'
import { showDetection } from './detection.js'
import { print } from './terminal.js'

/** `unrolled init`: writes a configuration with every setting, its default and what it does. */
export async function init(
  name: string,
  { data, out = 'unrolled.yaml' }: { readonly data?: string; readonly out?: string },
): Promise<void> {
  const task = await taskNamed(name)
  const reader = taskFiles[task.name as TaskName]
  const configuration = resolveConfiguration(task, reader, {
    task: name,
    ...(data !== undefined && { data }),
  })
  if (existsSync(out)) throw new UsageError(`${out} exists already; remove it or choose another --out`)
  if (data !== undefined) {
    const random = rootRandom(configuration.seed).split('data')
    const files = { root: data, data: await filesOf(data) }
    showDetection((await reader.read(files, { random, read: configuration.read })).detection)
  }
  const heading = `Settings of the task ${name}: ${task.summary}.\nTrain with: unrolled train ${out}`
  await writeFile(out, writeConfig(configurationTree(task, reader), configuration, heading), { flag: 'wx' })
  print(`Wrote ${out}. Train with: unrolled train ${out}${data === undefined ? ' --data …' : ''}`)
}
