import { readMidi } from '../codecs/midi.js'
import { DataError } from '../errors.js'
import type { Random } from '../random/random.js'
import { LONGEST, pieceOf } from './check-piece.js'
import { baseOf, type DataFile, isBeside, partInFolders, partInName } from './data-file.js'
import type { Detection } from './dataset.js'
import { decodeText, linesOf } from './decode.js'
import { extensionOf } from './detect.js'
import { type Part, partOfWord, parts } from './example.js'
import { unzipped } from './gzip.js'
import { isObject } from './json-lines.js'
import { chordName, isKey, PIANO_NOTES, type Piece, type PieceNote, textOf } from './piece.js'
import { problem, shown, shownList } from './problem.js'
import { completeParts, NOT_VALIDATED, withoutValidation } from './split.js'

/** How music is read. */
export interface PieceReadOptions {
  /** Whether notes of MIDI files go on sounding while the sustain pedal is down; true by default. */
  readonly sustain?: boolean
  /** The beginning of the paths to take, where a folder holds several sets. */
  readonly prefix?: string
}

/** Options of `readPieceFiles`. */
export interface PieceDatasetOptions extends PieceReadOptions {
  /** Decides which pieces are held out when the data names no parts. */
  readonly random: Pick<Random, 'shuffle'>
  /** Files with the validation pieces; an empty list: no pieces choose the best epoch, those that the data names are learned from. */
  readonly valid?: readonly DataFile[]
  readonly test?: readonly DataFile[]
}

/** Pieces in three parts; `valid` and `test` may be empty. */
export interface PieceDataset {
  readonly train: readonly Piece[]
  readonly valid: readonly Piece[]
  readonly test: readonly Piece[]
  readonly detection: Detection
}

type Pieces = Partial<Record<Part | 'all', Piece[]>>

/** What one file holds. */
interface Found {
  readonly pieces: Pieces
  readonly format: string
  readonly notes: readonly string[]
}

const MIDI = ['mid', 'midi', 'kar']
const LINES = ['jsonl', 'ndjson']

/**
 * Reads music: MIDI files (`.mid`), a piece each, or JSON with piano rolls: `{"train": […], "valid": […], "test": […]}` or a list of
 * pieces, each a list of steps of MIDI pitches; or JSON lines, a piece each; one file or a folder, also as `.gz`. Parts are told by the words train, valid, dev, test
 * in names; those that are missing are held out, a tenth of the pieces each. Drums are left out, and so are files of a folder that hold
 * nothing else, with a note.
 *
 * Throws `DataError` with the files that are not right, each at its first fault (`file: train[3]: step 17: expected …, found …`).
 *
 * @example
 * const { train, detection } = await readPieceFiles(files, 'music/chorales', { random: new Random(1) })
 */
export async function readPieceFiles(
  files: readonly DataFile[],
  root: string,
  options: PieceDatasetOptions,
): Promise<PieceDataset> {
  const main = await gather(files, root, options)
  const notes = [...main.notes]
  const none = options.valid?.length === 0
  const pieces: Pieces = none ? withoutValidation(main.pieces) : { ...main.pieces }
  const { prefix: _, ...rest } = options
  for (const part of none ? (['test'] as const) : (['valid', 'test'] as const)) {
    const given = options[part]
    if (given === undefined) continue
    const found = await gather(given, given[0]?.name ?? part, rest)
    pieces[part] = only(found.pieces, part)
    notes.push(...found.notes)
  }
  const all = [...(pieces.all ?? []), ...(pieces.train ?? [])]
  if (all.length === 0) throw problem(root, 0, 'pieces to learn from', 'none')
  const { split, ...given } = completeParts(
    pieces,
    (piece) => ({ text: textOf(piece), label: '' }),
    options.random,
  )
  if (none) notes.push(NOT_VALIDATED)
  const sizes = { train: given.train.length, valid: given.valid.length, test: given.test.length }
  const detection = { ...described(main, root, all), sizes, split, notes }
  return { ...given, detection }
}

/** The pieces of some files that scores are computed on: the test part where the data names one, everything otherwise. */
export async function readPieces(
  files: readonly DataFile[],
  root: string,
  options: PieceReadOptions = {},
): Promise<{ pieces: readonly Piece[]; detection: Detection }> {
  const found = await gather(files, root, options)
  const pieces = only(found.pieces, 'test')
  const sizes = { train: 0, valid: 0, test: pieces.length }
  const detection = {
    ...described(found, root, pieces),
    sizes,
    split: 'given' as const,
    notes: found.notes,
  }
  return { pieces, detection }
}

/** The one piece of a file. Throws `DataError` for a file with several. */
export async function readPiece(file: DataFile, options: PieceReadOptions = {}): Promise<Piece> {
  const { pieces } = await readFile(unzipped(file), options)
  const all = only(pieces, 'all')
  if (all.length !== 1) throw problem(file.name, 0, 'one piece', `${all.length}`)
  return { ...all[0], name: all[0].name ?? baseOf(file.path) }
}

function only(pieces: Pieces, part: Part | 'all'): Piece[] {
  return pieces[part] ?? [...(pieces.all ?? []), ...parts.flatMap((other) => pieces[other] ?? [])]
}

function described({ format }: Found, root: string, pieces: readonly Piece[]) {
  const rows = pieces
    .slice(0, SHOWN)
    .map((piece) => ({ text: summaryOf(piece), label: '', file: root, line: 0 }))
  return { format, source: root, rows, labels: 0 }
}

const SHOWN = 3

function summaryOf(piece: Piece): string {
  const name = piece.name === undefined ? '' : `${piece.name}: `
  if ('notes' in piece)
    return `${name}${piece.notes.length} notes: ${chordName(piece.notes.slice(0, 12).map(({ pitch }) => pitch))} …`
  return `${name}${piece.steps.length} steps: ${piece.steps.slice(0, 4).map(chordName).join(' | ')} …`
}

async function gather(files: readonly DataFile[], root: string, options: PieceReadOptions): Promise<Found> {
  const plain = files.map(unzipped).filter(({ path }) => path.startsWith(options.prefix ?? ''))
  const usable = plain.length === 1 ? plain : plain.filter(isMusic)
  if (usable.length === 0)
    throw problem(root, 0, 'music: .mid files, or .json files with piano rolls', 'none')
  const pieces: Pieces = {}
  const formats = new Set<string>()
  const notes: string[] = []
  const silent: string[] = []
  const broken: DataError[] = []
  for (const file of usable) {
    const found = await readFile(file, options).catch((error: unknown) => {
      if (!(error instanceof DataError)) throw error
      if (error instanceof NoNotes && usable.length > 1) silent.push(file.name)
      else broken.push(error)
    })
    if (!found) continue
    const place = usable.length === 1 ? undefined : (partInName(file.path) ?? partInFolders(file.path))
    for (const [part, list] of Object.entries(found.pieces) as [Part | 'all', Piece[]][]) {
      const target = part === 'all' ? (place?.part ?? 'all') : part
      pieces[target] = [...(pieces[target] ?? []), ...list]
    }
    formats.add(found.format)
    notes.push(...found.notes)
  }
  if (broken.length > 0) throw together(broken, root)
  if (silent.length === usable.length)
    throw problem(root, 0, PIANO_NOTES, `none in ${filesCounted(silent.length)}`)
  if (silent.length > 0)
    notes.push(`left out ${filesCounted(silent.length)} without notes for a piano: ${shownList(silent)}`)
  const left = plain.length - usable.length
  if (left > 0) notes.push(`left out ${filesCounted(left)} of ${root} that are no music`)
  return { pieces, format: [...formats].join(' and '), notes: merged(notes) }
}

const filesCounted = (count: number) => `${count} ${count === 1 ? 'file' : 'files'}`

/** A MIDI file without notes to learn from, though nothing is wrong with it. */
class NoNotes extends DataError {}

const SHOWN_ERRORS = 20

/** All files that are not right in one error, so that they can be mended at once. */
function together(broken: readonly DataError[], root: string): DataError {
  if (broken.length === 1) return broken[0]
  const lines = broken.slice(0, SHOWN_ERRORS).map(({ message }) => `\n  ${message}`)
  const more = broken.length > SHOWN_ERRORS ? `\n  and ${broken.length - SHOWN_ERRORS} more` : ''
  return new DataError(`${root}: ${broken.length} files are not right:${lines.join('')}${more}`)
}

const isMusic = ({ path }: DataFile) =>
  !isBeside(path) && [...MIDI, ...LINES, 'json'].includes(extensionOf(path))

/** Many notes of the same kind as one. */
function merged(notes: readonly string[]): string[] {
  const drums = notes.filter((note) => note.endsWith(DRUMS_LEFT_OUT))
  if (drums.length < 2) return [...notes]
  const others = notes.filter((note) => !drums.includes(note))
  return [...others, `${drums.length} files: ${DRUMS_LEFT_OUT}`]
}

const DRUMS_LEFT_OUT = 'drums (channel 10) were left out'

async function readFile(file: DataFile, { sustain = true }: PieceReadOptions): Promise<Found> {
  const bytes = await file.bytes()
  if (MIDI.includes(extensionOf(file.path)) || startsAsMidi(bytes))
    return midiPiece(bytes, file.name, baseOf(file.path), sustain)
  const text = decodeText(bytes, file.name).replace(/\bNaN\b/g, 'null') // Python's sign for a voice that is silent
  if (LINES.includes(extensionOf(file.path)))
    return { pieces: { all: piecesInLines(text, file.name) }, format: 'JSON lines, a piece each', notes: [] }
  return { pieces: piecesIn(parsed(text, file.name), file.name), format: 'piano rolls in JSON', notes: [] }
}

const startsAsMidi = (bytes: Uint8Array) => String.fromCharCode(...bytes.subarray(0, 4)) === 'MThd'

function midiPiece(bytes: Uint8Array, file: string, name: string, sustain: boolean): Found {
  const { notes, drums, ticksPerBeat } = readMidi(bytes, { name: file, sustain })
  const none = (expected: string, found: string) => new NoNotes(problem(file, 0, expected, found).message)
  if (notes.length === 0) throw none('notes', drums.length > 0 ? 'drums only' : 'a MIDI file without any')
  const inBeats = notes.map(({ pitch, velocity, startTick, endTick }) => ({
    ...{ pitch, velocity, start: startTick / ticksPerBeat, end: endTick / ticksPerBeat },
  }))
  if (!notes.some(({ pitch }) => isKey(pitch))) throw none(PIANO_NOTES, 'none')
  checkLength(inBeats, file)
  return {
    pieces: { all: [{ name, notes: inBeats }] },
    format: 'MIDI',
    notes: drums.length > 0 ? [`${file}: ${DRUMS_LEFT_OUT}`] : [],
  }
}

/** A few damaged bytes can move a note a year away. */
function checkLength(notes: readonly PieceNote[], file: string): void {
  const place = notes.findIndex(({ end }) => end > LONGEST)
  if (place < 0) return
  const within = `an end within ${LONGEST.toLocaleString('en')} beats`
  throw problem(`${file}: note ${place + 1}`, 0, within, notes[place].end.toLocaleString('en'))
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw problem(file, 0, 'a JSON document', (error as Error).message.slice(0, 200))
  }
}

function piecesInLines(text: string, file: string): Piece[] {
  return linesOf(text).flatMap((line, place) => {
    const where = `${file}:${place + 1}`
    return line.trim() === '' ? [] : [pieceOf(parsed(line, where), where)]
  })
}

/** By part, a list of pieces, or one piece. */
function piecesIn(document: unknown, file: string): Pieces {
  if (isObject(document) && !('steps' in document) && !('notes' in document)) {
    const keys = Object.keys(document).filter((key) => partOfWord(key) !== undefined)
    if (keys.length === 0)
      throw problem(file, 0, 'pieces under "train", "valid" and "test"', shownList(Object.keys(document)))
    const pieces: Pieces = {}
    for (const key of keys) {
      const part = partOfWord(key) as Part
      pieces[part] = [...(pieces[part] ?? []), ...listOf(document[key], `${file}: ${key}`)]
    }
    return pieces
  }
  return { all: isPiece(document) ? [pieceOf(document, file)] : listOf(document, `${file}: `) }
}

/** A list of steps is a list of lists of numbers; a list of pieces is one level deeper. */
function isPiece(document: unknown): boolean {
  if (!Array.isArray(document)) return isObject(document)
  return !document.some((item) => isObject(item) || (Array.isArray(item) && item.some(Array.isArray)))
}

function listOf(value: unknown, where: string): Piece[] {
  if (!Array.isArray(value)) throw problem(where, 0, 'a list of pieces', shown(value))
  return value.map((piece, place) => pieceOf(piece, `${where}[${place}]`))
}
