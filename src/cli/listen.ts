import { stdin } from 'node:process'
import { UsageError } from '../errors.js'
import type { TaskModel } from '../tasks/task.js'
import { abortOnInterrupt } from '../train/interrupt.js'
import { type Hearing, listenerOf } from './hearing.js'
import { LiveLine } from './live-line.js'
import { microphone } from './microphone.js'
import { withModel } from './model.js'
import { rateOf, rawSamples, until } from './raw-sound.js'
import { print, say } from './terminal.js'

/** The options of `unrolled listen`, as they are typed. */
export interface ListenArguments {
  readonly rate?: string
  readonly set?: readonly string[]
  readonly json?: boolean
}

/**
 * `unrolled listen`: says when a word is heard, or what is said, in raw sound from standard input (`-`) or from the microphone, until it ends or
 * Ctrl-C.
 */
export async function listen(
  folder: string,
  source: string | undefined,
  { rate: typed, set = [], json = false }: ListenArguments,
): Promise<void> {
  if (source !== undefined && source !== '-')
    throw new UsageError(
      `listen: expected - for raw sound from standard input, or nothing for the microphone, got "${source}"; a file is heard by: unrolled predict ${folder} ${source}`,
    )
  const hear = async (model: TaskModel) => {
    const listener = listenerOf(model, folder)
    const rate = rateOf(typed, listener.sampleRate)
    const hearing = listener.begin(rate, json)
    const interrupt = abortOnInterrupt()
    try {
      const bytes = source === '-' ? until(stdin, interrupt.signal) : microphone(rate, interrupt.signal)
      const where = source === '-' ? 'standard input (16 bits, one channel)' : 'the microphone'
      say(`Listening to ${where} at ${rate.toLocaleString('en')} Hz; Ctrl-C ends`)
      await hearAll(hearing, rawSamples(bytes))
    } finally {
      interrupt.dispose()
    }
  }
  await withModel(folder, hear, set)
}

async function hearAll(hearing: Hearing, sound: AsyncIterable<Float32Array>): Promise<void> {
  const line = new LiveLine(Number.POSITIVE_INFINITY)
  const show = (lines: readonly string[]) => {
    if (lines.length > 0) line.clear()
    for (const each of lines) print(each)
  }
  for await (const samples of sound) {
    show(hearing.push(samples))
    line.update(hearing.status)
  }
  show(hearing.end())
  line.clear()
  say(hearing.summary)
}
