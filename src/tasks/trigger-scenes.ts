import { Resampler } from '../data/audio-resample.js'
import type { SpokenSpan } from '../data/audio-span.js'
import {
  type SceneClip,
  type SceneOptions,
  type SceneParts,
  sceneClip,
  soundScene,
} from '../data/sound-scenes.js'
import type { SpokenWord } from '../metrics/detections.js'
import { Random } from '../random/index.js'
import type { Decided } from './settings.js'
import type { TriggerFrames } from './trigger-frames.js'
import type { TriggerRow } from './trigger-rows.js'
import type { TriggerSettings } from './trigger-settings.js'

/** A recording at the rate of the model and when the word is said in it. */
export interface Recording {
  readonly samples: Float32Array
  readonly words: readonly SpokenWord[]
}

/** Where there is no background, scenes lie over ten seconds of noise. */
const noiseSeconds = 10

/** What scenes are made from, and the recorded scenes among the rows. */
export class SceneSource {
  readonly parts: SceneParts
  readonly recorded: readonly Recording[]
  readonly #options: SceneOptions
  readonly #sampleRate: number
  readonly #speeds: readonly Resampler[]
  readonly #played = new Map<SceneClip, SceneClip[]>()

  constructor(rows: readonly TriggerRow[], frames: TriggerFrames, scene: Decided<TriggerSettings>['scene']) {
    const { sampleRate } = frames
    const of = (kind: TriggerRow['kind']) =>
      rows.filter((row) => row.kind === kind).map(({ sound }) => frames.samplesOf(sound))
    const clips = (kind: TriggerRow['kind']) => of(kind).map((samples) => sceneClip(samples, sampleRate))
    const backgrounds = of('background').filter(({ length }) => length > 0)
    this.parts = {
      positives: clips('positive'),
      negatives: clips('negative'),
      backgrounds: backgrounds.length > 0 ? backgrounds : [noise(noiseSeconds * sampleRate)],
    }
    this.recorded = rows
      .filter(({ kind }) => kind === 'scene')
      .map(({ sound, words = [] }) => ({ samples: frames.samplesOf(sound), words }))
    this.#sampleRate = sampleRate
    this.#options = {
      length: Math.round(scene.seconds * sampleRate),
      words: scene.words,
      others: scene.others,
      gap: Math.round(scene.gap * sampleRate),
      gain: scene.gain,
      noise: [scene.loudest, scene.quietest],
    }
    const { speed } = scene
    const factors = speed > 0 ? [1 - speed, 1 - speed / 2, 1 + speed / 2, 1 + speed] : []
    this.#speeds = factors.map((factor) => new Resampler(Math.round(1000 * factor), 1000))
  }

  /** Whether scenes can be made: there are clips of the word. */
  get makes(): boolean {
    return this.parts.positives.length > 0
  }

  /** A scene as it may have been; with `vary` its clips are played faster or slower. */
  made(random: Random, vary = false): Recording {
    const draw = vary ? (clip: SceneClip) => this.#atAnotherSpeed(clip, random) : undefined
    const { samples, words } = soundScene(
      this.parts,
      { ...this.#options, ...(draw && { vary: draw }) },
      random,
    )
    const seconds = (place: number) => place / this.#sampleRate
    return { samples, words: words.map(({ begin, end }) => ({ start: seconds(begin), end: seconds(end) })) }
  }

  /** A stretch of a recorded scene as long as a made one, or all of it. It never begins within a word, which would be heard and have no label. */
  cut({ samples, words }: Recording, random: Random): Recording {
    const { length } = this.#options
    if (samples.length <= length) return { samples, words }
    const spans = words.map(({ start, end }) => ({
      begin: start * this.#sampleRate,
      end: end * this.#sampleRate,
    }))
    const begin = beforeWords(random.integer(samples.length - length + 1), spans)
    const seconds = (place: number) => (place - begin) / this.#sampleRate
    return {
      samples: samples.subarray(begin, begin + length),
      words: spans
        .filter((word) => word.begin >= begin && word.end <= begin + length)
        .map((word) => ({ start: seconds(word.begin), end: seconds(word.end) })),
    }
  }

  #atAnotherSpeed(clip: SceneClip, random: Random): SceneClip {
    const choice = random.integer(this.#speeds.length + 1)
    if (choice === this.#speeds.length) return clip
    const known = this.#played.get(clip) ?? []
    this.#played.set(clip, known)
    known[choice] ??= sceneClip(this.#speeds[choice].forward(clip.samples), this.#sampleRate)
    return known[choice]
  }
}

/** A place itself, or the begin of the words that it lies within. */
function beforeWords(place: number, words: readonly SpokenSpan[]): number {
  const cut = words.find(({ begin, end }) => begin < place && place < end)
  return cut ? beforeWords(Math.floor(cut.begin), words) : place
}

function noise(length: number): Float32Array {
  const random = new Random('trigger').split('noise')
  return Float32Array.from({ length }, () => random.normal())
}

/** For each step 1 where the word has just ended, up to `label` seconds ago, else 0. */
export function stepLabels(
  { samples, words }: Recording,
  frames: TriggerFrames,
  label: number,
): Float32Array {
  const labels = new Float32Array(frames.steps(samples.length))
  for (let step = 0; step < labels.length; step++) {
    const time = frames.timeOf(step)
    if (words.some(({ end }) => time > end && time <= end + label)) labels[step] = 1
  }
  return labels
}
