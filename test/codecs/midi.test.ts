import { parseMidi } from 'midi-file'
import { describe, expect, it } from 'vitest'
import { readMidi, writeMidi } from '../../src/codecs/index.js'
import { FormatError, UsageError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

const text = (value: string) => Array.from(value, (letter) => letter.charCodeAt(0))
const word = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const half = (value: number) => [value >>> 8, value & 255]

/** A chunk, byte by byte as the standard has it; `promised` is what it says of its length, if it lies. */
const chunk = (id: string, body: readonly number[], promised = body.length) => [
  ...text(id),
  ...word(promised),
  ...body,
]
const header = (format: number, tracks: number, division = 96) =>
  chunk('MThd', [...half(format), ...half(tracks), ...half(division)])
const END = [0x00, 0xff, 0x2f, 0x00]
const track = (...events: readonly (readonly number[])[]) => chunk('MTrk', [...events.flat(), ...END])
const file = (...chunks: readonly (readonly number[])[]) => Uint8Array.from(chunks.flat())

/** C4 for a beat at 96 ticks a beat, then E4 by running status, ended by a note-on of velocity 0. */
const twoNotes = track(
  [0x00, 0x90, 60, 100],
  [0x60, 0x80, 60, 64],
  [0x00, 0x90, 64, 90],
  [0x81, 0x40, 64, 0], // 192 ticks later; the status 0x90 goes on
)

describe('readMidi', () => {
  it('reads notes with their times, from bytes worked out by hand', () => {
    const { notes, drums, ticksPerBeat, tempos } = readMidi(file(header(0, 1), twoNotes))
    expect(ticksPerBeat).toBe(96)
    expect(tempos).toEqual([{ tick: 0, beatsPerMinute: 120 }])
    expect(drums).toEqual([])
    expect(notes).toEqual([
      { pitch: 60, velocity: 100, channel: 0, program: 0, startTick: 0, endTick: 96, start: 0, end: 0.5 },
      { pitch: 64, velocity: 90, channel: 0, program: 0, startTick: 96, endTick: 288, start: 0.5, end: 1.5 },
    ])
  })

  it('follows the tempo map: a beat lasts a second from the second beat on, then a quarter of one', () => {
    const tempos = track([0x60, 0xff, 0x51, 3, 0x0f, 0x42, 0x40], [0x60, 0xff, 0x51, 3, 0x03, 0xd0, 0x90])
    const notes = track([0x00, 0x90, 60, 100], [0x82, 0x20, 0x80, 60, 0]) // 288 ticks: three beats
    const music = readMidi(file(header(1, 2), tempos, notes))
    expect(music.tempos.map(({ tick, beatsPerMinute }) => [tick, beatsPerMinute])).toEqual([
      [0, 120],
      [96, 60],
      [192, 240],
    ])
    expect(music.notes[0].end).toBeCloseTo(0.5 + 1 + 0.25, 12)
  })

  it('lets notes sound while the sustain pedal is down, until it comes up or the key is struck again', () => {
    const played = track(
      [0x00, 0xb0, 64, 127],
      [0x00, 0x90, 60, 100],
      [0x10, 0x80, 60, 0],
      [0x10, 0x90, 60, 80],
      [0x10, 0x80, 60, 0],
      [0x30, 0xb0, 64, 0],
    )
    const ends = (sustain: boolean) =>
      readMidi(file(header(0, 1), played), { sustain }).notes.map(({ startTick, endTick }) => [
        startTick,
        endTick,
      ])
    expect(ends(true)).toEqual([
      [0, 32],
      [32, 96],
    ])
    expect(ends(false)).toEqual([
      [0, 16],
      [32, 48],
    ])
  })

  it('keeps drums apart and knows the instrument of every channel', () => {
    const played = track(
      [0x00, 0xc2, 40],
      [0x00, 0x92, 67, 70],
      [0x00, 0x99, 36, 90],
      [0x20, 0x82, 67, 0],
      [0x00, 0x89, 36, 0],
    )
    const { notes, drums } = readMidi(file(header(0, 1), played))
    expect(notes).toMatchObject([{ pitch: 67, channel: 2, program: 40 }])
    expect(drums).toMatchObject([{ pitch: 36, channel: 9, startTick: 0, endTick: 32 }])
  })

  it('counts film frames as seconds, and ends what nobody ended', () => {
    const played = track([0x00, 0x90, 60, 100], [0x28, 0xb0, 7, 1])
    const frames = file(chunk('MThd', [...half(0), ...half(1), 0x100 - 25, 40]), played) // 25 · 40 ticks a second
    const [{ end, endTick }] = readMidi(frames).notes
    expect(endTick).toBe(40)
    expect(end).toBeCloseTo(0.04, 12)
  })

  it('gives notes that end where they begin a tick, so that they can be written again', () => {
    const played = track(
      [0x10, 0x90, 60, 100],
      [0x00, 0x80, 60, 0],
      [0x00, 0x90, 60, 90],
      [0x10, 0x80, 60, 0],
      [0x00, 0x90, 67, 80], // ended by the end of the track
    )
    const music = readMidi(file(header(0, 1), played))
    const times = music.notes.map(({ pitch, startTick, endTick }) => [pitch, startTick, endTick])
    expect(times).toEqual([
      [60, 16, 17],
      [60, 16, 32],
      [67, 32, 33],
    ])
    expect(readMidi(writeMidi(music)).notes).toEqual(music.notes)
  })

  it('passes over chunks of other kinds', () => {
    const bytes = file(header(0, 1), chunk('XFIH', [1, 2, 3]), twoNotes)
    expect(readMidi(bytes).notes.length).toBe(2)
  })

  it('does not read what stands behind the promised tracks, or behind the end of a track', () => {
    const { notes } = readMidi(file(header(0, 1), twoNotes))
    const behind = (...more: readonly (readonly number[])[]) =>
      readMidi(file(header(0, 1), twoNotes, ...more)).notes
    expect(behind([0, 0, 0])).toEqual(notes)
    expect(behind(text('\x1a made by nobody in particular'))).toEqual(notes)
    expect(behind(twoNotes)).toEqual(notes)
    const padded = chunk('MTrk', [...twoNotes.slice(8), 0, 0, 0xff, 0x99])
    expect(readMidi(file(header(0, 1), padded)).notes).toEqual(notes)
  })

  it.each([
    ['all notes off, which the pedal withstands', 123, [16, 80, 48]],
    ['mono, which is all notes off too', 126, [16, 80, 48]],
    ['all sound off, which the pedal does not withstand', 120, [16, 16, 48]],
    ['the volume, which ends nothing', 7, [96, 80, 48]],
  ])('ends notes at %s', (_, controller, ends) => {
    const played = track(
      [0x00, 0x90, 60, 100], // channel 1, no pedal
      [0x00, 0xb1, 64, 127],
      [0x00, 0x91, 64, 100], // channel 2, held by the pedal
      [0x00, 0x92, 67, 100], // channel 3, which is told nothing
      [0x08, 0x81, 64, 0],
      [0x08, 0xb0, controller, 0],
      [0x00, 0xb1, controller, 0],
      [0x20, 0x82, 67, 0],
      [0x20, 0xb1, 64, 0],
      [0x10, 0x80, 60, 0],
    )
    expect(readMidi(file(header(0, 1), played)).notes.map(({ endTick }) => endTick)).toEqual(ends)
  })

  it('finds the beginnings and ends that another reader finds, by running status and between other events', () => {
    const random = new Random(4)
    const played = Array.from({ length: 400 }, (_, k) => {
      const [time, pitch] = [Math.floor(random.uniform() * 120), 60 + Math.floor(random.uniform() * 8)]
      if (k % 7 === 3) return [time, 0xff, 0x01, 3, ...text('la!')]
      if (k % 7 === 5) return [time, 0xe0, 0, 64, 0, 0xd0, 10, 0, 0xa0, pitch, 1]
      const velocity = random.uniform() < 0.5 ? 0 : 64 // 0 ends a note
      return k % 7 === 1 || k % 7 === 2 ? [time, pitch, velocity] : [time, 0x90, pitch, velocity]
    })
    const bytes = file(header(0, 1), track(...played))
    const expected: number[][] = []
    const open: number[][] = []
    let tick = 0
    for (const event of parseMidi(bytes).tracks[0]) {
      tick += event.deltaTime
      if (event.type === 'noteOn') open.push([event.noteNumber, tick])
      if (event.type !== 'noteOff') continue
      const place = open.findIndex(([pitch]) => pitch === event.noteNumber)
      if (place >= 0) expected.push([...open.splice(place, 1)[0], tick])
    }
    for (const note of open) expected.push([...note, tick])
    const found = readMidi(bytes).notes.map(({ pitch, startTick, endTick }) => [pitch, startTick, endTick])
    const inOrder = (list: number[][]) => list.map(([pitch, start, end]) => `${pitch} ${start} ${end}`).sort()
    expect(expected.length).toBeGreaterThan(100)
    expect(inOrder(found)).toEqual(inOrder(expected.map(([p, a, b]) => [p, a, Math.max(b, a + 1)])))
  })

  it('reads thousands of tempos and notes at once, each note at its time', () => {
    const count = 30_000
    const tempos = Array.from({ length: count }, (_, k) => ({
      tick: 48 * k,
      beatsPerMinute: k % 2 ? 60 : 120,
    }))
    const notes = tempos.map(({ tick }) => ({
      ...{ pitch: 60, velocity: 100, channel: 0, program: 0 },
      ...{ startTick: tick, endTick: tick + 24 },
    }))
    const bytes = writeMidi({ ticksPerBeat: 96, tempos, notes })
    const began = performance.now()
    const read = readMidi(bytes).notes
    expect(performance.now() - began).toBeLessThan(8000) // half a second; 18 seconds where tempos are looked up one by one
    expect(read.length).toBe(count)
    expect(read[count - 1].start).toBeCloseTo((count / 2) * 0.25 + (count / 2 - 1) * 0.5, 6)
    expect(read[3].end).toBeCloseTo(0.25 + 0.5 + 0.25 + 0.25, 12)
  }, 60_000)

  it.each([
    [
      'no MIDI',
      file(text('RIFF....WAVE')),
      /x\.mid: expected a MIDI file, which begins with MThd, found "RIFF"/,
    ],
    ['nothing', new Uint8Array(0), /found an empty file/],
    [
      'a track that promises too much',
      file(header(0, 1), chunk('MTrk', [0, 0x90, 60, 1, ...END], 400)),
      /x\.mid: byte 14: expected 400 bytes of track 1, as it says, found 8/,
    ],
    [
      'a track that promises too little',
      file(header(0, 1), chunk('MTrk', [0, 0x90, 60, 1, 10, 0x80, 60, 1, ...END], 6)),
      /track 1, byte 28: expected an event, found the end of the track: its length is wrong/,
    ],
    [
      'an event cut short by its track',
      file(header(0, 1), chunk('MTrk', [0, 0x90, 60])),
      /x\.mid: track 1, byte 25: expected an event, found the end of the track/,
    ],
    [
      'a text longer than its track',
      file(header(0, 1), chunk('MTrk', [0, 0xff, 0x01, 100, 65])),
      /track 1, byte 27: expected an event, found the end/,
    ],
    [
      'a running status without a status',
      file(header(0, 1), track([0x00, 60, 100])),
      /x\.mid: track 1, byte 23: expected a MIDI event, found bytes that are none: a status/,
    ],
    [
      'a velocity that is none',
      file(header(0, 1), track([0x00, 0x90, 60, 200])),
      /track 1, byte 24: expected a pitch and a velocity up to 127, found 60 and 200/,
    ],
    [
      'a second track where the first says it ends',
      file(header(1, 2), chunk('MTrk', [...END, 1, 2, 3, 4, 5, 6, 7, 8], 4)),
      /byte 26: expected [\d,]+ bytes of track 2, as it says/,
    ],
    [
      'a time of five bytes',
      file(header(0, 1), track([0xff, 0xff, 0xff, 0xff, 0x01, 0x90, 60, 1])),
      /track 1, byte 22: expected a number of at most four bytes/,
    ],
    [
      'a status of the wire',
      file(header(0, 1), track([0x00, 0xf8])),
      /track 1, byte 23: expected a MIDI event/,
    ],
    ['fewer tracks than promised', file(header(1, 3), twoNotes), /expected 3 tracks, as it says, found 1/],
    ['format 2', file(header(2, 1), twoNotes), /expected MIDI of format 0 or 1, found format 2/],
    ['no ticks', file(header(0, 1, 0), twoNotes), /expected ticks per beat above 0, found 0/],
    [
      'a cut file',
      file(header(0, 1), twoNotes).subarray(0, 18),
      /byte 14: expected the beginning of track 1, found 4/,
    ],
    ['a short header', file(chunk('MThd', [0, 0, 0, 1]), twoNotes), /expected a header of 6 bytes, found 4/],
  ])('refuses %s', (_, bytes, message) => {
    const read = () => readMidi(bytes, { name: 'x.mid' })
    expect(read).toThrow(FormatError)
    expect(read).toThrow(message)
  })
})

describe('writeMidi', () => {
  const note = { pitch: 60, velocity: 100, channel: 0, program: 0, startTick: 0, endTick: 96 }

  it('writes the bytes that were worked out by hand', () => {
    const bytes = writeMidi({ ticksPerBeat: 96, notes: [note] }, { format: 0 })
    const tempo = [0x00, 0xff, 0x51, 3, 0x07, 0xa1, 0x20] // 500,000 microseconds
    const played = [...[0x00, 0xc0, 0], ...[0x00, 0x90, 60, 100], ...[0x60, 0x80, 60, 64]]
    expect([...bytes]).toEqual([...file(header(0, 1), track(tempo, played))])
  })

  it.each([0, 1] as const)('writes in format %d what readMidi reads again', (format) => {
    const notes = [
      note,
      { ...note, startTick: 96, endTick: 200 }, // struck again at once
      { ...note, pitch: 72, channel: 3, program: 41, velocity: 1, startTick: 50, endTick: 60_000 },
    ]
    const drums = [{ ...note, pitch: 36, channel: 9, startTick: 10, endTick: 11 }]
    const tempos = [
      { tick: 0, beatsPerMinute: 100 },
      { tick: 96, beatsPerMinute: 50 },
    ]
    const bytes = writeMidi({ ticksPerBeat: 96, tempos, notes, drums }, { format, title: 'Two – voices' })
    const read = readMidi(bytes)
    expect(read.tempos).toEqual(tempos)
    const plain = (list: typeof read.notes) => list.map(({ start: _, end: __, ...rest }) => rest)
    expect(plain(read.notes)).toEqual([notes[0], notes[2], notes[1]])
    expect(plain(read.drums)).toEqual(drums)
    expect(read.notes[2].start).toBeCloseTo(0.6, 12)
    expect(writeMidi(read, { format, title: 'Two – voices' })).toEqual(bytes)
  })

  it('writes what another reader finds as well', () => {
    const drums = [{ ...note, pitch: 36, channel: 9, startTick: 300, endTick: 40_000 }]
    const bytes = writeMidi({ ticksPerBeat: 96, notes: [note], drums }, { title: 'Two' })
    const { header: found, tracks } = parseMidi(bytes)
    expect(found).toEqual({ format: 1, numTracks: 3, ticksPerBeat: 96 })
    const plain = tracks.map((events) => events.map(({ deltaTime, type }) => [deltaTime, type]))
    expect(plain).toEqual([
      [
        [0, 'trackName'],
        [0, 'setTempo'],
        [0, 'endOfTrack'],
      ],
      [
        [0, 'programChange'],
        [0, 'noteOn'],
        [96, 'noteOff'],
        [0, 'endOfTrack'],
      ],
      [
        [300, 'programChange'],
        [0, 'noteOn'],
        [39_700, 'noteOff'],
        [0, 'endOfTrack'],
      ],
    ])
    expect(tracks[2][2]).toMatchObject({ noteNumber: 36, channel: 9 })
  })

  it.each([
    [{ ...note, pitch: 128 }],
    [{ ...note, velocity: 0 }],
    [{ ...note, endTick: 0 }],
    [{ ...note, startTick: 0.5 }],
    [{ ...note, channel: 16 }],
  ])('refuses %o', (wrong) => {
    expect(() => writeMidi({ ticksPerBeat: 96, notes: [note, wrong] })).toThrow(UsageError)
    expect(() => writeMidi({ ticksPerBeat: 96, notes: [note, wrong] })).toThrow(/note 1 is/)
  })

  it('refuses tempos that three bytes do not hold', () => {
    const tempos = [{ tick: 5, beatsPerMinute: 3 }]
    expect(() => writeMidi({ ticksPerBeat: 96, tempos, notes: [note] })).toThrow(/the tempo at tick 5 is 3/)
  })

  it('writes thousands of notes at once', () => {
    const notes = Array.from({ length: 5000 }, (_, k) => ({
      ...note,
      startTick: 480 * k,
      endTick: 480 * k + 300,
    }))
    const read = readMidi(writeMidi({ ticksPerBeat: 96, notes })).notes
    expect(read.length).toBe(5000)
    expect(read[4999]).toMatchObject({ startTick: 480 * 4999, endTick: 480 * 4999 + 300 })
  })

  it('refuses beats without ticks', () => {
    expect(() => writeMidi({ ticksPerBeat: 0, notes: [note] })).toThrow(/ticksPerBeat 0/)
  })
})
