import fs from 'node:fs'
import path from 'node:path'
import { attempt, writeAtomically } from '../codecs/files.js'
import { FormatError, UsageError } from '../errors.js'
import type { JsonObject } from './model.js'

/** The settings a run was started with, beside its log, so that `--resume` needs no other argument. */
const NAME = 'run.json'

/**
 * Writes the settings of a run into its folder, which is new or empty. The function that it returns makes that undone, with all that the
 * run has written since: for a run that could not begin.
 */
export function startRunFolder(folder: string, settings: JsonObject): () => void {
  const existed = fs.existsSync(folder)
  attempt(folder, () => fs.mkdirSync(folder, { recursive: true }))
  const bytes = new TextEncoder().encode(`${JSON.stringify(settings, null, 2)}\n`)
  writeAtomically([{ path: path.join(folder, NAME), bytes }])
  return () => {
    const written = existed ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [folder]
    for (const place of written) fs.rmSync(place, { recursive: true, force: true })
  }
}

/** The settings that a run was started with. Throws a `UsageError` when the folder holds no run, a `FormatError` for a damaged file. */
export function loadRunSettings(folder: string): JsonObject {
  const file = path.join(folder, NAME)
  if (!fs.existsSync(file))
    throw new UsageError(`${folder} holds no run that could be continued: there is no ${NAME}`)
  try {
    const value: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  } catch (cause) {
    throw new FormatError(`${file}: no valid JSON: ${(cause as Error).message}`, { cause })
  }
  throw new FormatError(`${file}: expected an object with settings`)
}

/** A path that stays right when the working folder changes. */
export function absolutePath(file: string): string {
  return path.resolve(file)
}

/** The first of `folder`, `folder-2`, `folder-3` … that does not exist yet. */
export function freeFolder(folder: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? folder : `${folder}-${number}`
    if (!fs.existsSync(candidate)) return candidate
  }
}
