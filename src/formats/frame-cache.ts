import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { attempt, writeAtomically } from '../codecs/files.js'

/**
 * Frames of sounds and pictures in a folder, so that the next training need not compute them: a file for each, called by a hash of the
 * settings and of the bytes that the frames were made of, so that frames of other settings or of a file that has changed are never taken.
 * A file that is damaged is made anew.
 *
 * @example
 * const frames = await new FrameCache('cache').frames(bytes, 'sound 16000 logMel 40', () => reader.frames(sound, name))
 */
export class FrameCache {
  /** Makes the folder where it is missing. Throws an `UnrolledError` where that cannot be. */
  constructor(readonly folder: string) {
    attempt(folder, () => fs.mkdirSync(folder, { recursive: true }))
  }

  /** The frames that were kept for these bytes and this key, or those that `compute` makes, which are then kept. */
  async frames(bytes: Uint8Array, key: string, compute: () => Promise<Float32Array>): Promise<Float32Array> {
    const name = createHash('sha256').update(key).update('\0').update(bytes).digest('hex')
    const file = path.join(this.folder, name.slice(0, 2), `${name}.f32`)
    const kept = await fs.promises.readFile(file).catch(() => undefined)
    const known = kept && decoded(kept)
    if (known) return known
    const frames = await compute()
    fs.mkdirSync(path.dirname(file), { recursive: true })
    writeAtomically([{ path: file, bytes: encoded(frames) }])
    return frames
  }
}

const digestBytes = 32

/** The frames behind their own SHA-256, which says whether they are whole. */
function encoded(frames: Float32Array): Uint8Array {
  const bytes = new Uint8Array(frames.buffer, frames.byteOffset, frames.byteLength)
  return Buffer.concat([createHash('sha256').update(bytes).digest(), bytes])
}

function decoded(file: Buffer): Float32Array | undefined {
  const bytes = Uint8Array.from(file.subarray(digestBytes))
  const whole = createHash('sha256').update(bytes).digest().equals(file.subarray(0, digestBytes))
  return whole && bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : undefined
}
