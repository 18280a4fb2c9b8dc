import { FormatError } from '../errors.js'

/** What an event does. */
type Content =
  | { readonly type: 'noteOn'; readonly channel: number; readonly pitch: number; readonly velocity: number }
  | { readonly type: 'noteOff'; readonly channel: number; readonly pitch: number }
  | {
      readonly type: 'controller'
      readonly channel: number
      readonly controller: number
      readonly value: number
    }
  | { readonly type: 'program'; readonly channel: number; readonly program: number }
  | { readonly type: 'tempo'; readonly microsecondsPerBeat: number }
  | { readonly type: 'end' }

/** What the notes of a file depend on: when, in which track, and what; other events are passed over. */
export type MidiEvent = { readonly tick: number; readonly track: number } & Content

/** Where the events of a track stand in their file. */
export interface TrackPlace {
  /** Counted from 0. */
  readonly track: number
  readonly begin: number
  readonly end: number
  /** The name that errors begin with. */
  readonly name: string
}

/**
 * The events of a track up to its end-of-track: what stands behind that is not read, and a track without one ends with its bytes. The
 * last event is always `end`, with the last tick. (By hand, as a library had to be watched byte by byte: it reads on behind the end.)
 *
 * @throws FormatError, with track and byte, for an event cut short, a running status without a status before it, a pitch or velocity
 * above 127.
 */
export function eventsOf(bytes: Uint8Array, place: TrackPlace): MidiEvent[] {
  const reader = new TrackReader(bytes, place)
  const { track } = place
  const events: MidiEvent[] = []
  let tick = 0
  let status = 0 // goes on where an event has none of its own
  while (!reader.done) {
    tick += reader.variable()
    const first = reader.byte()
    let event: Content | undefined
    if (first === 0xff) event = metaEvent(reader)
    else if (first === 0xf0 || first === 0xf7) reader.skip(reader.variable())
    else if (first > 0xf0 || (first < 0x80 && status === 0)) throw reader.foreign()
    else {
      if (first >= 0x80) status = first
      event = channelEvent(status, first < 0x80 ? first : reader.byte(), reader)
    }
    if (event?.type === 'end') break
    if (event) events.push({ tick, track, ...event })
  }
  events.push({ tick, track, type: 'end' })
  return events
}

const TEMPO = 0x51
const END_OF_TRACK = 0x2f

/** A tempo or the end; texts, keys and signatures are passed over. */
function metaEvent(reader: TrackReader): Content | undefined {
  const kind = reader.byte()
  const length = reader.variable()
  if (kind === END_OF_TRACK) return { type: 'end' }
  if (kind !== TEMPO || length !== 3) {
    reader.skip(length)
    return undefined
  }
  const [high, middle, low] = [reader.byte(), reader.byte(), reader.byte()]
  return { type: 'tempo', microsecondsPerBeat: (high << 16) | (middle << 8) | low }
}

/** An event of a channel, whose first value is read already; aftertouch and bends are passed over. */
function channelEvent(status: number, value: number, reader: TrackReader): Content | undefined {
  const channel = status & 15
  switch (status >> 4) {
    case 0x8:
    case 0x9: {
      const velocity = reader.byte()
      if ((value | velocity) > 127)
        throw reader.fail(`expected a pitch and a velocity up to 127, found ${value} and ${velocity}`, 2)
      const struck = status >= 0x90 && velocity > 0
      return struck
        ? { type: 'noteOn', channel, pitch: value, velocity }
        : { type: 'noteOff', channel, pitch: value }
    }
    case 0xb:
      return { type: 'controller', channel, controller: value, value: reader.byte() }
    case 0xc:
      return { type: 'program', channel, program: value & 127 }
    case 0xd: // pressure of the channel has one value, the others two
      return undefined
    default:
      reader.skip(1)
      return undefined
  }
}

/** Reads the bytes of a track one after the other and throws where they end. */
class TrackReader {
  #at: number

  constructor(
    private readonly bytes: Uint8Array,
    private readonly place: TrackPlace,
  ) {
    this.#at = place.begin
  }

  get done(): boolean {
    return this.#at >= this.place.end
  }

  byte(): number {
    if (this.done) throw this.#ended()
    return this.bytes[this.#at++]
  }

  skip(count: number): void {
    if (this.#at + count > this.place.end) throw this.#ended()
    this.#at += count
  }

  /** A number in groups of seven bits, at most four, of which all but the last begin with a one. */
  variable(): number {
    let value = 0
    for (let groups = 0; groups < 4; groups++) {
      const byte = this.byte()
      value = value * 128 + (byte & 127)
      if (byte < 128) return value
    }
    throw this.fail('expected a number of at most four bytes, found one that goes on', 4)
  }

  /** The error for what stands `back` bytes before the next one. */
  fail(problem: string, back = 0): FormatError {
    const { name, track } = this.place
    return new FormatError(`${name}: track ${track + 1}, byte ${this.#at - back}: ${problem}`)
  }

  /** The error for a byte that no event begins with. */
  foreign(): FormatError {
    return this.fail(
      'expected a MIDI event, found bytes that are none: a status byte is missing or damaged',
      1,
    )
  }

  #ended(): FormatError {
    this.#at = this.place.end
    return this.fail(
      'expected an event, found the end of the track: its length is wrong, or bytes are missing',
    )
  }
}
