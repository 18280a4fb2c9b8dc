import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clips, frameClips } from '../tasks/clips.js'
import { CommandLine, lastJson } from './command.js'

let unrolled: CommandLine
const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const settings = [
  '--set',
  'model.hiddenSize=16',
  'train.epochs=20',
  'train.learningRate=0.02',
  'train.batchSize=8',
]
beforeAll(() => {
  unrolled = new CommandLine()
})
afterAll(() => unrolled.dispose())

describe('videos on the command line', () => {
  it('are learned as wholes, scored, and answered from a file', async () => {
    unrolled.file('clips/train.jsonl', lines(clips(240)))
    unrolled.file('clips/test.jsonl', lines(clips(300).slice(240)))
    unrolled.file('clip.json', JSON.stringify(clips(301)[300].frames))
    const args = ['train', 'video', '--data', 'clips', '--out', 'models/clips', ...settings, '--json']
    const { code, stdout, stderr } = await unrolled.run(args)
    expect(code, stderr).toBe(0)
    expect(stderr).toContain('videos in JSON lines')
    expect(stderr).toContain('right: 3 frames of 8 numbers')
    const trained = lastJson(stdout) as { test: { accuracy: number }; baselines: { nearestMean: number } }
    expect(trained.test.accuracy).toBeGreaterThan(0.95)
    expect(trained.baselines.nearestMean).toBeLessThan(0.8)
    const said = await unrolled.run(['predict', 'models/clips', 'clip.json', '--json'])
    expect(lastJson(said.stdout)).toMatchObject({
      file: 'clip.json',
      frames: 3,
      label: clips(301)[300].label,
    })
    for (const name of ['a', 'b']) unrolled.file(`new/${name}.json`, JSON.stringify(clips(1)[0].frames))
    unrolled.file('new/labels.txt', 'a right')
    const folder = await unrolled.run(['predict', 'models/clips', 'new', '--json'])
    expect([folder.code, folder.stdout.trimEnd().split('\n').length]).toEqual([0, 2])
    const wrong = await unrolled.run(['predict', 'models/clips', 'clips/test.jsonl'])
    expect(wrong.code).toBe(2)
    expect((await unrolled.run(['generate', 'models/clips'])).stderr).toContain(
      'generate needs a model that makes something new (task lm, music), got one of the task video',
    )
    expect(wrong.stderr).toContain('clips/test.jsonl: expected JSON')
  })

  it('have labels of their frames', async () => {
    unrolled.file('frames.jsonl', lines(frameClips(300)))
    const args = ['train', 'video', '--data', 'frames.jsonl', '--out', 'models/frames', ...settings]
    const { code, stdout, stderr } = await unrolled.run(args)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/test +30 +9\d\.\d %|test +30 +100\.0 %/)
    unrolled.file('clip.json', JSON.stringify(frameClips(1)[0].frames)) // goes right
    const said = await unrolled.run(['predict', 'models/frames', 'clip.json'])
    expect(said.stdout).toContain('1–1 else, 2–3 forth')
  })
})
