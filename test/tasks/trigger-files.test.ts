import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeWav } from '../../src/codecs/index.js'
import { DataError } from '../../src/errors.js'
import { filesOf } from '../../src/formats/files.js'
import { Random } from '../../src/random/index.js'
import { triggerFiles } from '../../src/tasks/trigger-files.js'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-trigger-files-'))
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

describe('files', () => {
  const read = {
    positives: 'positives,activates',
    negatives: 'negatives',
    backgrounds: 'backgrounds',
    label: null,
  }
  const place = (...names: string[]) => path.join(work, ...names)
  const put = (file: string, samples: Float32Array) => {
    fs.mkdirSync(path.dirname(place(file)), { recursive: true })
    fs.writeFileSync(place(file), writeWav({ sampleRate: 8000, channels: [samples] }))
  }
  const readAt = async (folder: string, given = {}) =>
    triggerFiles.read(
      { root: folder, data: await filesOf(place(folder)) },
      { random: new Random(1), read: { ...read, ...given } },
    )

  it('folders say what recordings are, and which part they belong to', async () => {
    const sound = new Float32Array(800).fill(0.5)
    for (const part of ['train', 'dev', 'test'])
      for (const folder of ['Activates', 'negatives', 'backgrounds']) put(`a/${part}/${folder}/1.wav`, sound)
    put('a/test/other/2.wav', sound)
    const { data, detection } = await readAt('a')
    expect(data.train.map(({ kind }) => kind)).toEqual(['positive', 'background', 'negative'])
    expect(detection).toMatchObject({ split: 'given', sizes: { train: 3, valid: 3, test: 3 } })
    expect(detection.notes).toContain('left out 1 sound file of which nothing says what they are')
    expect(detection.rows[0]).toMatchObject({ text: '1.wav, 0.10 s, 8000 Hz', label: 'positive' })
    const { rows } = await triggerFiles.readScored(await filesOf(place('a')), 'a', { read })
    expect(rows).toHaveLength(3)
    await expect(readAt('a', { positives: 'words' })).rejects.toThrow(
      /1 recording of the word, or of scenes with it, to learn from, found 0 and 0/,
    )
  })

  it('a label track beside a recording makes it a scene', async () => {
    put('b/kitchen.wav', new Float32Array(8000))
    fs.writeFileSync(place('b/kitchen.txt'), '0.5\t0.75\tactivate\n0.1\t0.2\tdoor\n')
    const words = async (label: string | null) => {
      const { rows } = await triggerFiles.readScored(await filesOf(place('b')), 'b', {
        read: { ...read, label },
      })
      return rows.map((row) => row.words)
    }
    expect(await words('activate')).toEqual([[{ start: 0.5, end: 0.75 }]])
    expect(await words(null)).toEqual([
      [
        { start: 0.1, end: 0.2 },
        { start: 0.5, end: 0.75 },
      ],
    ])
    fs.writeFileSync(place('b/kitchen.txt'), '0.5\t0.75\tactivate\nnonsense\n')
    await expect(words(null)).rejects.toThrow(/kitchen\.txt:2: expected start, end and label/)
    fs.writeFileSync(place('b/kitchen.txt'), '50\t51\tactivate\n')
    await expect(words(null)).rejects.toThrow(/kitchen\.txt: expected words within the 1\.00 seconds/)
  })

  it('a label that no track has is named, with those that they have', async () => {
    for (const name of ['1', '2', '3']) {
      put(`e/${name}.wav`, new Float32Array(8000))
      fs.writeFileSync(place(`e/${name}.txt`), '0.5\t0.75\tactivate\n0.1\t0.2\tdoor\n')
    }
    expect((await readAt('e', { label: 'activate' })).detection.sizes).toEqual({
      train: 1,
      valid: 1,
      test: 1,
    })
    const missing = /expected the label "Activate" \(read\.label\) in label tracks, found activate, door/
    await expect(readAt('e', { label: 'Activate' })).rejects.toThrow(missing)
    await expect(readAt('e', { label: 'Activate' })).rejects.toThrow(DataError)
    const given = { read: { ...read, label: 'Activate' } }
    const { detection } = await triggerFiles.readScored(await filesOf(place('e')), 'e', given)
    expect(detection.notes).toContainEqual(expect.stringMatching(missing))
  })

  it('damaged, empty and missing recordings are named', async () => {
    put('c/positives/1.wav', new Float32Array(100))
    fs.writeFileSync(place('c/positives/2.flac'), Buffer.from('fLaC'))
    await expect(readAt('c')).rejects.toThrow(/2\.flac: byte 4: expected 0 bytes about the sound|2\.flac/)
    fs.rmSync(place('c/positives/2.flac'))
    put('c/positives/3.wav', new Float32Array(0))
    await expect(readAt('c')).rejects.toThrow(/3\.wav: expected a sound with samples, found none/)
    fs.mkdirSync(place('d'))
    fs.writeFileSync(place('d/readme.md'), 'hm')
    await expect(readAt('d')).rejects.toThrow(/d: expected sound files .*, found 1 files of other kinds/)
  })
})
