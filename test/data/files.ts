import { type DataFile, type Example, readRows } from '../../src/data/index.js'
import type { ReadOptions } from '../../src/data/unit.js'

/** A file of a data set that is kept in memory. */
export function file(path: string, content: string | Uint8Array): DataFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { path, name: path, bytes: async () => bytes }
}

/** Files by path. */
export const files = (contents: Record<string, string>): DataFile[] =>
  Object.entries(contents).map(([path, text]) => file(path, text))

/** All rows of one file. */
export async function rows(
  name: string,
  text: string | Uint8Array,
  options: ReadOptions = {},
): Promise<readonly Example[]> {
  return (await readRows([file(name, text)], name, options)).examples
}
