import { basename, extname } from 'node:path'
import { UsageError } from '../errors.js'
import { freeFolder, loadRunSettings } from '../formats/run-settings.js'
import { type Configuration, resolveConfiguration } from '../tasks/configuration.js'
import { type TaskName, taskNamed } from '../tasks/registry.js'
import { taskFiles } from '../tasks/registry-files.js'
import type { Run } from '../tasks/run.js'
import { interruptedMessage, runWithFiles } from '../tasks/train-files.js'
import { abortOnInterrupt } from '../train/interrupt.js'
import { readConfigFile, type WrittenConfig } from './config-file.js'
import { showDetection } from './detection.js'
import { withEngine } from './engine.js'
import { type GivenOptions, withOptions } from './given.js'
import { printScores } from './scores.js'
import { print, say, tint } from './terminal.js'
import { TrainingView } from './training-view.js'

/** The options of `unrolled train`. */
export interface TrainCommandOptions extends GivenOptions {
  readonly resume?: string
  readonly json?: boolean
}

/** `unrolled train`: learns from files, shows how it goes, keeps everything in a folder. */
export async function train(what: string | undefined, options: TrainCommandOptions): Promise<void> {
  const { values, locate } = withOptions(await written(what, options), options)
  if (typeof values.task !== 'string')
    throw new UsageError('expected a task or a configuration with "task", such as: unrolled train classify')
  const task = await taskNamed(values.task)
  const configuration = withFolder(
    resolveConfiguration(task, taskFiles[task.name as TaskName], values, locate),
  )
  const run = await runShown({ configuration, resume: options.resume !== undefined })
  if (!run) return
  if (options.json === true) print(JSON.stringify({ ...run.summary, out: configuration.out }))
  else report(run, configuration.out, task.commands)
}

/** A training with progress on standard error; undefined after Ctrl-C, when it has said where it was saved. */
export async function runShown(job: {
  configuration: Configuration
  rows?: unknown
  resume?: boolean
  after?: (run: Run) => Promise<void>
}): Promise<Run | undefined> {
  const { configuration, after, ...rest } = job
  const interrupt = abortOnInterrupt()
  try {
    return await withEngine(async (engine) => {
      const view = new TrainingView(engine, (await taskNamed(configuration.task)).headlines)
      const run = await runWithFiles({
        ...rest,
        configuration,
        engine,
        signal: interrupt.signal,
        onData: showDetection,
        on: (event) => view.show(event),
      })
      if (run.fit.reason !== 'abort') {
        interrupt.dispose()
        await after?.(run)
        return run
      }
      say(tint.yellow(interruptedMessage(run, configuration.out)))
      process.exitCode = EXIT_CODES[String(interrupt.signal.reason)] ?? 1
      return undefined
    })
  } finally {
    interrupt.dispose()
  }
}

/** 128 and the number of the signal, as shells have it. */
const EXIT_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 }

function report(run: Run, out: string | null, commands: readonly string[]): void {
  printScores(run)
  if (out === null) return
  print(`\nThe model is in ${out}. Next:`)
  for (const command of commands) print(`  unrolled ${command.replace('MODEL', () => out)}`)
}

async function written(what: string | undefined, { resume }: TrainCommandOptions): Promise<WrittenConfig> {
  if (resume !== undefined) {
    if (what !== undefined)
      throw new UsageError(`--resume ${resume} knows what it learns; leave "${what}" out`)
    const values = { ...loadRunSettings(resume), out: resume }
    return { values, locate: () => `${resume}/run.json` }
  }
  if (what === undefined)
    throw new UsageError('expected a task or a configuration: unrolled train classify --data …')
  if (['.yaml', '.yml', '.json'].includes(extname(what))) return readConfigFile(what)
  return { values: { task: what }, locate: () => undefined }
}

/** Without `--out` the folder is named after the task and the data. */
function withFolder(configuration: Configuration): Configuration {
  const { out, data, task } = configuration
  if (out !== null || data === null) return configuration
  const stem = basename(data, extname(data)) || 'data'
  return { ...configuration, out: freeFolder(`runs/${task}-${stem}`) }
}
