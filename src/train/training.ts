import { NonFiniteError, UsageError } from '../errors.js'
import type { Parameters, Validations } from '../optim/index.js'
import { anomalyOf } from './anomaly.js'
import {
  capture,
  checkIdentity,
  type Identity,
  restore,
  type StoredCheckpoint,
  type Trained,
  type Weights,
} from './checkpoint.js'
import { Clock } from './clock.js'
import type { Metrics, Position, TrainEvent } from './events.js'
import { GradientSum } from './gradient-sum.js'
import type { FitOptions, FitResult } from './options.js'
import { pause } from './pause.js'
import { newProgress, type Progress } from './progress.js'
import { clearCarried } from './trainable.js'

/** Long enough to cost nothing, short enough that Ctrl-C seems immediate. */
const PAUSE_EVERY = 0.05

const defaultMonitor: NonNullable<FitOptions<unknown>['monitor']> = { metric: 'loss', better: 'lower' }

/** One run of `fit`: its options, and what changes while it runs. */
export class Training<Batch> {
  readonly #options: FitOptions<Batch>
  readonly #parameters: Parameters
  readonly #identity: Identity
  readonly #clock = new Clock()
  #progress: Progress = newProgress()
  #best: Weights | undefined
  #saved: { readonly place: string; readonly position: Position; readonly at: number } | undefined
  #pausedAt = 0

  constructor(options: FitOptions<Batch>) {
    this.#options = options
    this.#parameters = options.model.parameters()
    const { random, data, settings = {} } = options
    this.#identity = {
      key: [random.key0, random.key1],
      batchesPerEpoch: data.batchesPerEpoch,
      settings,
    }
  }

  async run(): Promise<FitResult> {
    const { optimizer } = this.#options
    optimizer.attach(this.#parameters)
    optimizer.zeroGradients(this.#parameters)
    const found = await this.#options.store?.load((message) => this.#emit({ type: 'notice', message }))
    if (found) this.#resume(found)
    this.#emitStart(found !== undefined)
    for (;;) {
      const reason = this.#stopReason()
      if (reason) return this.#finish(reason)
      await this.#epoch()
    }
  }

  #resume(found: StoredCheckpoint): void {
    checkIdentity(found, this.#identity)
    this.#best = restore(found, this.#trained())
    this.#progress = found.checkpoint.progress
    this.#clock.start(this.#progress.seconds)
    this.#saved = { place: found.place, position: positionOf(this.#progress), at: this.#clock.seconds }
  }

  #trained(): Trained {
    const { model, optimizer } = this.#options
    return { parameters: this.#parameters, optimizer, carried: model.carried?.() ?? {} }
  }

  #stopReason(): FitResult['reason'] | undefined {
    const { signal, epochs, patience = Infinity } = this.#options
    if (signal?.aborted) return 'abort'
    if (this.#progress.epoch >= epochs) return 'epochs'
    if (this.#progress.sinceBest >= patience) return 'patience'
    return this.#timeIsUp() ? 'seconds' : undefined
  }

  #timeIsUp(): boolean {
    // at least one step is made, however short the time
    return this.#progress.step > 0 && this.#clock.seconds >= (this.#options.seconds ?? Infinity)
  }

  /** Goes through the epoch in progress from the batch where it stands; returns early when the training is to stop. */
  async #epoch(): Promise<void> {
    const { data, random, signal, accumulate = 1, model } = this.#options
    const { epoch } = this.#progress
    this.#clock.startEpoch(this.#progress.batch)
    if (this.#progress.batch === 0) clearCarried(model)
    let sum = new GradientSum(model, this.#parameters)
    let index = 0
    for await (const batch of data.batches(epoch, random.split('epoch').split(epoch))) {
      if (index++ < this.#progress.batch) continue // done before the interruption
      this.#add(sum, batch)
      const last = index >= data.batchesPerEpoch
      const complete = last || sum.parts.length >= accumulate
      if (complete) {
        this.#step(sum)
        sum = new GradientSum(model, this.#parameters)
      }
      await this.#breathe()
      if (!complete) continue // what is saved, and where a training ends, is always between two steps
      await this.#saveWhenDue()
      if (!last && (signal?.aborted || this.#timeIsUp())) return
    }
    if (index === 0) throw new UsageError(`fit: the data gave no batch in epoch ${epoch + 1}`)
    if (sum.parts.length > 0) this.#step(sum) // there were fewer batches than announced
    await this.#scoreEpoch()
    Object.assign(this.#progress, { epoch: epoch + 1, batch: 0, lossSum: 0, lossWeight: 0 })
  }

  #add(sum: GradientSum<Batch>, batch: Batch): void {
    const { random, accumulate = 1 } = this.#options
    const { step } = this.#progress
    const stream = random.split('step').split(step)
    sum.add(batch, accumulate === 1 ? stream : stream.split(sum.parts.length), step)
    const loss = sum.parts[sum.parts.length - 1].loss
    if (!Number.isFinite(loss)) this.#stopNonFinite('the loss', loss, sum)
  }

  #step(sum: GradientSum<Batch>): void {
    const { optimizer, learningRate, schedule, data, epochs, clip, seconds } = this.#options
    const progress = this.#progress
    const { norm, scale } = sum.clip(clip)
    if (!Number.isFinite(norm)) this.#stopNonFinite('the norm of the gradients', norm, sum)
    const rate = learningRate * (schedule?.(progress.step, this.#validations()) ?? 1)
    optimizer.step(this.#parameters, { learningRate: rate, gradientScale: scale })
    optimizer.zeroGradients(this.#parameters)

    progress.lossSum += sum.lossSum
    progress.lossWeight += sum.weight
    progress.step++
    progress.batch += sum.parts.length
    const { batchesPerEpoch: batches } = data
    this.#emit({
      type: 'batch',
      step: progress.step,
      epoch: progress.epoch + 1,
      batch: progress.batch,
      epochs,
      batches,
      loss: sum.loss,
      meanLoss: progress.lossSum / progress.lossWeight,
      gradientNorm: norm,
      learningRate: rate,
      time: this.#clock.left(progress, batches, epochs, seconds),
    })
  }

  #validations(): Validations | undefined {
    const { validate, monitor } = this.#options
    if (!validate) return undefined
    const { metric, better } = monitor ?? defaultMonitor
    return { scores: this.#progress.history.flatMap(({ metrics }) => metrics?.[metric] ?? []), better }
  }

  /** Validates and remembers the best; also of an epoch that the time limit cut short. */
  async #scoreEpoch(): Promise<void> {
    const progress = this.#progress
    const epoch = progress.epoch + 1
    const { metrics, best } = await this.#withAverages(async () => {
      const metrics = await this.#options.validate?.(epoch)
      return { metrics, best: metrics ? this.#keepBest(epoch, metrics) : false }
    })
    const loss = progress.lossSum / progress.lossWeight
    progress.history.push({ epoch, loss, ...(metrics && { metrics }) })
    const { seconds, epochSeconds } = this.#clock
    this.#emit({
      type: 'epoch',
      epoch,
      epochs: this.#options.epochs,
      step: progress.step,
      batches: progress.batch,
      loss,
      ...(metrics && { metrics }),
      best,
      time: { seconds, epochSeconds },
    })
  }

  /** Runs `judge` with the averaged weights in place, where the optimizer keeps any; the trained ones come back after it. */
  async #withAverages<T>(judge: () => Promise<T>): Promise<T> {
    const averages = this.#options.optimizer.averages?.()
    if (!averages || this.#progress.step === 0) return judge()
    const trained = copyOf(this.#parameters)
    assign(this.#parameters, copyOf(averages))
    try {
      return await judge()
    } finally {
      assign(this.#parameters, trained)
    }
  }

  #keepBest(epoch: number, metrics: Metrics): boolean {
    const { metric, better, within } = this.#options.monitor ?? defaultMonitor
    const value = metrics[metric]
    if (value === undefined)
      throw new UsageError(
        `fit: monitor.metric is ${metric}, but validate returned only ${Object.keys(metrics).join(', ') || 'nothing'}`,
      )
    if (!Number.isFinite(value)) this.#stopNonFinite(`${metric} of the validation`, value)
    const sign = better === 'higher' ? 1 : -1
    const earlier = this.#progress.history.flatMap(({ metrics }) => (metrics ? [sign * metrics[metric]] : []))
    const record = Math.max(...earlier, -Infinity)
    const improved = sign * value > record
    this.#progress.sinceBest = improved ? 0 : this.#progress.sinceBest + 1
    if (!improved && !(within && sign * value >= record - within(sign * record))) return false
    this.#progress.best = { epoch, metrics }
    this.#best = copyOf(this.#parameters)
    return true
  }

  async #breathe(): Promise<void> {
    if (this.#clock.seconds - this.#pausedAt < PAUSE_EVERY) return
    await pause()
    this.#pausedAt = this.#clock.seconds
  }

  async #saveWhenDue(): Promise<void> {
    const { seconds = 30, steps = Infinity } = this.#options.checkpointEvery ?? {}
    const since = this.#saved ?? { position: { step: 0 }, at: 0 }
    if (this.#clock.seconds - since.at >= seconds || this.#progress.step - since.position.step >= steps)
      await this.#save()
  }

  /** Saves, unless this very position is saved already. */
  async #save(): Promise<void> {
    const { store } = this.#options
    const position = positionOf(this.#progress)
    if (!store || JSON.stringify(position) === JSON.stringify(this.#saved?.position)) return
    for (const [name, { data }] of Object.entries(this.#parameters))
      if (!data.every(Number.isFinite)) this.#stopNonFinite(`a weight in ${name}`, Number.NaN)
    const begun = this.#clock.seconds
    this.#progress.seconds = begun
    const place = await store.save(capture(this.#trained(), this.#best, this.#progress, this.#identity))
    const { seconds } = this.#clock
    this.#saved = { place, position, at: seconds }
    this.#emit({ type: 'checkpoint', ...position, place, time: { seconds, saving: seconds - begun } })
  }

  async #finish(reason: FitResult['reason']): Promise<FitResult> {
    await this.#save()
    // after the checkpoint: a training that goes on from there with more time has this epoch in full
    if (reason === 'seconds' && this.#progress.batch > 0) await this.#scoreEpoch()
    const averages = this.#progress.step > 0 ? this.#options.optimizer.averages?.() : undefined
    const final = this.#best ?? (averages && copyOf(averages))
    if (final) assign(this.#parameters, final)
    const { step: steps, epoch: epochs, best, history } = this.#progress
    this.#emitStop(reason)
    const rest = { ...(best && { best }), ...(this.#saved && { checkpoint: this.#saved.place }) }
    return { reason, steps, epochs, seconds: this.#clock.seconds, history, ...rest }
  }

  /** `sum` is that of the step in progress, which is not counted yet. */
  #stopNonFinite(what: string, value: number, sum?: GradientSum<Batch>): never {
    this.#emitStop('nonFinite')
    const { step, epoch, batch } = this.#progress
    const where = `step ${step + (sum ? 1 : 0)} (epoch ${epoch + 1}, batch ${batch + (sum?.parts.length ?? 0)} of ${this.#identity.batchesPerEpoch})`
    const anomaly = sum && anomalyOf(sum)
    const kept = this.#saved
      ? `The last good checkpoint is ${this.#saved.place} (step ${this.#saved.position.step}).`
      : 'No checkpoint was saved before.'
    throw new NonFiniteError(
      `${what} is ${value} at ${where}. ${anomaly ? `${anomaly} ` : ''}${kept} ` +
        'Try a lower learning rate or clip: { norm: 1 }, and look for values that are not finite in the data.',
    )
  }

  #emitStart(resumed: boolean): void {
    const { epochs, data } = this.#options
    this.#emit({
      type: 'start',
      parameters: Object.values(this.#parameters).reduce((sum, { size }) => sum + size, 0),
      epochs,
      batches: data.batchesPerEpoch,
      settings: this.#identity.settings,
      ...(resumed && { resumed: positionOf(this.#progress) }),
      time: { date: new Date().toISOString(), seconds: this.#clock.seconds },
    })
  }

  #emitStop(reason: FitResult['reason'] | 'nonFinite'): void {
    const { step, epoch: epochs, best } = this.#progress
    const time = { seconds: this.#clock.seconds }
    this.#emit({ type: 'stop', reason, step, epochs, ...(best && { best }), time })
  }

  #emit(event: TrainEvent): void {
    this.#options.store?.record(event)
    this.#options.on?.(event)
  }
}

function copyOf(tensors: Parameters): Weights {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data.slice()]))
}

function assign(parameters: Parameters, values: Weights): void {
  for (const [name, parameter] of Object.entries(parameters)) parameter.set(values[name])
}

function positionOf({ step, epoch, batch }: Position): Position {
  return { step, epoch, batch }
}
