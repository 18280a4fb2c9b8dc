import { compareShapes } from '../codecs/compare.js'
import * as safetensors from '../codecs/safetensors.js'
import { FormatError, UsageError } from '../errors.js'
import type { Optimizer } from '../optim/index.js'
import type { Reals, Tensor } from '../tensor/index.js'
import type { Json, TrainEvent } from './events.js'
import { type Progress, readProgress } from './progress.js'
import { settingsDifferences } from './settings.js'

const VERSION = 1

/** What must be the same before and after an interruption; a difference makes the resumed training another one. */
export interface Identity {
  /** The key of the root stream: the seed. */
  readonly key: readonly [number, number]
  readonly batchesPerEpoch: number
  readonly settings: Json
}

/** Everything that an exact continuation needs: tensors by name, and plain numbers. The tensors are good until `save` ends. */
export interface Checkpoint {
  /** `weight/…`, `optimizer/…`, `carried/…` and, after a validation, `best/…`. */
  readonly tensors: Readonly<Record<string, safetensors.StoredTensor>>
  readonly optimizerSteps: number
  readonly progress: Progress
  readonly identity: Identity
}

/** A checkpoint that was read, where it was, and what the user should know about the reading. */
export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint
  readonly place: string
}

/** Where `fit` keeps its checkpoints and its log: a folder (`RunFolder`), a browser's storage, a test's memory. */
export interface RunStore {
  /** Takes every event, in order. */
  record(event: TrainEvent): void
  /** Writes a checkpoint so that the one before stays whole until this one is; returns where it is. */
  save(checkpoint: Checkpoint): string | Promise<string>
  /** The newest whole checkpoint, undefined when there is none; `notice` is told of damaged ones that were passed over. */
  load(
    notice: (message: string) => void,
  ): StoredCheckpoint | undefined | Promise<StoredCheckpoint | undefined>
}

/** The weights of the best epoch so far, by name. */
export type Weights = Readonly<Record<string, Reals>>

type Parameters = Readonly<Record<string, Tensor>>

/** The tensors that a training changes. */
export interface Trained {
  readonly parameters: Parameters
  readonly optimizer: Optimizer
  /** What the model carries from batch to batch. */
  readonly carried: Parameters
}

/** The state of a training as a checkpoint. Weights and optimizer state are views, not copies. */
export function capture(
  trained: Trained,
  best: Weights | undefined,
  progress: Progress,
  identity: Identity,
): Checkpoint {
  const tensors: Record<string, safetensors.StoredTensor> = {}
  for (const [name, { shape, data }] of Object.entries(targetsOf(trained)))
    tensors[name] = safetensors.storedReals(shape, data)
  for (const [name, { shape }] of Object.entries(best ? trained.parameters : {}))
    tensors[`best/${name}`] = safetensors.storedReals(shape, (best as Weights)[name])
  return { tensors, optimizerSteps: trained.optimizer.steps, progress, identity }
}

/**
 * Puts a checkpoint into the tensors of the training and returns the best weights, if it has any.
 * Throws a `FormatError` that lists every tensor that does not fit, before anything is changed.
 */
export function restore({ checkpoint, place }: StoredCheckpoint, trained: Trained): Weights | undefined {
  const { parameters, optimizer } = trained
  const targets = targetsOf(trained)
  const best = checkpoint.progress.best ? prefixed('best', parameters) : {}
  checkFit({ ...targets, ...best }, checkpoint, place)
  for (const [name, tensor] of Object.entries(targets)) tensor.set(checkpoint.tensors[name].data as Reals)
  optimizer.steps = checkpoint.optimizerSteps
  if (!checkpoint.progress.best) return undefined
  const copies = Object.keys(parameters).map((name) => [
    name,
    checkpoint.tensors[`best/${name}`].data.slice(),
  ])
  return Object.fromEntries(copies)
}

function targetsOf({ parameters, optimizer, carried }: Trained): Record<string, Tensor> {
  return {
    ...prefixed('weight', parameters),
    ...prefixed('optimizer', optimizer.state()),
    ...prefixed('carried', carried),
  }
}

function prefixed(prefix: string, tensors: Parameters): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}/${name}`, tensor]))
}

function checkFit(expected: Parameters, { tensors }: Checkpoint, place: string): void {
  const lines = compareShapes(expected, tensors)
  if (lines.length > 0)
    throw new FormatError(`${place}: the checkpoint does not fit this model:\n  ${lines.join('\n  ')}`)
  for (const [name, { dtype }] of Object.entries(tensors)) {
    const wanted = expected[name].engine.real === 'float64' ? 'F64' : 'F32'
    if (dtype !== wanted)
      throw new FormatError(`${place}: ${name} is ${dtype}, but the kernels in use compute in ${wanted}`)
  }
}

/** Throws a `UsageError` that lists what was changed since the checkpoint; nothing changed, nothing happens. */
export function checkIdentity({ checkpoint, place }: StoredCheckpoint, now: Identity): void {
  const lines = settingsDifferences(flat(checkpoint.identity), flat(now))
  if (lines.length > 0)
    throw new UsageError(
      `${place} belongs to a training with other settings, so it cannot be continued exactly:\n  ${lines.join('\n  ')}\n` +
        'Resume with the settings it was started with, or start a new run in another folder.',
    )
}

function flat({ key, batchesPerEpoch, settings }: Identity): Json {
  const rest =
    typeof settings === 'object' && settings !== null && !Array.isArray(settings) ? settings : { settings }
  return { ...rest, 'random key': key, 'batches per epoch': batchesPerEpoch }
}

/** The bytes of a checkpoint: safetensors whose metadata hold the numbers as JSON, and `extra` beside them. */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  extra: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { tensors, ...state } = checkpoint
  const own = { unrolled: 'checkpoint', version: String(VERSION), state: JSON.stringify(state) }
  return safetensors.encode(tensors, { ...extra, ...own })
}

/**
 * Reads what `encodeCheckpoint` wrote; the tensors are views of `bytes`. Throws a `FormatError` that names `place` when the
 * bytes are damaged, no checkpoint, or from a later version.
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  place: string,
): StoredCheckpoint & { readonly extra: Readonly<Record<string, string>> } {
  const { tensors, metadata } = safetensors.decode(bytes, place)
  if (metadata.unrolled !== 'checkpoint')
    throw new FormatError(`${place}: this is no checkpoint of a training`)
  if (Number(metadata.version) > VERSION)
    throw new FormatError(
      `${place}: written by a later version (format ${metadata.version}, this one reads up to ${VERSION}); upgrade unrolled`,
    )
  const state = parseState(metadata.state, place)
  const progress = readProgress(state.progress, place)
  return { checkpoint: { ...state, tensors, progress }, place, extra: metadata }
}

function parseState(text: string | undefined, place: string): Omit<Checkpoint, 'tensors'> {
  let state: unknown
  try {
    state = JSON.parse(text ?? '')
  } catch {
    throw new FormatError(`${place}: the checkpoint's state is not valid JSON`)
  }
  const { optimizerSteps, identity } = (state ?? {}) as Partial<Checkpoint>
  if (!Number.isSafeInteger(optimizerSteps) || !Array.isArray(identity?.key))
    throw new FormatError(`${place}: the checkpoint's state lacks optimizerSteps or identity`)
  return state as Omit<Checkpoint, 'tensors'>
}
