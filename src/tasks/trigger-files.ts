import { readSound } from '../codecs/sound-file.js'
import type { Sound } from '../codecs/wav.js'
import { readAudacityLabels } from '../data/audacity-labels.js'
import { baseOf, type DataFile, foldersOf, partInFolders, stemOf } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import { decodeText } from '../data/decode.js'
import { problem, shown, shownList } from '../data/problem.js'
import { NOT_VALIDATED, partsFrom } from '../data/split.js'
import type { SpokenWord } from '../metrics/detections.js'
import { optional, text } from './settings.js'
import type { TaskFiles } from './task.js'
import {
  checkSound,
  checkWords,
  splitRows,
  type TriggerKind,
  type TriggerRow,
  type TriggerRowsByPart,
  triggerKinds,
} from './trigger-rows.js'

/** Recordings in folders that say what they are, and scenes with a label track beside each. */
export const triggerFiles: TaskFiles<TriggerRow> = {
  settings: {
    positives: text('positives,activates', 'Folders with recordings of the word, by name'),
    negatives: text('negatives', 'Folders with recordings of other words and noises'),
    backgrounds: text('backgrounds', 'Folders with recordings that lie under the scenes'),
    label: optional(text('', 'The label of the word in label tracks; null: every label')),
  },
  async read({ root, data, valid, test }, { random, read }) {
    const labels = new Set<string>()
    const { rows, left } = await gather(data, read, labels)
    const given = {
      ...rows,
      ...(valid && { valid: all(await gather(valid, read, labels)) }),
      ...(test && { test: all(await gather(test, read, labels)) }),
    }
    if (all({ rows: given }).length === 0) throw nothing(root, data.length)
    const missing = missingLabel(labels, read)
    if (missing) throw problem(root, 0, missing.expected, missing.found)
    const parts = splitRows(given, root, random)
    const notes = notesOn(parts.train, left)
    if (given.valid?.length === 0) notes.push(NOT_VALIDATED)
    return { data: parts, detection: detected(root, parts, partsFrom(given), notes) }
  },
  async readScored(files, root, { read }) {
    const labels = new Set<string>()
    const found = await gather(files, read, labels)
    const rows = found.rows.test ?? all(found)
    if (rows.length === 0) throw nothing(root, files.length)
    const notes = notesOn(rows, found.left)
    const missing = missingLabel(labels, read)
    if (missing) notes.push(`expected ${missing.expected}, found ${missing.found}`)
    const parts = { train: [], valid: [], test: rows }
    return { rows, detection: detected(root, parts, 'given', notes) }
  },
  isInput: (path) => soundFile.test(path),
  readInput: async (file) => readSound(await file.bytes(), file.name),
}

interface Gathered {
  readonly rows: TriggerRowsByPart
  /** Sound files of which nothing says what they are. */
  readonly left: number
}

const soundFile = /\.(wav|flac|mp3)$/i
/** Files that are read at once. */
const AT_ONCE = 32

/** The rows of files; the labels in their label tracks, of whatever word, are added to `labels`. */
async function gather(
  files: readonly DataFile[],
  read: Readonly<Record<string, unknown>>,
  labels: Set<string>,
): Promise<Gathered> {
  const tracks = new Map(
    files.filter(({ path }) => /\.txt$/i.test(path)).map((file) => [placeOf(file), file] as const),
  )
  const rows: Partial<Record<'all' | 'train' | 'valid' | 'test', TriggerRow[]>> = {}
  const found = files
    .filter(({ path }) => soundFile.test(path))
    .map((file) => ({ file, kind: kindOf(file, read), track: tracks.get(placeOf(file)) }))
  const known = found.filter(({ kind, track }) => kind !== undefined || track !== undefined)
  for (let begin = 0; begin < known.length; begin += AT_ONCE) {
    const some = known.slice(begin, begin + AT_ONCE)
    const sounds = await Promise.all(some.map(({ file }) => readRow(file)))
    for (const [place, { file, kind = 'scene', track }] of some.entries()) {
      const part = partInFolders(file.path)?.part ?? 'all'
      const words =
        kind === 'scene' && track
          ? await wordsOf(track, sounds[place], read.label as string | null, labels)
          : []
      rows[part] ??= []
      rows[part].push({ kind, sound: sounds[place], words, name: file.name })
    }
  }
  return { rows, left: found.length - known.length }
}

async function readRow(file: DataFile) {
  const sound = await readSound(await file.bytes(), file.name)
  if (sound.channels[0].length === 0) throw problem(file.name, 0, 'a sound with samples', 'none')
  checkSound(sound, file.name)
  return sound
}

const placeOf = ({ path }: DataFile) => [...foldersOf(path), stemOf(path)].join('/')

/** What the nearest folder with a known name says. */
function kindOf({ path }: DataFile, read: Readonly<Record<string, unknown>>): TriggerKind | undefined {
  const names = { positive: read.positives, negative: read.negatives, background: read.backgrounds }
  for (const folder of foldersOf(path).reverse())
    for (const [kind, list] of Object.entries(names))
      if (
        String(list)
          .split(',')
          .some((name) => name.trim().toLowerCase() === folder.toLowerCase())
      )
        return kind as TriggerKind
  return undefined
}

async function wordsOf(
  track: DataFile,
  sound: Sound,
  wanted: string | null,
  labels: Set<string>,
): Promise<SpokenWord[]> {
  const found = readAudacityLabels(decodeText(await track.bytes(), track.name), track.name)
  checkWords(found, sound, track.name)
  for (const { label } of found) labels.add(label)
  return found
    .filter(({ label }) => wanted === null || label === wanted)
    .map(({ start, end }) => ({ start, end }))
    .sort((a, b) => a.end - b.end)
}

/** What is amiss where label tracks have labels, but nowhere the one that `read.label` names. */
function missingLabel(labels: ReadonlySet<string>, { label }: Readonly<Record<string, unknown>>) {
  if (typeof label !== 'string' || labels.size === 0 || labels.has(label)) return undefined
  return {
    expected: `the label ${shown(label)} (read.label) in label tracks`,
    found: shownList([...labels].sort()),
  }
}

const all = ({ rows }: Pick<Gathered, 'rows'>): readonly TriggerRow[] => [
  ...(rows.all ?? []),
  ...(rows.train ?? []),
  ...(rows.valid ?? []),
  ...(rows.test ?? []),
]

const nothing = (root: string, files: number) =>
  problem(
    root,
    0,
    'sound files (WAV, FLAC, MP3) in folders named positives, negatives and backgrounds (read.positives … name others), or with a label track NAME.txt beside NAME.wav',
    `${files} files of other kinds`,
  )

function notesOn(rows: readonly TriggerRow[], left: number): string[] {
  const counts = triggerKinds.map((kind) => [kind, rows.filter((row) => row.kind === kind).length] as const)
  const of = Object.fromEntries(counts)
  const notes = [counts.map(([kind, count]) => `${count.toLocaleString('en')} ${kind}`).join(', ')]
  if (of.background === 0) notes.push('no backgrounds: scenes lie over faint noise')
  if (of.negative === 0 && of.positive > 0)
    notes.push('no recordings of other words: whatever is loud may be taken for the word')
  if (left > 0)
    notes.push(`left out ${left} sound ${left === 1 ? 'file' : 'files'} of which nothing says what they are`)
  return notes
}

function detected(
  root: string,
  { train, valid, test }: Readonly<Record<'train' | 'valid' | 'test', readonly TriggerRow[]>>,
  split: Detection['split'],
  notes: readonly string[],
): Detection {
  const sizes = { train: train.length, valid: valid.length, test: test.length }
  const rows = [...train, ...test].slice(0, 3).map(({ kind, sound, name = '' }) => {
    const seconds = (sound.channels[0].length / sound.sampleRate).toFixed(2)
    return { text: `${baseOf(name)}, ${seconds} s, ${sound.sampleRate} Hz`, label: kind, file: name, line: 0 }
  })
  return { format: 'recordings in folders', source: root, sizes, split, rows, labels: 0, notes }
}
