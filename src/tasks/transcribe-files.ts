import { readImage } from '../codecs/image.js'
import { isJpeg } from '../codecs/jpeg.js'
import { isPng } from '../codecs/png.js'
import { readSound } from '../codecs/sound-file.js'
import { readWav, type Sound } from '../codecs/wav.js'
import type { DataFile } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import { problem } from '../data/problem.js'
import { readScoredUtterances, readUtterances } from '../data/read-utterances.js'
import { isMedia, type Utterance } from '../data/utterance.js'
import { FrameCache } from '../formats/frame-cache.js'
import { optional, text } from './settings.js'
import type { TaskFiles } from './task.js'
import type { Signal, SignalFile, TranscribeRow } from './transcribe-rows.js'

/** Recordings, or pictures of lines of writing, and what they say. */
export const transcribeFiles: TaskFiles<TranscribeRow> = {
  settings: {
    cache: optional(
      text(
        '',
        'A folder where the frames of training rows are kept for the next training; null: they are not',
      ),
    ),
  },
  paths: ['cache'],
  async read({ root, data, valid, test }, { random, read: { cache: folder } }) {
    const found = await readUtterances(data, root, { random, ...(valid && { valid }), ...(test && { test }) })
    const { train, format, split, notes } = found
    const sizes = { train: train.length, valid: found.valid.length, test: found.test.length }
    const detection: Detection = { format, source: root, sizes, split, notes, labels: 0, rows: shown(train) }
    const cache = typeof folder === 'string' ? new FrameCache(folder) : undefined
    const parts = { valid: await rowsOf(found.valid), test: await rowsOf(found.test) }
    return {
      data: { train: train.map((row) => ({ input: fileOf(row, cache), text: row.text })), ...parts },
      detection,
    }
  },
  async readScored(files, root) {
    const { rows, format, notes } = await readScoredUtterances(files, root)
    const sizes = { train: 0, valid: 0, test: rows.length }
    const detection = {
      format,
      source: root,
      sizes,
      split: 'given',
      notes,
      labels: 0,
      rows: shown(rows),
    } as const
    return { rows: await rowsOf(rows), detection }
  },
  readInput: (file) => signalOf({ file }),
  isInput: isMedia,
}

function shown(rows: readonly Utterance[]) {
  return rows
    .slice(0, 3)
    .map(({ file, text, line }) => ({ text: `${file.path} → ${text}`, label: '', file: file.name, line }))
}

async function rowsOf(utterances: readonly Utterance[]): Promise<TranscribeRow[]> {
  const rows: TranscribeRow[] = []
  for (const utterance of utterances) rows.push({ input: await signalOf(utterance), text: utterance.text })
  return rows
}

function fileOf(utterance: Utterance, cache: FrameCache | undefined): SignalFile {
  const { file, from = 0, to = 0 } = utterance
  const read = () => signalOf(utterance)
  if (!cache) return { name: file.name, read }
  return {
    name: file.name,
    read,
    frames: async (key, compute) =>
      cache.frames(await file.bytes(), `${key} ${from} ${to}`, async () => compute(await read())),
  }
}

/** The recording or picture of an utterance: the whole file, or the piece that is meant. */
async function signalOf(utterance: Pick<Utterance, 'file'> & Partial<Utterance>): Promise<Signal> {
  const { file, from, to, list = file.name, line = 0 } = utterance
  const { name } = file
  const bytes = await file.bytes()
  if (isPng(bytes) || isJpeg(bytes)) return { ...(await readImage(bytes, { name })), name }
  const sound = await soundOf(bytes, file)
  if (from === undefined) return { ...sound, name }
  const [begin, end] = [from, to ?? Number.POSITIVE_INFINITY].map((time) =>
    Math.round(time * sound.sampleRate),
  )
  const channels = sound.channels.map((samples) => samples.subarray(begin, end))
  if (channels[0].length === 0)
    throw problem(list, line, `sound from ${from} s on in ${name}`, `${seconds(sound)} s of it`)
  return { ...sound, channels, name: `${name} from ${from} s` }
}

/** Programs that write into a pipe promise a length that they do not know. */
async function soundOf(bytes: Uint8Array, { path, name }: DataFile): Promise<Sound> {
  const piped = path === '-' && String.fromCharCode(...bytes.subarray(0, 4)) === 'RIFF'
  return piped ? readWav(bytes, { name, streamed: true }) : readSound(bytes, name)
}

const seconds = ({ channels, sampleRate }: Sound) => (channels[0].length / sampleRate).toFixed(2)
