import type { Readable } from 'node:stream'
import { UsageError } from '../errors.js'
import { numberOf } from './text-model.js'

/** The sample rate that was typed as `--rate`. Throws a `UsageError` for anything but a whole number of at least 1000. */
export function rateOf(text: string | undefined, fallback: number): number {
  const rate = numberOf('rate', text) ?? fallback
  if (Number.isSafeInteger(rate) && rate >= 1000) return rate
  throw new UsageError(`--rate: expected samples per second, a whole number of at least 1000, got "${text}"`)
}

/**
 * Samples from -1 to 1 of raw sound as it comes: whole numbers of 16 bits, the lower byte first, one channel (what `arecord -t raw -f S16_LE`
 * and `ffmpeg -f s16le` write). A byte that is left over at the end is dropped.
 */
export async function* rawSamples(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Float32Array> {
  let half: number | undefined // the lower byte of a number whose other one has not come
  for await (const piece of bytes) {
    const all = half === undefined ? piece : Uint8Array.of(half, ...piece)
    half = all.length % 2 === 1 ? all[all.length - 1] : undefined
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength)
    const samples = new Float32Array(Math.floor(all.length / 2))
    for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true) / 2 ** 15
    if (samples.length > 0) yield samples
  }
}

/** What a stream gives until it ends or `signal` aborts, which is no error. */
export async function* until(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop)
  try {
    if (!signal.aborted) yield* stream
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
