import type { Engine } from '../tensor/index.js'
import type { BatchEvent, EpochEvent, TrainEvent } from '../train/index.js'
import { LiveLine } from './live-line.js'
import { duration, say, tint } from './terminal.js'

const WIDTH = 20

/** Shows a training on standard error: a live line for the epoch in progress, and a line that stays for each epoch. */
export class TrainingView {
  readonly #line = new LiveLine()
  readonly #engine: Engine
  readonly #headlines: readonly string[]

  /** `headlines` are the scores shown after an epoch. */
  constructor(engine: Engine, headlines: readonly string[]) {
    this.#engine = engine
    this.#headlines = headlines
  }

  /** Takes every event of a training. */
  show(event: TrainEvent): void {
    if (event.type === 'start') this.#start(event)
    else if (event.type === 'prepare') this.#prepare(event)
    else if (event.type === 'batch') this.#line.update(batchLine(event))
    else if (event.type === 'epoch') this.#line.keep(this.#epochLine(event))
    else if (event.type === 'checkpoint') this.#line.note(`Checkpoint ${event.place}`)
    else if (event.type === 'notice') this.#line.keep(tint.yellow(`note: ${event.message}`))
    else this.#line.clear()
  }

  #start({ parameters, epochs, batches, resumed }: Extract<TrainEvent, { type: 'start' }>): void {
    const { name, threads } = this.#engine.kernels
    const team = threads === 1 ? '1 thread' : `${threads} threads`
    say(
      `${tint.bold('Model')} ${parameters.toLocaleString('en')} parameters; ${name}, ${team}; ` +
        `at most ${epochs} epochs of ${batches.toLocaleString('en')} steps`,
    )
    if (resumed)
      say(`      resumed at step ${resumed.step.toLocaleString('en')} (epoch ${resumed.epoch + 1})`)
  }

  #prepare({ what, done, total, time }: Extract<TrainEvent, { type: 'prepare' }>): void {
    if (done === total) this.#line.clear()
    else this.#line.update(`${what} ${progress(done / total)} - ${duration(time.secondsLeft)} left`)
  }

  #epochLine({ epoch, epochs, batches, loss, metrics, best, time }: EpochEvent): string {
    const scores = this.#headlines.flatMap((name) =>
      metrics?.[name] === undefined ? [] : [`val_${name}: ${metrics[name].toFixed(4)}`],
    )
    const number = String(epoch).padStart(String(epochs).length)
    const step = duration(time.epochSeconds / Math.max(1, batches))
    const line = [
      `Epoch ${number}/${epochs}  ${batches} steps ${duration(time.epochSeconds)} ${step}/step`,
      `loss: ${loss.toFixed(4)}`,
      ...scores,
    ].join(' - ')
    return best ? `${line}${tint.green(' - best')}` : line
  }
}

/** Keras' line of progress. */
function batchLine({ epoch, epochs, batch, batches, meanLoss, time }: BatchEvent): string {
  return `Epoch ${epoch}/${epochs}  ${batch}/${batches} ${progress(batch / batches)} loss: ${meanLoss.toFixed(4)} - at most ${duration(time.secondsLeft)} left`
}

function progress(share: number): string {
  const filled = Math.round(share * WIDTH)
  return '━'.repeat(filled) + '╌'.repeat(WIDTH - filled)
}
