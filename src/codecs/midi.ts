import { type MidiEvent, parseMidi } from 'midi-file'
import { FormatError } from '../errors.js'

/** A note of a MIDI file; times in ticks and in seconds from the beginning. */
export interface MidiNote {
  /** 0 to 127; 60 is middle C. */
  readonly pitch: number
  /** How hard it is struck, 1 to 127. */
  readonly velocity: number
  /** 0 to 15; drums have channel 9, which musicians call 10. */
  readonly channel: number
  /** The instrument, 0 to 127: General MIDI's number less one. */
  readonly program: number
  readonly startTick: number
  /** When it stops sounding: with the sustain pedal down, later than its key comes up. */
  readonly endTick: number
  readonly start: number
  readonly end: number
}

/** From this tick on, the music goes at this speed. */
export interface MidiTempo {
  readonly tick: number
  readonly beatsPerMinute: number
}

/** What is played in a MIDI file. */
export interface MidiMusic {
  /** Ticks of a beat (quarter note). Files that count film frames have beats of half a second. */
  readonly ticksPerBeat: number
  /** In the order of time; the first from tick 0 on. */
  readonly tempos: readonly MidiTempo[]
  /** All but the drums, in the order of time, then of pitch. */
  readonly notes: readonly MidiNote[]
  /** The notes of channel 10, whose pitches are instruments. */
  readonly drums: readonly MidiNote[]
}

/** What `readMidi` can be told. */
export interface ReadMidiOptions {
  /** The name that errors begin with. */
  readonly name?: string
  /** Whether notes go on sounding while the sustain pedal (controller 64) is down; true by default. */
  readonly sustain?: boolean
}

/** The channel of the drums. */
export const DRUMS = 9
const SUSTAIN_PEDAL = 64

/**
 * Reads a MIDI file of format 0 or 1.
 *
 * A note ends at its note-off; with the sustain pedal down, when the pedal comes up or the key is struck again; at the end of its track
 * at the latest, and a tick behind its beginning at the earliest. Source: "Standard MIDI Files 1.0" (MIDI Manufacturers Association 1996); the bytes are parsed by the library midi-file.
 *
 * @throws FormatError, with track and byte, for anything else, a track that is longer or shorter than it says, an event cut short, a
 * running status without a status before it.
 *
 * ```ts
 * const { notes, tempos } = readMidi(fs.readFileSync('song.mid'), { name: 'song.mid' })
 * ```
 */
export function readMidi(
  bytes: Uint8Array,
  { name = 'MIDI file', sustain = true }: ReadMidiOptions = {},
): MidiMusic {
  const { header, tracks } = chunksIn(bytes, name)
  const division = divisionOf(bytes, header, tracks.length, name)
  const events = tracks.flatMap((chunk, track) => eventsOf(bytes, header, chunk, track, name))
  events.sort((a, b) => a.tick - b.tick || a.track - b.track) // stable: a track's own order stays
  const tempos = division.beats ? temposOf(events) : [{ tick: 0, beatsPerMinute: 120 }]
  const clock = clockOf(tempos, division.ticksPerBeat)
  const sounding = notesOf(events, sustain)
  const all = sounding
    .map((note): MidiNote => ({ ...note, start: clock(note.startTick), end: clock(note.endTick) }))
    .sort((a, b) => a.startTick - b.startTick || a.pitch - b.pitch)
  return {
    ticksPerBeat: division.ticksPerBeat,
    tempos,
    notes: all.filter(({ channel }) => channel !== DRUMS),
    drums: all.filter(({ channel }) => channel === DRUMS),
  }
}

interface Chunk {
  readonly id: string
  /** Where its content begins and ends in the file. */
  readonly begin: number
  readonly end: number
}

/** The header and the tracks; chunks of other kinds are passed over, as the standard says. */
function chunksIn(bytes: Uint8Array, name: string): { header: Chunk; tracks: Chunk[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (tag(0) !== 'MThd')
    throw new FormatError(
      `${name}: expected a MIDI file, which begins with MThd, found ${bytes.length === 0 ? 'an empty file' : JSON.stringify(tag(0))}`,
    )
  const chunks: Chunk[] = []
  for (let at = 0; at < bytes.length; ) {
    const number = chunks.filter(({ id }) => id === 'MTrk').length + 1
    const what = at === 0 ? 'the header' : `track ${number}`
    const left = bytes.length - at - 8
    if (left < 0)
      throw new FormatError(
        `${name}: byte ${at}: expected the beginning of ${what}, found ${left + 8} bytes: the file is cut short`,
      )
    const length = view.getUint32(at + 4)
    if (length > left)
      throw new FormatError(
        `${name}: byte ${at}: expected ${length.toLocaleString('en')} bytes of ${what}, as it says, found ${left.toLocaleString('en')}: the length is wrong or the file is cut short`,
      )
    const id = tag(at)
    if (!/^[\x20-\x7e]{4}$/.test(id))
      throw new FormatError(
        `${name}: byte ${at}: expected the beginning of ${what}, found bytes that begin nothing: the length of what is before it is wrong`,
      )
    chunks.push({ id, begin: at + 8, end: at + 8 + length })
    at += 8 + length
  }
  return { header: chunks[0], tracks: chunks.filter(({ id }) => id === 'MTrk') }
}

/** How ticks are counted; checks the header. */
function divisionOf(bytes: Uint8Array, { begin, end }: Chunk, tracks: number, name: string) {
  const problem = (expected: string, found: string | number) =>
    new FormatError(`${name}: byte ${begin}: expected ${expected}, found ${found}`)
  if (end - begin < 6) throw problem('a header of 6 bytes', end - begin)
  const view = new DataView(bytes.buffer, bytes.byteOffset + begin, 6)
  const [format, division] = [view.getUint16(0), view.getInt16(4)]
  if (format > 1) throw problem('MIDI of format 0 or 1', `format ${format}`)
  const promised = view.getUint16(2)
  if (tracks < promised) throw problem(`${promised} tracks, as it says`, `${tracks}: the file is cut short`)
  if (division === 0) throw problem('ticks per beat above 0', 0)
  if (division > 0) return { beats: true, ticksPerBeat: division }
  const [frames, perFrame] = [256 - bytes[begin + 4], bytes[begin + 5]]
  const perSecond = frames === 29 ? 30_000 / 1001 : frames
  if (perFrame === 0) throw problem('ticks per film frame above 0', 0)
  return { beats: false, ticksPerBeat: (perSecond * perFrame) / 2 }
}

/** An event at its place in time. */
type TimedEvent = MidiEvent & { readonly tick: number; readonly track: number }

/** The events of a track; the library sees a file of the header and this track alone. */
function eventsOf(bytes: Uint8Array, header: Chunk, chunk: Chunk, track: number, name: string): TimedEvent[] {
  const head = bytes.slice(header.begin - 8, header.end)
  head.set([0, 1], 10)
  const joined = new Uint8Array(head.length + 8 + chunk.end - chunk.begin)
  joined.set(head)
  joined.set(bytes.subarray(chunk.begin - 8, chunk.end), head.length)
  const reading = { at: 0 }
  const fail = (at: number, problem: string) =>
    new FormatError(`${name}: track ${track + 1}, byte ${at + chunk.begin - 8 - head.length}: ${problem}`)
  const ended = (at: number) =>
    fail(at, 'expected an event, found the end of the track: its length is wrong, or bytes are missing')
  try {
    const { tracks } = parseMidi(watched(joined, 0, reading, ended))
    let tick = 0
    return tracks.flat().map((event, place) => {
      tick += event.deltaTime
      if ((event.type === 'noteOn' || event.type === 'noteOff') && (event.noteNumber | event.velocity) > 127)
        throw new FormatError(
          `${name}: track ${track + 1}, event ${place + 1}: expected a pitch and a velocity up to 127, found ${event.noteNumber} and ${event.velocity}`,
        )
      return { ...event, tick, track }
    })
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw fail(
      reading.at,
      `expected a MIDI event, found bytes that are none: a status byte is missing or damaged`,
    )
  }
}

/** Bytes that know where they are read, and throw where they end: the library would read on. */
function watched(
  bytes: Uint8Array,
  base: number,
  reading: { at: number },
  ended: (at: number) => FormatError,
): Uint8Array {
  const at = (place: number) => {
    if (place >= bytes.length) throw ended(base + bytes.length)
    reading.at = base + place
    return bytes[place]
  }
  const slice = (from: number, to: number) => {
    if (to > bytes.length) throw ended(base + bytes.length)
    return watched(bytes.subarray(from, to), base + from, reading, ended)
  }
  return new Proxy(bytes, {
    get(target, key) {
      if (key === 'slice') return slice
      if (key === 'length' || typeof key === 'symbol') return Reflect.get(target, key, target)
      return at(Number(key))
    },
  })
}

function temposOf(events: readonly TimedEvent[]): MidiTempo[] {
  const tempos: MidiTempo[] = [{ tick: 0, beatsPerMinute: 120 }]
  for (const event of events) {
    if (event.type !== 'setTempo' || event.microsecondsPerBeat === 0) continue
    if (tempos[tempos.length - 1].tick === event.tick) tempos.pop()
    tempos.push({ tick: event.tick, beatsPerMinute: 6e7 / event.microsecondsPerBeat })
  }
  return tempos
}

/** Seconds at a tick. */
function clockOf(tempos: readonly MidiTempo[], ticksPerBeat: number): (tick: number) => number {
  const secondsPerTick = ({ beatsPerMinute }: MidiTempo) => 60 / beatsPerMinute / ticksPerBeat
  let seconds = 0
  const marks = tempos.map((tempo, place) => {
    const before = tempos[place - 1]
    if (before) seconds += (tempo.tick - before.tick) * secondsPerTick(before)
    return { tick: tempo.tick, seconds, each: secondsPerTick(tempo) }
  })
  return (tick) => {
    const mark = marks.findLast((one) => one.tick <= tick) ?? marks[0]
    return mark.seconds + (tick - mark.tick) * mark.each
  }
}

type TickNote = Omit<MidiNote, 'start' | 'end'>

/** A note that has begun. */
interface OpenNote extends Omit<TickNote, 'endTick'> {
  readonly track: number
}

/** Pairs beginnings and ends. */
function notesOf(events: readonly TimedEvent[], sustain: boolean): TickNote[] {
  const finished: TickNote[] = []
  const programs = new Array<number>(16).fill(0)
  const pedals = new Array<boolean>(16).fill(false)
  const open: OpenNote[] = [] // keys that are down
  let held: OpenNote[] = [] // keys that came up while the pedal was down
  const finish = ({ track: _, ...note }: OpenNote, tick: number) =>
    finished.push({ ...note, endTick: Math.max(tick, note.startTick + 1) })
  const release = (tick: number, which: (note: OpenNote) => boolean) => {
    for (const note of held.filter(which)) finish(note, tick)
    held = held.filter((note) => !which(note))
  }
  for (const event of events) {
    const { tick, track } = event
    if (event.type === 'programChange') programs[event.channel] = event.programNumber
    if (event.type === 'controller' && event.controllerType === SUSTAIN_PEDAL) {
      pedals[event.channel] = sustain && event.value >= 64
      if (!pedals[event.channel]) release(tick, ({ channel }) => channel === event.channel)
    }
    if (event.type === 'noteOn') {
      const { channel, noteNumber: pitch, velocity } = event
      release(tick, (note) => note.channel === channel && note.pitch === pitch)
      open.push({ pitch, velocity, channel, program: programs[channel], startTick: tick, track })
    }
    if (event.type === 'noteOff') {
      const { channel, noteNumber: pitch } = event
      const place = open.findIndex(
        (note) => note.track === track && note.channel === channel && note.pitch === pitch,
      )
      if (place < 0) continue
      const [note] = open.splice(place, 1)
      if (pedals[channel]) held.push(note)
      else finish(note, tick)
    }
  }
  const end = (of: (event: TimedEvent) => boolean) => events.findLast(of)?.tick ?? 0
  for (const note of open)
    finish(
      note,
      end(({ track }) => track === note.track),
    )
  release(
    end(() => true),
    () => true,
  )
  return finished
}
