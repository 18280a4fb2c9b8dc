import { FormatError } from '../errors.js'
import { readFlac } from './flac.js'
import { looksLikeMp3, readMp3, titleLength } from './mp3.js'
import { readWav, type Sound } from './wav.js'

const begins = (bytes: Uint8Array, text: string) =>
  Array.from(text).every((letter, i) => bytes[i] === letter.charCodeAt(0))

/**
 * Reads a sound file: WAV, FLAC or MP3, told by its first bytes, whatever its name. Samples are numbers from -1 to 1.
 * `name` is what errors begin with.
 *
 * @throws FormatError, with the place in the file, for other files and for those that are damaged or cut short.
 *
 * ```ts
 * const { sampleRate, channels } = await readSound(fs.readFileSync('word.flac'), 'word.flac')
 * ```
 */
export async function readSound(bytes: Uint8Array, name = 'sound file'): Promise<Sound> {
  if (begins(bytes, 'RIFF')) return readWav(bytes, { name })
  if (begins(bytes, 'fLaC')) return readFlac(bytes, name)
  if (looksLikeMp3(bytes)) {
    const titled = bytes.subarray(titleLength(bytes, name)) // some programs write an MP3's title before a FLAC file
    return begins(titled, 'fLaC') ? readFlac(titled, name) : readMp3(bytes, name)
  }
  throw new FormatError(
    `${name}: expected a sound file (WAV, FLAC or MP3; ffmpeg -i FILE out.wav makes one of others), found ${bytes.length === 0 ? 'an empty file' : `one that begins with ${JSON.stringify(String.fromCharCode(...bytes.subarray(0, 4)))}`}`,
  )
}
