import { FormatError } from '../errors.js'
import { eventsOf, type MidiEvent } from './midi-events.js'

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
const ALL_SOUND_OFF = 120
/** And the four behind it, which change modes. */
const ALL_NOTES_OFF = 123

/**
 * Reads a MIDI file of format 0 or 1.
 *
 * A note ends at its note-off; with the sustain pedal down, when the pedal comes up or the key is struck again; at the end of its track
 * at the latest, and a tick behind its beginning at the earliest. "All notes off" (controllers 123 to 127) lets all keys of a channel
 * come up, "all sound off" (120) ends what the pedal holds, too. What stands behind the promised tracks, or behind the end of one, is not
 * read. Source: "Standard MIDI Files 1.0" and "MIDI 1.0 Detailed Specification" (MIDI Manufacturers Association 1996).
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
  const events = tracks.flatMap(({ begin, end }, track) => eventsOf(bytes, { track, begin, end, name }))
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

/** The header and the tracks that it promises; chunks of other kinds are passed over, as the standard says. */
function chunksIn(bytes: Uint8Array, name: string): { header: Chunk; tracks: Chunk[] } {
  if (tagAt(bytes, 0) !== 'MThd')
    throw new FormatError(
      `${name}: expected a MIDI file, which begins with MThd, found ${bytes.length === 0 ? 'an empty file' : JSON.stringify(tagAt(bytes, 0))}`,
    )
  const header = chunkAt(bytes, 0, 'the header', name)
  const promised = header.end - header.begin < 4 ? 0 : bytes[header.begin + 2] * 256 + bytes[header.begin + 3]
  const tracks: Chunk[] = []
  for (let at = header.end; at < bytes.length && tracks.length < promised; ) {
    const found = chunkAt(bytes, at, `track ${tracks.length + 1}`, name)
    if (found.id === 'MTrk') tracks.push(found)
    at = found.end
  }
  return { header, tracks }
}

const tagAt = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))

/** The chunk that begins at a byte; `what` it should be, for errors. */
function chunkAt(bytes: Uint8Array, at: number, what: string, name: string): Chunk {
  const problem = (expected: string, found: string) =>
    new FormatError(`${name}: byte ${at}: expected ${expected}, found ${found}`)
  const left = bytes.length - at - 8
  if (left < 0) throw problem(`the beginning of ${what}`, `${left + 8} bytes: the file is cut short`)
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getUint32(4)
  if (length > left)
    throw problem(
      `${length.toLocaleString('en')} bytes of ${what}, as it says`,
      `${left.toLocaleString('en')}: the length is wrong or the file is cut short`,
    )
  const id = tagAt(bytes, at)
  if (!/^[\x20-\x7e]{4}$/.test(id))
    throw problem(
      `the beginning of ${what}`,
      'bytes that begin nothing: the length of what is before it is wrong',
    )
  return { id, begin: at + 8, end: at + 8 + length }
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

function temposOf(events: readonly MidiEvent[]): MidiTempo[] {
  const tempos: MidiTempo[] = [{ tick: 0, beatsPerMinute: 120 }]
  for (const event of events) {
    if (event.type !== 'tempo' || event.microsecondsPerBeat === 0) continue
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
    let [low, high] = [0, marks.length] // the mark is from low on, before high
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (marks[middle].tick <= tick) low = middle
      else high = middle
    }
    const mark = marks[low]
    return mark.seconds + (tick - mark.tick) * mark.each
  }
}

type TickNote = Omit<MidiNote, 'start' | 'end'>

/** A note that has begun. */
interface OpenNote extends Omit<TickNote, 'endTick'> {
  readonly track: number
}

/** Pairs beginnings and ends. */
function notesOf(events: readonly MidiEvent[], sustain: boolean): TickNote[] {
  const notes = new SoundingNotes()
  const programs = new Array<number>(16).fill(0)
  for (const event of events) {
    const { tick, track } = event
    if (event.type === 'program') programs[event.channel] = event.program
    else if (event.type === 'noteOn') {
      const { pitch, velocity, channel } = event
      notes.strike({ pitch, velocity, channel, program: programs[channel], startTick: tick, track })
    } else if (event.type === 'noteOff') notes.lift(event)
    else if (event.type === 'controller') {
      const { channel, controller, value } = event
      if (controller === SUSTAIN_PEDAL) notes.pedal(channel, sustain && value >= 64, tick)
      if (controller === ALL_SOUND_OFF) notes.silence(channel, tick)
      if (controller >= ALL_NOTES_OFF) notes.liftAll(channel, tick)
    } else if (event.type === 'end') notes.endTrack(track, tick)
  }
  return notes.end(events.at(-1)?.tick ?? 0)
}

/** The notes that sound: those whose keys are down, and those that the pedal holds. */
class SoundingNotes {
  readonly #finished: TickNote[] = []
  readonly #pedals = new Array<boolean>(16).fill(false)
  /** By channel and pitch, the oldest first. */
  readonly #down = new Map<number, OpenNote[]>()
  #held: OpenNote[] = []

  /** A key comes down; what the pedal holds of it ends. */
  strike(note: OpenNote): void {
    this.#release((held) => keyOf(held) === keyOf(note), note.startTick)
    const down = this.#down.get(keyOf(note))
    if (down) down.push(note)
    else this.#down.set(keyOf(note), [note])
  }

  /** A key comes up in the track that struck it. */
  lift({ tick, track, ...key }: { tick: number; track: number; channel: number; pitch: number }): void {
    const down = this.#down.get(keyOf(key)) ?? []
    const place = down.findIndex((note) => note.track === track)
    if (place >= 0) this.#lifted(down.splice(place, 1)[0], tick)
  }

  /** All keys of a channel come up. */
  liftAll(channel: number, tick: number): void {
    for (const note of this.#takeDown((down) => down.channel === channel)) this.#lifted(note, tick)
  }

  /** Nobody lifts the keys of a track that has ended. */
  endTrack(track: number, tick: number): void {
    for (const note of this.#takeDown((down) => down.track === track)) this.#finish(note, tick)
  }

  pedal(channel: number, down: boolean, tick: number): void {
    this.#pedals[channel] = down
    if (!down) this.#release((note) => note.channel === channel, tick)
  }

  /** Ends all that sounds in a channel, whatever holds it. */
  silence(channel: number, tick: number): void {
    this.liftAll(channel, tick)
    this.#release((note) => note.channel === channel, tick)
  }

  /** All notes, those that still sound ended. */
  end(tick: number): TickNote[] {
    this.#release(() => true, tick)
    return this.#finished
  }

  #takeDown(which: (note: OpenNote) => boolean): OpenNote[] {
    const taken: OpenNote[] = []
    for (const [key, down] of this.#down) {
      for (const note of down) if (which(note)) taken.push(note)
      const rest = down.filter((note) => !which(note))
      if (rest.length > 0) this.#down.set(key, rest)
      else this.#down.delete(key)
    }
    return taken
  }

  #lifted(note: OpenNote, tick: number): void {
    if (this.#pedals[note.channel]) this.#held.push(note)
    else this.#finish(note, tick)
  }

  #release(which: (note: OpenNote) => boolean, tick: number): void {
    if (this.#held.length === 0) return
    for (const note of this.#held.filter(which)) this.#finish(note, tick)
    this.#held = this.#held.filter((note) => !which(note))
  }

  #finish({ track: _, ...note }: OpenNote, tick: number): void {
    this.#finished.push({ ...note, endTick: Math.max(tick, note.startTick + 1) })
  }
}

/** One number for a key of a channel. */
const keyOf = ({ channel, pitch }: { channel: number; pitch: number }) => channel * 128 + pitch
