import { type MidiEvent, writeMidi as toBytes } from 'midi-file'
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
  readonly event: WithoutTime<MidiEvent>
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'deltaTime'> : never

/**
 * A MIDI file of music. Throws a `UsageError` that names the note for one that no MIDI file can hold.
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
  for (const [place, note] of all.entries()) checkNote(note, place)
  const channels = [...new Set(all.map(({ channel }) => channel))].sort((a, b) => a - b)
  const parts = channels.map((channel) => playedOn(all.filter((note) => note.channel === channel)))
  const conductor = [...(title === '' ? [] : [titled(title)]), ...tempos.map(tempoEvent)]
  const tracks = format === 0 ? [[...conductor, ...parts.flat()]] : [conductor, ...parts]
  const header = { format, numTracks: tracks.length, ticksPerBeat } as const
  return Uint8Array.from(toBytes({ header, tracks: tracks.map(trackOf) }))
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

const titled = (text: string): Placed => ({
  tick: 0,
  order: -2,
  // MIDI knows bytes only
  event: { type: 'trackName', meta: true, text: text.replace(/[^\x20-\x7e]/g, '?') } as Placed['event'],
})

const tempoEvent = ({ tick, beatsPerMinute }: MidiTempo): Placed => ({
  tick,
  order: -1,
  event: { type: 'setTempo', meta: true, microsecondsPerBeat: Math.round(6e7 / beatsPerMinute) },
})

/** The events of the notes of one channel, a program change before each note of another instrument. */
function playedOn(notes: WrittenMusic['notes']): Placed[] {
  let program = -1
  return [...notes]
    .sort((a, b) => a.startTick - b.startTick || a.pitch - b.pitch)
    .flatMap((note): Placed[] => {
      const { channel, pitch: noteNumber, velocity, startTick, endTick } = note
      const changes: Placed[] =
        note.program === program
          ? []
          : [
              {
                tick: startTick,
                order: 1,
                event: { type: 'programChange', channel, programNumber: note.program },
              },
            ]
      program = note.program
      return [
        ...changes,
        { tick: startTick, order: 1, event: { type: 'noteOn', channel, noteNumber, velocity } },
        { tick: endTick, order: 0, event: { type: 'noteOff', channel, noteNumber, velocity: 64 } },
      ]
    })
}

/** Events in the order of time, with the time since the event before. */
function trackOf(placed: readonly Placed[]): MidiEvent[] {
  let last = 0
  const timed = [...placed]
    .sort((a, b) => a.tick - b.tick || a.order - b.order)
    .map(({ tick, event }) => {
      const deltaTime = tick - last
      last = tick
      return { ...event, deltaTime } as MidiEvent
    })
  return [...timed, { type: 'endOfTrack', meta: true, deltaTime: 0 } as MidiEvent]
}
