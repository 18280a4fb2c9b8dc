import type { TaskName } from '../../src/tasks/index.js'
import { sceneRows, smallCaptioner } from './caption-scenes.js'
import { chorales, smallMusic } from './chorales.js'
import { clips, smallVideo } from './clips.js'
import { easyLines, smallText } from './lm-text.js'
import { reversedPairs, smallTranslator } from './pairs.js'
import { easyPairs, smallReplier } from './replies.js'
import { easyRows, small } from './rows.js'
import { easySeries, smallForecaster } from './series.js'
import { slotRows, small as smallTagger } from './tag-rows.js'
import { smallTranscriber, toneRows } from './tones.js'
import { smallDetector, soundRows } from './trigger-sounds.js'

/** What the suite that runs on every task needs of one: rows, settings of a small network, an input, and a row that is none. */
export interface Sample {
  readonly rows: readonly unknown[]
  readonly settings: { readonly train: object }
  readonly input: unknown
  /** Inputs of a stream: the input in two parts, where it is no text. */
  readonly pushed?: readonly [unknown, unknown]
  readonly bad: unknown
}

const sounds = soundRows(6)
const fewScenes = {
  ...smallDetector,
  train: { ...smallDetector.train, scenes: 16 },
  evaluation: { scenes: 6 },
}
const [heard, quiet] = [sounds[0].sound, sounds[sounds.length - 1].sound]

/** A sample for every task: one that is missing here does not compile. */
export const samples: Readonly<Record<TaskName, Sample>> = {
  classify: { rows: easyRows, settings: small, input: 'wake me up', bad: { text: 'hm' } },
  tag: { rows: slotRows, settings: smallTagger, input: 'fly me to Rome', bad: { spans: [] } },
  lm: { rows: easyLines(120), settings: smallText, input: 'anna eats', bad: 7 },
  reply: { rows: easyPairs, settings: smallReplier, input: 'play a song', bad: { source: 'hm' } },
  transcribe: {
    rows: toneRows(40),
    settings: smallTranscriber,
    input: toneRows(1, 2)[0].input,
    bad: { input: {}, text: 'a' },
  },
  video: {
    rows: clips(60),
    settings: smallVideo,
    input: clips(1)[0].frames,
    pushed: [clips(1)[0].frames[0], clips(1)[0].frames[1]],
    bad: { frames: [[1, 2]], label: 'still' },
  },
  music: {
    rows: chorales(24).map((steps) => ({ steps })),
    settings: smallMusic,
    input: chorales(1)[0],
    pushed: [[60, 64], [62]],
    bad: { steps: [[200]] },
  },
  forecast: {
    rows: easySeries,
    settings: smallForecaster,
    input: easySeries,
    pushed: [{ value: 10, time: '2030-01' }, 11],
    bad: { values: [1, Number.NaN] },
  },
  translate: { rows: reversedPairs, settings: smallTranslator, input: 'abc', bad: { target: 'x' } },
  trigger: {
    rows: sounds,
    settings: fewScenes,
    input: quiet,
    pushed: [heard.channels[0], quiet.channels[0]],
    bad: { kind: 'positive' },
  },
  caption: {
    rows: sceneRows(60),
    settings: smallCaptioner,
    input: sceneRows(1)[0].image,
    bad: { captions: ['a circle'] },
  },
}
