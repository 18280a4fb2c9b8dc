import { UsageError } from '../errors.js'
import type { MidiNote, MidiTempo } from './midi.js'

/** Music to be written: what `readMidi` gives, or as much of it as a file has. */
export interface WrittenMusic {
  /** Ticks of a beat (quarter note), 1 to 32,767. */
  readonly ticksPerBeat: number
  /** 120 beats per minute by default. */
  readonly tempos?: readonly MidiTempo[]
  readonly notes: readonly Omit<MidiNote, 'start' | 'end'>[]
  /** Notes for channel 10. */
  readonly drums?: readonly Omit<MidiNote, 'start' | 'end'>[]
}

/** How a MIDI file is written. */
export interface WriteMidiOptions {
  /** 0: one track; 1 (default): the tempos in a track, then a track for each channel. */
  readonly format?: 0 | 1
  /** Is written into the first track. */
  readonly title?: string
}

/** An event with its time from the beginning. Ends come before beginnings of the same tick, so that a note can be struck again at once. */
interface Placed {
  readonly tick: number
  readonly order: number
  readonly bytes: readonly number[]
}

/**
 * A MIDI file of music. (The library that reads them writes them, too, but copies all that is written so far for every event.)
 *
 * Throws a `UsageError` that names the note, or the tempo, for one that no MIDI file can hold.
 *
 * ```ts
 * const note = { pitch: 60, velocity: 80, channel: 0, program: 0, startTick: 0, endTick: 480 }
 * fs.writeFileSync('c.mid', writeMidi({ ticksPerBeat: 480, notes: [note] }))
 * ```
 */
export function writeMidi(
  music: WrittenMusic,
  { format = 1, title = '' }: WriteMidiOptions = {},
): Uint8Array {
  const { ticksPerBeat, tempos = [{ tick: 0, beatsPerMinute: 120 }], notes, drums = [] } = music
  const all = [...notes, ...drums]
  const division = Number.isInteger(ticksPerBeat) && ticksPerBeat >= 1 && ticksPerBeat <= 0x7fff
  if (!division)
    throw new UsageError(
      `writeMidi: got ticksPerBeat ${ticksPerBeat}; expected a whole number from 1 to 32,767`,
    )
  for (const tempo of tempos) checkTempo(tempo)
  for (const [place, note] of all.entries()) checkNote(note, place)
  const channels = [...new Set(all.map(({ channel }) => channel))].sort((a, b) => a - b)
  const parts = channels.map((channel) => playedOn(all.filter((note) => note.channel === channel)))
  const conductor = [...(title === '' ? [] : [titled(title)]), ...tempos.map(tempoEvent)]
  const tracks = format === 0 ? [[...conductor, ...parts.flat()]] : [conductor, ...parts]
  const header = chunk('MThd', [...half(format), ...half(tracks.length), ...half(ticksPerBeat)])
  const chunks = [header, ...tracks.map((placed) => chunk('MTrk', trackOf(placed)))]
  const file = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const bytes of chunks) {
    file.set(bytes, at)
    at += bytes.length
  }
  return file
}

/** A beat lasts at most 2²⁴ - 1 microseconds. */
function checkTempo({ tick, beatsPerMinute }: MidiTempo): void {
  const microseconds = Math.round(6e7 / beatsPerMinute)
  if (!(microseconds >= 1 && microseconds < 2 ** 24))
    throw new UsageError(
      `writeMidi: the tempo at tick ${tick} is ${beatsPerMinute}; expected at least 3.6 beats per minute`,
    )
}

function checkNote(note: WrittenMusic['notes'][number], place: number): void {
  const { pitch, velocity, channel, program, startTick, endTick } = note
  const within = (value: number, low: number, high: number) =>
    Number.isInteger(value) && value >= low && value <= high
  const right =
    within(pitch, 0, 127) &&
    within(velocity, 1, 127) &&
    within(channel, 0, 15) &&
    within(program, 0, 127) &&
    within(startTick, 0, 2 ** 28 - 1) &&
    within(endTick, startTick + 1, 2 ** 28 - 1)
  if (!right)
    throw new UsageError(
      `writeMidi: note ${place} is ${JSON.stringify(note)}; expected a pitch from 0 to 127, a velocity from 1 to 127, a channel from 0 to 15, a program from 0 to 127, and an end behind its start, in whole ticks`,
    )
}

const titled = (text: string): Placed => {
  const letters = Array.from(text.replace(/[^\x20-\x7e]/g, '?'), (letter) => letter.charCodeAt(0)) // MIDI knows bytes only
  return { tick: 0, order: -2, bytes: [0xff, 0x03, ...variable(letters.length), ...letters] }
}

const tempoEvent = ({ tick, beatsPerMinute }: MidiTempo): Placed => {
  const microseconds = Math.round(6e7 / beatsPerMinute)
  const number = [microseconds >>> 16, (microseconds >>> 8) & 255, microseconds & 255]
  return { tick, order: -1, bytes: [0xff, 0x51, 3, ...number] }
}

/** The events of the notes of one channel, a program change before each note of another instrument. */
function playedOn(notes: WrittenMusic['notes']): Placed[] {
  let program = -1
  return [...notes]
    .sort((a, b) => a.startTick - b.startTick || a.pitch - b.pitch)
    .flatMap((note): Placed[] => {
      const { channel, pitch, velocity, startTick, endTick } = note
      const change =
        note.program === program ? [] : [{ tick: startTick, order: 1, bytes: [0xc0 | channel, note.program] }]
      program = note.program
      return [
        ...change,
        { tick: startTick, order: 1, bytes: [0x90 | channel, pitch, velocity] },
        { tick: endTick, order: 0, bytes: [0x80 | channel, pitch, 64] },
      ]
    })
}

/** The bytes of a track: each event behind the time since the one before. */
function trackOf(placed: readonly Placed[]): number[] {
  const track: number[] = []
  let last = 0
  for (const { tick, bytes } of [...placed].sort((a, b) => a.tick - b.tick || a.order - b.order)) {
    track.push(...variable(tick - last), ...bytes)
    last = tick
  }
  track.push(0, 0xff, 0x2f, 0)
  return track
}

function chunk(id: string, body: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 + body.length)
  for (let i = 0; i < 4; i++) bytes[i] = id.charCodeAt(i)
  new DataView(bytes.buffer).setUint32(4, body.length)
  bytes.set(body, 8)
  return bytes
}

const half = (value: number) => [value >>> 8, value & 255]

/** A number in groups of seven bits, of which all but the last begin with a one. */
function variable(value: number): number[] {
  const bytes = [value & 127]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 127) | 128)
  return bytes
}
