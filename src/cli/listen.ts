import { stdin } from 'node:process'
import { UsageError } from '../errors.js'
import { bar } from '../tasks/text-table.js'
import { TriggerModel } from '../tasks/trigger-model.js'
import { abortOnInterrupt } from '../train/interrupt.js'
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

/** `unrolled listen`: says when a word is heard, in raw sound from standard input (`-`) or from the microphone, until it ends or Ctrl-C. */
export async function listen(
  folder: string,
  source: string | undefined,
  { rate: typed, set = [], json = false }: ListenArguments,
): Promise<void> {
  if (source !== undefined && source !== '-')
    throw new UsageError(
      `listen: expected - for raw sound from standard input, or nothing for the microphone, got "${source}"; a file is heard by: unrolled predict ${folder} ${source}`,
    )
  const hear = async (model: unknown) => {
    if (!(model instanceof TriggerModel))
      throw new UsageError(`${folder}: expected a model of the task trigger, found another one`)
    const rate = rateOf(typed, model.frames.sampleRate)
    const interrupt = abortOnInterrupt()
    const bytes = source === '-' ? until(stdin, interrupt.signal) : microphone(rate, interrupt.signal)
    const where = source === '-' ? 'standard input (16 bits, one channel)' : 'the microphone'
    say(`Listening to ${where} at ${rate.toLocaleString('en')} Hz; Ctrl-C ends`)
    try {
      await hearAll(model, rawSamples(bytes), rate, json)
    } finally {
      interrupt.dispose()
    }
  }
  await withModel(folder, hear, set)
}

async function hearAll(
  model: TriggerModel,
  sound: AsyncIterable<Float32Array>,
  sampleRate: number,
  json: boolean,
): Promise<void> {
  const stream = model.stream({ sampleRate })
  const line = new LiveLine(Number.POSITIVE_INFINITY)
  let count = 0
  for await (const samples of sound) {
    for (const { time, score } of stream.push(samples)) {
      count++
      line.clear()
      print(json ? JSON.stringify({ time, score }) : `${time.toFixed(2)} s  score ${score.toFixed(3)}`)
    }
    line.update(`${stream.seconds.toFixed(1)} s  ${bar(stream.score, 30)} ${stream.score.toFixed(2)}`)
  }
  line.clear()
  say(`${stream.seconds.toFixed(1)} seconds heard, ${count} ${count === 1 ? 'detection' : 'detections'}`)
  stream.dispose()
}
