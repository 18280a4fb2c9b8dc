import { UsageError } from '../errors.js'
import type { TaskModel } from '../tasks/task.js'
import { bar } from '../tasks/text-table.js'
import type { TranscribeStream } from '../tasks/transcribe-stream.js'
import { Transcriber } from '../tasks/transcriber.js'
import { TriggerModel } from '../tasks/trigger-model.js'
import type { HeardWord, TriggerStream } from '../tasks/trigger-stream.js'

/** What a model says of sound while it comes in. */
export interface Hearing {
  /** Takes samples and gives lines to print. */
  push(samples: Float32Array): readonly string[]
  /** What is shown while it listens. */
  readonly status: string
  /** The last lines; the sound has ended. */
  end(): readonly string[]
  /** What was heard, in a sentence. */
  readonly summary: string
}

/** A model that can listen: the rate of its sound, and how it begins. */
export interface Listener {
  readonly sampleRate: number
  begin(sampleRate: number, json: boolean): Hearing
}

/** The listener that a model is. Throws a `UsageError` for models of other tasks. */
export function listenerOf(model: TaskModel, folder: string): Listener {
  if (model instanceof TriggerModel)
    return {
      sampleRate: model.frames.sampleRate,
      begin: (sampleRate, json) => new HeardWords(model.stream({ sampleRate }), json),
    }
  if (model instanceof Transcriber)
    return {
      sampleRate: model.settings.sound.sampleRate,
      begin: (sampleRate, json) => new HeardText(model.stream({ sampleRate }), json),
    }
  throw new UsageError(
    `${folder}: expected a model of the task trigger or transcribe, found one of the task ${model.task}`,
  )
}

/** When a word was heard. */
class HeardWords implements Hearing {
  readonly #stream: TriggerStream
  readonly #json: boolean
  #count = 0

  constructor(stream: TriggerStream, json: boolean) {
    this.#stream = stream
    this.#json = json
  }

  push(samples: Float32Array): readonly string[] {
    return this.#lines(this.#stream.push(samples))
  }

  get status(): string {
    const { seconds, score } = this.#stream
    return `${seconds.toFixed(1)} s  ${bar(score, 30)} ${score.toFixed(2)}`
  }

  end(): readonly string[] {
    return this.#lines(this.#stream.end())
  }

  #lines(heard: readonly HeardWord[]): readonly string[] {
    return heard.map(({ time, score }) => {
      this.#count++
      return this.#json ? JSON.stringify({ time, score }) : `${time.toFixed(2)} s  score ${score.toFixed(3)}`
    })
  }

  get summary(): string {
    return `${this.#stream.seconds.toFixed(1)} seconds heard, ${this.#count} ${this.#count === 1 ? 'detection' : 'detections'}`
  }
}

/** What was said: as JSON whenever more of it is settled, and as a whole at the end. */
class HeardText implements Hearing {
  readonly #stream: TranscribeStream
  readonly #json: boolean
  #stable = ''
  status = ''

  constructor(stream: TranscribeStream, json: boolean) {
    this.#stream = stream
    this.#json = json
  }

  push(samples: Float32Array): readonly string[] {
    const { stable, tentative } = this.#stream.push(samples)
    this.status = `${this.#stream.seconds.toFixed(1)} s  ${stable}${tentative}`
    if (!this.#json || stable === this.#stable) return []
    this.#stable = stable
    return [JSON.stringify({ time: this.#stream.seconds, stable, tentative })]
  }

  end(): readonly string[] {
    const text = this.#stream.end()
    return [this.#json ? JSON.stringify({ time: this.#stream.seconds, text }) : text]
  }

  get summary(): string {
    return `${this.#stream.seconds.toFixed(1)} seconds heard`
  }
}
