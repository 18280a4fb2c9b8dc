import fs from 'node:fs'
import path from 'node:path'
import { attempt, writeAtomically } from '../codecs/files.js'
import { FormatError, UsageError } from '../errors.js'
import { type ModelFiles, packModel, type StoredModel, unpackModel } from './model.js'

/** What `saveModel` writes: a model, and its card for people. */
export interface SavedModel extends StoredModel {
  /** The text of README.md: what the model does, its scores beside their baselines, how to use it. */
  readonly card: string
}

/**
 * Writes a model folder: `model.safetensors`, `config.json`, `metrics.json`, `README.md`; what else is in the folder stays.
 *
 * All four are complete on the disk before the first takes its name, config.json is the last, and its checksums cover the
 * others: a disk that is full leaves the model that was there, and a crash between the names is found by `loadModel`.
 *
 * @throws UnrolledError that names the file when it cannot be written.
 *
 * @example
 * saveModel('models/intents', { tensors: storeWeights(model.parameters()), config, metrics, card })
 */
export function saveModel(folder: string, model: SavedModel): void {
  const files = { 'README.md': new TextEncoder().encode(model.card), ...packModel(model) }
  attempt(folder, () => fs.mkdirSync(folder, { recursive: true }))
  writeAtomically(Object.entries(files).map(([name, bytes]) => ({ path: path.join(folder, name), bytes })))
}

/**
 * Reads a model folder.
 *
 * @throws FormatError when the folder or a file of it is missing, damaged, foreign, of a later version, or from another saving.
 *
 * @example
 * const { tensors, config } = loadModel('models/intents')
 */
export function loadModel(folder: string): StoredModel {
  if (!isFolder(folder))
    throw new FormatError(
      `${folder}: expected a model folder, found ${fs.existsSync(folder) ? 'a file' : 'nothing'}`,
    )
  const config = read(folder, 'config.json')
  const files: ModelFiles = {
    'config.json': config,
    'metrics.json': read(folder, 'metrics.json'),
    'model.safetensors': read(folder, 'model.safetensors'),
  }
  return unpackModel(files, folder)
}

function read(folder: string, name: keyof ModelFiles): Uint8Array {
  const file = path.join(folder, name)
  try {
    return fs.readFileSync(file)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new FormatError(`${file}: ${code === 'ENOENT' ? `missing; ${whatIsHere(folder)}` : message}`, {
      cause,
    })
  }
}

function whatIsHere(folder: string): string {
  const { model, run } = contents(folder)
  if (model) return 'the model folder is incomplete'
  return run
    ? `${folder} holds a training that did not finish: continue it with --resume ${folder}`
    : `${folder} is no model folder (one that \`unrolled train\` writes)`
}

/**
 * Refuses an output folder that a new training would overwrite: one with another run or model, or with foreign files.
 * A folder that is missing or empty is fine.
 *
 * @throws UsageError that says what is there and what to do.
 */
export function checkOutputFolder(folder: string): void {
  if (!fs.existsSync(folder)) return
  if (!isFolder(folder)) throw new UsageError(`--out ${folder} is a file; expected a new or empty folder`)
  const { names, model, run } = contents(folder)
  if (names.length === 0) return
  const remedy = 'choose another --out or remove the folder'
  if (model) throw new UsageError(`--out ${folder} already holds a trained model: ${remedy}`)
  if (run)
    throw new UsageError(
      `--out ${folder} already holds a run that did not finish: continue it with --resume ${folder}, ${remedy}`,
    )
  throw new UsageError(
    `--out ${folder} is not empty and holds no run (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}): choose another --out`,
  )
}

function contents(folder: string): { names: string[]; model: boolean; run: boolean } {
  const names = fs.readdirSync(folder).sort()
  const has = (name: string): boolean => names.includes(name)
  return {
    names,
    model: has('config.json') && (has('model.safetensors') || has('metrics.json')),
    run: has('log.jsonl') || has('checkpoints'),
  }
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false
}
