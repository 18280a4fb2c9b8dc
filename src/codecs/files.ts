import fs from 'node:fs'
import path from 'node:path'
import { UnrolledError } from '../errors.js'

/** A file to be written: where, and what. */
export interface FileContent {
  readonly path: string
  readonly bytes: Uint8Array
}

/** The ending of files that are being written; one that is left over comes from a process that was killed. */
export const TEMPORARY = '.tmp'

/** One write call takes less than 2 GiB. */
const PIECE = 2 ** 30

/**
 * Writes files so that each is, at every moment and after any crash, either as before or complete: into a temporary file
 * beside it, synchronised to the disk, then renamed. All temporaries are complete before the first is renamed, so a full
 * disk leaves every file as it was; the renames follow in the order given.
 *
 * When anything fails the temporaries are removed and an `UnrolledError` names the file and the reason.
 */
export function writeAtomically(files: readonly FileContent[]): void {
  const temporaries: string[] = []
  try {
    for (const file of files) {
      temporaries.push(file.path + TEMPORARY)
      attempt(file.path, () => writeDurably(file.path + TEMPORARY, file.bytes))
    }
    for (const file of files) {
      attempt(file.path, () => fs.renameSync(file.path + TEMPORARY, file.path))
      temporaries.shift()
    }
    for (const folder of new Set(files.map((file) => path.dirname(file.path))))
      attempt(folder, () => synchroniseFolder(folder))
  } finally {
    for (const temporary of temporaries) fs.rmSync(temporary, { force: true })
  }
}

/** Runs a change to a file; a failure becomes an `UnrolledError` that names the file and says that nothing else was harmed. */
export function attempt<T>(file: string, change: () => T): T {
  try {
    return change()
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new UnrolledError(`${file}: could not be written: ${REASONS[code ?? ''] ?? message}`, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk (ENOSPC); free some and try again',
  EDQUOT: 'the disk quota is used up (EDQUOT); free some space and try again',
  EFBIG: 'it is larger than this system or its limits allow (EFBIG)',
  EROFS: 'the disk is read-only (EROFS)',
  EACCES: 'permission denied (EACCES)',
  EPERM: 'permission denied (EPERM)',
}

function writeDurably(file: string, bytes: Uint8Array): void {
  const descriptor = fs.openSync(file, 'w')
  try {
    for (let done = 0; done < bytes.length; )
      done += fs.writeSync(descriptor, bytes, done, Math.min(PIECE, bytes.length - done))
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** A rename is on the disk only when its folder is; Windows has no such call and needs none. */
function synchroniseFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}
