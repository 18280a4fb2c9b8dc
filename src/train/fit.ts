import { UsageError } from '../errors.js'
import type { FitOptions, FitResult } from './options.js'
import { Training } from './training.js'

/**
 * Trains a model: for each batch of each epoch, gradients of its loss by backpropagation, clipping, one step of the optimizer (or one
 * for every `accumulate` batches).
 *
 * Nothing but the arguments decides the weights: step n draws from `random.split('step').split(n)` and epoch n orders its
 * data by `random.split('epoch').split(n)`, so a training that was interrupted at any moment, even killed, and started again
 * with the same `store` ends with the same bits as one that was not. Saving reads the state and changes nothing.
 *
 * At the end the model has the weights of the best epoch, when there was a validation, else the last ones; of an `averaged`
 * optimizer these are averages.
 *
 * @throws UsageError for an option that makes no sense, or a checkpoint of other settings.
 * @throws NonFiniteError when a loss, a gradient, a monitored metric or a weight is NaN or infinite: it names step, epoch and
 * batch, layer and time step where the first such number appeared, and the last good checkpoint, which stays.
 * @throws FormatError when a checkpoint does not fit the model, or all are damaged.
 *
 * @example
 * const result = await fit({
 *   model, data, optimizer: adam(), learningRate: 1e-3, random: new Random(1), epochs: 20, patience: 3, clip: { norm: 1 },
 *   validate: () => ({ accuracy: score(model) }), monitor: { metric: 'accuracy', better: 'higher' },
 *   on: (event) => event.type === 'epoch' && console.log(event.epoch, event.loss, event.metrics),
 * })
 */
export async function fit<Batch>(options: FitOptions<Batch>): Promise<FitResult> {
  checkOptions(options)
  return new Training(options).run()
}

function checkOptions<Batch>(options: FitOptions<Batch>): void {
  const { epochs, seconds, learningRate, accumulate, patience, clip, checkpointEvery, validate } = options
  const atLeast = (name: string, value: number | undefined, least: number, whole = false): void => {
    if (value !== undefined && !(value >= least && (!whole || value === Infinity || Number.isInteger(value))))
      throw new UsageError(
        `fit: ${name} must be ${whole ? 'a whole number' : 'a number'} of at least ${least}, got ${value}`,
      )
  }
  atLeast('epochs', epochs, 0, true)
  atLeast('seconds', seconds, 0)
  atLeast('learningRate', learningRate, 0)
  atLeast('accumulate', accumulate, 1, true)
  atLeast('patience', patience, 1, true)
  atLeast('checkpointEvery.seconds', checkpointEvery?.seconds, 0)
  atLeast('checkpointEvery.steps', checkpointEvery?.steps, 1, true)
  if (clip) atLeast('clip', 'norm' in clip ? clip.norm : clip.value, 0)
  if (patience !== undefined && !validate)
    throw new UsageError('fit: patience needs validate: without a validation no epoch is better than another')
}
