import { compareShapes } from '../codecs/compare.js'
import { checksum } from '../codecs/crc32.js'
import * as safetensors from '../codecs/safetensors.js'
import { FormatError, UsageError } from '../errors.js'
import type { Tensor } from '../tensor/index.js'

/** The version of the folder's layout that this code writes; it reads all up to it. */
export const FORMAT_VERSION = 1

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** What a model folder holds. */
export interface StoredModel {
  /** Weights by their PyTorch names. */
  readonly tensors: Readonly<Record<string, safetensors.StoredTensor>>
  /** Task, architecture, vocabulary, training settings: all that is needed to build the model anew. */
  readonly config: JsonObject
  /** The scores it reached. */
  readonly metrics: JsonObject
}

/** The files of a model folder by name. */
export interface ModelFiles {
  readonly 'model.safetensors': Uint8Array
  readonly 'metrics.json': Uint8Array
  readonly 'config.json': Uint8Array
}

/** What unrolled writes into config.json for itself: the checksums tie the three files together. */
interface Seal {
  readonly format: number
  readonly config: string
  readonly weights: string
  readonly metrics: string
}

/**
 * The files of a model, as bytes; `saveModel` writes them to disk, a page may offer them for download.
 * Equal models give equal bytes. A config with the key `unrolled`, which is reserved, is a `UsageError`.
 */
export function packModel({ tensors, config, metrics }: StoredModel): ModelFiles {
  if (Object.hasOwn(config, 'unrolled'))
    throw new UsageError('packModel: the key "unrolled" of config is reserved')
  const weights = safetensors.encode(tensors, { format: 'pt' })
  const scores = jsonBytes(metrics)
  const seal: Seal = {
    format: FORMAT_VERSION,
    config: configSum(config),
    weights: checksum(weights),
    metrics: checksum(scores),
  }
  return {
    'model.safetensors': weights,
    'metrics.json': scores,
    'config.json': jsonBytes({ unrolled: { ...seal }, ...config }),
  }
}

/**
 * Reads the files of a model; `place` names their folder in errors. The tensors are views of the bytes.
 *
 * Throws a `FormatError` that names the file when one is damaged, foreign, of a later version, or not of the same saving as
 * the others.
 */
export function unpackModel(files: ModelFiles, place: string): StoredModel {
  const file = (name: keyof ModelFiles) => `${place}/${name}`
  const whole = parseObject(files['config.json'], file('config.json'))
  const { unrolled, ...config } = whole
  const seal = checkSeal(unrolled, file('config.json'))
  if (configSum(config) !== seal.config)
    throw new FormatError(`${file('config.json')}: damaged or edited by hand (its checksum does not fit)`)
  checkSum(files['model.safetensors'], seal.weights, file('model.safetensors'))
  checkSum(files['metrics.json'], seal.metrics, file('metrics.json'))
  const { tensors } = safetensors.decode(files['model.safetensors'], file('model.safetensors'))
  return { tensors, config, metrics: parseObject(files['metrics.json'], file('metrics.json')) }
}

/** The parameters of a model as stored tensors: views, to be packed before anything else is computed. */
export function storeWeights(
  parameters: Readonly<Record<string, Tensor>>,
): Record<string, safetensors.StoredTensor> {
  const entries = Object.entries(parameters)
  return Object.fromEntries(
    entries.map(([name, { shape, data }]) => [name, safetensors.storedReals(shape, data)]),
  )
}

/**
 * Puts stored weights into the parameters of a model that was built from the stored config.
 *
 * Throws a `FormatError` that lists all weights that are missing, unexpected, of the wrong shape or not in single or double
 * precision, before any parameter is changed.
 */
export function assignWeights(
  parameters: Readonly<Record<string, Tensor>>,
  tensors: Readonly<Record<string, safetensors.StoredTensor>>,
  place: string,
): void {
  const lines = compareShapes(parameters, tensors)
  for (const [name, { dtype }] of Object.entries(tensors))
    if (dtype !== 'F32' && dtype !== 'F64') lines.push(`wrong type: ${name} is ${dtype}, expected F32 or F64`)
  if (lines.length > 0)
    throw new FormatError(
      `${place}: the weights do not fit the architecture in config.json:\n  ${lines.join('\n  ')}`,
    )
  for (const [name, { dtype, data }] of Object.entries(tensors))
    if (dtype === 'F32' || dtype === 'F64') parameters[name].set(data)
}

function checkSeal(value: Json | undefined, file: string): Seal {
  const seal = (typeof value === 'object' && value !== null ? value : {}) as Partial<Seal>
  if (!Number.isSafeInteger(seal.format))
    throw new FormatError(
      `${file}: not the configuration of an unrolled model (it has no "unrolled": { "format": … })`,
    )
  if (Number(seal.format) > FORMAT_VERSION)
    throw new FormatError(
      `${file}: written by a later version (format ${seal.format}, this one reads up to ${FORMAT_VERSION}); upgrade unrolled`,
    )
  for (const name of ['config', 'weights', 'metrics'] as const)
    if (typeof seal[name] !== 'string')
      throw new FormatError(`${file}: "unrolled" has no checksum of ${name}`)
  return seal as Seal
}

function checkSum(bytes: Uint8Array, expected: string, file: string): void {
  const found = checksum(bytes)
  if (found !== expected)
    throw new FormatError(
      `${file}: damaged, or not saved together with config.json (its checksum is ${found}, expected ${expected})`,
    )
}

/** Of the values, not of the spaces between them. */
function configSum(config: JsonObject): string {
  return checksum(new TextEncoder().encode(JSON.stringify(config)))
}

function jsonBytes(value: JsonObject): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}

function parseObject(bytes: Uint8Array, file: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new FormatError(`${file}: no valid JSON in UTF-8: ${(cause as Error).message}`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(`${file}: expected a JSON object`)
  return value as JsonObject
}
