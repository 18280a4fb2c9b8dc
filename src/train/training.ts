import { NonFiniteError, UsageError } from '../errors.js'
import { clipByGlobalNorm, clipByValue, type Parameters } from '../optim/index.js'
import { differentiate } from '../tensor/index.js'
import {
  capture,
  checkIdentity,
  type Identity,
  restore,
  type StoredCheckpoint,
  type Weights,
} from './checkpoint.js'
import { Clock } from './clock.js'
import type { Metrics, Position, TrainEvent } from './events.js'
import type { FitOptions, FitResult } from './options.js'
import { pause } from './pause.js'
import { newProgress, type Progress } from './progress.js'

/** Long enough to cost nothing, short enough that Ctrl-C seems immediate. */
const PAUSE_EVERY = 0.05

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
    this.#best = restore(found, this.#parameters, this.#options.optimizer)
    this.#progress = found.checkpoint.progress
    this.#clock.start(this.#progress.seconds)
    this.#saved = { place: found.place, position: positionOf(this.#progress), at: this.#clock.seconds }
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
    const { data, random, signal } = this.#options
    const { epoch } = this.#progress
    this.#clock.startEpoch(this.#progress.batch)
    let index = 0
    for await (const batch of data.batches(epoch, random.split('epoch').split(epoch))) {
      if (index++ < this.#progress.batch) continue // done before the interruption
      this.#step(batch)
      await this.#breathe()
      await this.#saveWhenDue()
      const last = this.#progress.batch >= data.batchesPerEpoch
      if (!last && (signal?.aborted || this.#timeIsUp())) return
    }
    if (index === 0) throw new UsageError(`fit: the data gave no batch in epoch ${epoch + 1}`)
    await this.#scoreEpoch()
    Object.assign(this.#progress, { epoch: epoch + 1, batch: 0, lossSum: 0, lossWeight: 0 })
  }

  #step(batch: Batch): void {
    const { model, optimizer, random, learningRate, schedule, data, epochs } = this.#options
    const progress = this.#progress
    const training = { random: random.split('step').split(progress.step) }
    const loss = differentiate(model.engine, () => model.loss(batch, training))
    if (!Number.isFinite(loss)) this.#stopNonFinite('the loss', loss, 1)
    const { norm, scale } = this.#clip()
    const rate = learningRate * (schedule?.(progress.step) ?? 1)
    optimizer.step(this.#parameters, { learningRate: rate, gradientScale: scale })
    optimizer.zeroGradients(this.#parameters)

    const size = model.size?.(batch) ?? 1
    progress.lossSum += size * loss
    progress.lossWeight += size
    progress.step++
    progress.batch++
    const { batchesPerEpoch: batches } = data
    this.#emit({
      type: 'batch',
      step: progress.step,
      epoch: progress.epoch + 1,
      batch: progress.batch,
      epochs,
      batches,
      loss,
      meanLoss: progress.lossSum / progress.lossWeight,
      gradientNorm: norm,
      learningRate: rate,
      time: this.#clock.left(progress, batches, epochs, this.#options.seconds),
    })
  }

  #clip(): { norm: number; scale: number } {
    const { clip } = this.#options
    // the norm is always computed: it is worth seeing, and finds gradients that are not finite before they reach a weight
    const result = clipByGlobalNorm(this.#parameters, clip && 'norm' in clip ? clip.norm : Number.MAX_VALUE)
    if (!Number.isFinite(result.norm)) this.#stopNonFinite('the norm of the gradients', result.norm, 1)
    if (clip && 'value' in clip) clipByValue(this.#parameters, clip.value)
    return result
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
    const { metric, better, within } = this.#options.monitor ?? { metric: 'loss', better: 'lower' }
    const value = metrics[metric]
    if (value === undefined)
      throw new UsageError(
        `fit: monitor.metric is ${metric}, but validate returned only ${Object.keys(metrics).join(', ') || 'nothing'}`,
      )
    if (!Number.isFinite(value)) this.#stopNonFinite(`${metric} of the validation`, value, 0)
    const sign = better === 'higher' ? 1 : -1
    const earlier = this.#progress.history.map((summary) => sign * (summary.metrics?.[metric] ?? -Infinity))
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
    const { store, optimizer } = this.#options
    const position = positionOf(this.#progress)
    if (!store || JSON.stringify(position) === JSON.stringify(this.#saved?.position)) return
    for (const [name, { data }] of Object.entries(this.#parameters))
      if (!data.every(Number.isFinite)) this.#stopNonFinite(`a weight in ${name}`, Number.NaN, 0)
    const begun = this.#clock.seconds
    this.#progress.seconds = begun
    const place = await store.save(
      capture(this.#parameters, this.#best, optimizer, this.#progress, this.#identity),
    )
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

  /** `ahead` is 1 in the middle of a step, which is not counted yet, and 0 after it. */
  #stopNonFinite(what: string, value: number, ahead: 0 | 1): never {
    this.#emitStop('nonFinite')
    const { step, epoch, batch } = this.#progress
    const kept = this.#saved
      ? `The last good checkpoint is ${this.#saved.place} (step ${this.#saved.position.step}).`
      : 'No checkpoint was saved before.'
    throw new NonFiniteError(
      `${what} is ${value} at step ${step + ahead} (epoch ${epoch + 1}, batch ${batch + ahead} of ${this.#identity.batchesPerEpoch}). ` +
        `${kept} Try a lower learning rate or clip: { norm: 1 }, and look for values that are not finite in the data.`,
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
