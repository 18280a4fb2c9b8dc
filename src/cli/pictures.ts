import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { UsageError } from '../errors.js'

/** What is written into a file, by the ending of its name. */
export type Writers<T> = Readonly<Record<string, (what: T) => string>>

/** The writer for the name of a file. Throws a `UsageError` for an ending without one. */
export function writerOf<T>(out: string, writers: Writers<T>): (what: T) => string {
  const extension = extname(out).toLowerCase()
  if (Object.hasOwn(writers, extension)) return writers[extension]
  const expected = `expected a name that ends in ${Object.keys(writers).join(', ')}`
  throw new UsageError(`--out ${out}: ${expected}, got ${extension === '' ? 'no ending' : `"${extension}"`}`)
}

/** Writes a file. Rejects with a `UsageError` where that cannot be. */
export async function save(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(file, content).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--out ${file}: cannot write there (${error.code ?? error.message})`)
  })
}
