import { describe, expect, it } from 'vitest'
import { writeMidi } from '../../src/codecs/index.js'
import { chordName, pitchName, readPieceFiles, rollOf } from '../../src/data/index.js'
import { rollsOf } from '../../src/data/piece.js'
import { readPiece, readPieces } from '../../src/data/read-pieces.js'
import { DataError } from '../../src/errors.js'
import { Random } from '../../src/random/index.js'

const fileOf = (path: string, content: string | Uint8Array) => ({
  path,
  name: path,
  bytes: async () => (typeof content === 'string' ? new TextEncoder().encode(content) : content),
})
const json = (path: string, value: unknown) => fileOf(path, JSON.stringify(value))
const note = { pitch: 60, velocity: 100, channel: 0, program: 0, startTick: 0, endTick: 96 }
const midi = (pitch: number, channel = 0) =>
  writeMidi({ ticksPerBeat: 96, notes: [note, { ...note, pitch, channel, startTick: 96, endTick: 120 }] })
const random = () => new Random(1)

describe('rollOf', () => {
  it('puts notes on a grid, each for one step at least', () => {
    const notes = [
      { pitch: 60, start: 0, end: 1.1, velocity: 80 },
      { pitch: 64, start: 0.26, end: 0.27, velocity: 80 },
      { pitch: 20, start: 0, end: 4, velocity: 80 }, // no key of a piano
    ]
    const { steps, notes: placed } = rollOf({ notes }, 4)
    expect(steps).toEqual([[60], [60, 64], [60], [60]])
    expect(placed.map(({ pitch, start, end }) => [pitch, start, end])).toEqual([
      [60, 0, 4],
      [64, 1, 2],
    ])
  })

  it('ends a note where its key is struck again', () => {
    const notes = [
      { pitch: 60, start: 0, end: 3, velocity: 80 },
      { pitch: 60, start: 1, end: 2, velocity: 60 },
      { pitch: 60, start: 1.01, end: 2.5, velocity: 70 }, // the same step
    ]
    expect(rollOf({ notes }, 2).notes).toEqual([
      { pitch: 60, start: 0, end: 2, velocity: 80 },
      { pitch: 60, start: 2, end: 5, velocity: 60 },
    ])
  })

  it('says which piece has no key of a piano, or is longer than any music', () => {
    const high = { notes: [{ pitch: 120, start: 0, end: 1, velocity: 80 }] }
    const far = { name: 'far', notes: [{ pitch: 60, start: 0, end: 50_000, velocity: 80 }] }
    const steps = { steps: [[60]] }
    expect(() => rollOf(high, 4)).toThrow(
      'the piece: expected notes that a piano has (MIDI pitches 21 to 108), found none',
    )
    expect(() => rollsOf([steps, high], 4)).toThrow(/^piece 2: expected notes that a piano has/)
    expect(rollOf(far, 20).steps.length).toBe(1_000_000)
    expect(() => rollsOf([steps, far], 24)).toThrow(
      'far: expected at most 1,000,000 steps, found 1,200,000, 24 per beat',
    )
    expect(() => rollsOf([high], 4)).toThrow(DataError)
  })

  it('takes a pitch that stays for one note', () => {
    const { notes } = rollOf({ steps: [[60], [60, 62], [], [60]] }, 1)
    expect(notes.map(({ pitch, start, end }) => [pitch, start, end])).toEqual([
      [60, 0, 2],
      [62, 1, 2],
      [60, 3, 4],
    ])
  })
})

describe('names', () => {
  it('are those of musicians', () => {
    expect([21, 60, 69, 108].map(pitchName)).toEqual(['A0', 'C4', 'A4', 'C8'])
    expect([chordName([60, 63]), chordName([])]).toEqual(['C4 E♭4', '–'])
  })
})

describe('readPieceFiles', () => {
  const pieces = Array.from({ length: 20 }, (_, k) => [[40 + k], [41 + k, 50 + k]])

  it('reads piano rolls by part, as the sets of Boulanger-Lewandowski are written', async () => {
    const file = json('jsb.json', { train: pieces, valid: [[[60, 55, 60]]], test: [[[null, 70]]] })
    const { train, valid, test, detection } = await readPieceFiles([file], 'jsb.json', { random: random() })
    expect(train[1]).toEqual({ steps: [[41], [42, 51]] })
    expect([...valid, ...test]).toEqual([{ steps: [[55, 60]] }, { steps: [[70]] }])
    expect(detection).toMatchObject({
      format: 'piano rolls in JSON',
      sizes: { train: 20, valid: 1, test: 1 },
    })
    expect(detection.rows[0].text).toBe('2 steps: E2 | F2 D3 …')
  })

  it('reads JSON lines, and names the line that is not right', async () => {
    const lines = fileOf('all.jsonl', '[[60], [62]]\n\n{"name": "a", "steps": [[64]]}\n')
    expect((await readPieces([lines], 'all.jsonl')).pieces).toEqual([
      { steps: [[60], [62]] },
      { name: 'a', steps: [[64]] },
    ])
    const wrong = fileOf('all.jsonl', '[[60]]\n[[60], [3]]\n')
    await expect(readPieces([wrong], 'all.jsonl')).rejects.toThrow(
      'all.jsonl:2: step 2: expected MIDI pitches',
    )
  })

  it('holds out what a plain list lacks, and reads NaN as a silent voice', async () => {
    const file = fileOf('all.json', JSON.stringify(pieces).replace('[40]', '[40, NaN]'))
    const { train, valid, test, detection } = await readPieceFiles([file], 'all.json', { random: random() })
    expect([train.length, valid.length, test.length]).toEqual([16, 2, 2])
    expect(detection.split).toBe('automatic')
  })

  it('reads folders of MIDI files with parts by name, drums left out', async () => {
    const files = [
      fileOf('train/a.mid', midi(64)),
      fileOf('train/b.mid', midi(36, 9)),
      fileOf('test/c.mid', midi(67)),
      fileOf('valid/d.mid', midi(69)),
      fileOf('README.md', 'songs'),
    ]
    const { train, test, valid, detection } = await readPieceFiles(files, 'songs', { random: random() })
    expect(train).toMatchObject([
      {
        name: 'a.mid',
        notes: [
          { start: 0, end: 1 },
          { pitch: 64, start: 1, end: 1.25 },
        ],
      },
      { name: 'b.mid', notes: [{ pitch: 60 }] },
    ])
    expect([test.length, valid.length]).toEqual([1, 1])
    expect(detection.notes).toEqual([
      'train/b.mid: drums (channel 10) were left out',
      'left out 1 file of songs that are no music',
    ])
  })

  it('scores the test part where there is one, and reads one piece as an input', async () => {
    const file = json('jsb.json', { train: pieces, test: [[[60]]] })
    expect((await readPieces([file], 'jsb.json')).pieces).toEqual([{ steps: [[60]] }])
    expect(await readPiece(json('one.json', [[60], [], [62]]))).toEqual({
      name: 'one.json',
      steps: [[60], [], [62]],
    })
    expect(await readPiece(fileOf('a.mid', midi(64)))).toMatchObject({ name: 'a.mid' })
    await expect(readPiece(file)).rejects.toThrow('jsb.json: expected one piece, found 21')
  })

  it.each([
    [
      'a pitch outside the piano',
      { train: [[[60]], [[60], [120]]] },
      'x.json: train[1]: step 2: expected MIDI pitches from 21 to 108, found 120',
    ],
    [
      'a step that is a number',
      { train: [[[60], 7]] },
      'x.json: train[0]: step 2: expected a list of MIDI pitches, found 7',
    ],
    ['a piece without steps', { train: [[]] }, 'x.json: train[0]: expected at least one step, found none'],
    ['other keys', { music: [] }, 'x.json: expected pieces under "train", "valid" and "test", found music'],
    ['a text', { train: 'la la' }, 'x.json: train: expected a list of pieces, found "la la"'],
    [
      'a note that ends before it begins',
      [{ notes: [{ pitch: 60, start: 2, end: 1 }] }],
      'x.json: [0]: note 1: expected an end in beats behind the start at 2, found 1',
    ],
    [
      'a velocity that no MIDI file holds',
      [{ notes: [{ pitch: 60, start: 0, end: 1, velocity: 80.5 }] }],
      'x.json: [0]: note 1: expected a whole velocity from 1 to 127, found 80.5',
    ],
    [
      'a piece beside the piano',
      { train: [[[60]], { notes: [{ pitch: 20, start: 0, end: 1 }] }] },
      'x.json: train[1]: expected notes that a piano has (MIDI pitches 21 to 108), found none',
    ],
  ])('refuses %s', async (_, content, message) => {
    const reading = readPieceFiles([json('x.json', content)], 'x.json', { random: random() })
    await expect(reading).rejects.toThrow(DataError)
    await expect(reading).rejects.toThrow(message)
  })

  it('names the note of a MIDI file that ends after years, and the file without a key of the piano', async () => {
    const played = [note, { ...note, startTick: 96, endTick: 2 ** 28 - 1 }]
    const far = fileOf('far.mid', writeMidi({ ticksPerBeat: 1, notes: played }))
    await expect(readPiece(far)).rejects.toThrow(DataError)
    await expect(readPiece(far)).rejects.toThrow(
      'far.mid: note 2: expected an end within 500,000 beats, found 268,435,455',
    )
    const low = fileOf('low.mid', writeMidi({ ticksPerBeat: 96, notes: [{ ...note, pitch: 12 }] }))
    await expect(readPiece(low)).rejects.toThrow('low.mid: expected notes that a piano has')
  })

  it('names all files of a folder that are damaged, and passes over those without notes for a piano', async () => {
    const drums = writeMidi({ ticksPerBeat: 96, notes: [], drums: [{ ...note, channel: 9 }] })
    const low = writeMidi({ ticksPerBeat: 96, notes: [{ ...note, pitch: 12 }] })
    const good = [fileOf('train/a.mid', midi(64)), fileOf('train/drums.mid', drums), fileOf('low.mid', low)]
    const { train, detection } = await readPieceFiles(good, 'songs', { random: random(), valid: [] })
    expect(train.map(({ name }) => name)).toEqual(['a.mid'])
    expect(detection.notes).toContain('left out 2 files without notes for a piano: train/drums.mid, low.mid')
    const broken = [
      ...good,
      fileOf('b.mid', midi(64).subarray(0, 40)),
      json('c.json', [[[60], [200]]]),
      fileOf('d.mid', 'RIFF'),
    ]
    const reading = readPieceFiles(broken, 'songs', { random: random() })
    await expect(reading).rejects.toThrow(DataError)
    await expect(reading).rejects.toThrow(
      /^songs: 3 files are not right:\n {2}b\.mid: byte \d+: .*\n {2}c\.json: \[0\]: step 2: .*\n {2}d\.mid: expected a MIDI file.*$/,
    )
    await expect(readPieces(good.slice(1), 'songs')).rejects.toThrow(
      'songs: expected notes that a piano has (MIDI pitches 21 to 108), found none in 2 files',
    )
  })

  it('names the MIDI file that is damaged, or that holds no notes', async () => {
    const broken = [fileOf('a.mid', midi(64)), fileOf('b.mid', midi(64).subarray(0, 40))]
    await expect(readPieceFiles(broken, 'songs', { random: random() })).rejects.toThrow(/^b\.mid: byte/)
    const drums = writeMidi({ ticksPerBeat: 96, notes: [], drums: [{ ...note, channel: 9 }] })
    await expect(readPiece(fileOf('d.mid', drums))).rejects.toThrow('d.mid: expected notes, found drums only')
    await expect(readPieceFiles([fileOf('x.json', '[[')], 'x', { random: random() })).rejects.toThrow(
      'x.json: expected a JSON document',
    )
  })
})
