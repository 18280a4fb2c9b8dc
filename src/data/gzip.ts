import type { DataFile } from './data-file.js'
import { problem } from './problem.js'

/**
 * The file that a `.gz` file holds, under its name without the extension; other files as they are. Bytes are unpacked as they
 * are asked for, by the `DecompressionStream` that Node and browsers have.
 *
 * Reading throws `DataError` when the file is damaged or no gzip.
 */
export function unzipped(file: DataFile): DataFile {
  if (!/\.gz$/i.test(file.path)) return file
  const stream = () => unpack(file)
  return { path: file.path.slice(0, -'.gz'.length), name: file.name, stream, bytes: () => joined(stream()) }
}

/** The bytes of a file piece by piece; in one where it cannot be streamed. */
export async function* piecesOfFile(file: DataFile): AsyncGenerator<Uint8Array> {
  if (file.stream === undefined) yield await file.bytes()
  else yield* file.stream()
}

async function* unpack(file: DataFile): AsyncGenerator<Uint8Array> {
  const pieces = piecesOfFile(file)
  let failure: unknown
  const packed = new ReadableStream<BufferSource>({
    async pull(controller) {
      try {
        const { value, done } = await pieces.next()
        if (done) controller.close()
        else controller.enqueue(new Uint8Array(value))
      } catch (error) {
        failure = error // of the file itself, and not of what is in it
        controller.error(error)
      }
    },
  })
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } catch {
    throw failure ?? problem(file.name, 0, 'gzip data', 'a file that is damaged or of another kind')
  } finally {
    await reader.cancel().catch(() => undefined)
    await pieces.return(undefined)
  }
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  const bytes = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0))
  let place = 0
  for (const piece of all) {
    bytes.set(piece, place)
    place += piece.length
  }
  return bytes
}
