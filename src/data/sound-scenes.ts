import { UsageError } from '../errors.js'
import type { Random } from '../random/index.js'
import { type SpokenSpan, spokenSpan } from './audio-span.js'

/** A short recording and where in it somebody speaks. */
export interface SceneClip extends SpokenSpan {
  readonly samples: Float32Array
}

/** What scenes are made of: all of one sample rate. */
export interface SceneParts {
  /** Clips of the word. */
  readonly positives: readonly SceneClip[]
  /** Clips of other words and noises. */
  readonly negatives: readonly SceneClip[]
  /** What lies under them, each repeated where a scene is longer. */
  readonly backgrounds: readonly Float32Array[]
}

/** How scenes are made. Lengths in samples. */
export interface SceneOptions {
  readonly length: number
  /** Clips of the word, from none up to so many. */
  readonly words: number
  /** Other clips, from none up to so many. */
  readonly others: number
  /** The least background after each clip. */
  readonly gap: number
  /** Decibels by which a clip is louder or softer at most. */
  readonly gain: number
  /** How far the background is below the mean power of the spoken words, in decibels: drawn from a range. */
  readonly noise: readonly [least: number, most: number]
  /** Makes another clip of one that was drawn; by default it stays as it is. */
  readonly vary?: (clip: SceneClip) => SceneClip
}

/** A made-up recording, and where the word is said in it, in samples. */
export interface SoundScene {
  readonly samples: Float32Array
  readonly words: readonly SpokenSpan[]
}

/** A clip of a recording: its spoken part is where it is loud. */
export function sceneClip(samples: Float32Array, sampleRate: number): SceneClip {
  return { samples, ...spokenSpan(samples, sampleRate) }
}

/**
 * A scene: a piece of a background with clips laid over it, none over another, each louder or softer by chance. How many clips of each kind,
 * which, where and how loud is drawn from `random`, every place equally likely; clips that do not fit any more are left out.
 *
 * Throws a `UsageError` without clips of the word or without a background.
 *
 * ```ts
 * const { samples, words } = soundScene(parts, { length: 160_000, words: 3, others: 4, gap: 8000, gain: 6, noise: [10, 30] }, random)
 * ```
 */
export function soundScene(parts: SceneParts, options: SceneOptions, random: Random): SoundScene {
  const { positives, negatives, backgrounds } = parts
  const { length, gap, gain, noise } = options
  if (positives.length === 0 || backgrounds.length === 0)
    throw new UsageError('soundScene: expected at least one clip of the word and one background')
  const { vary = (clip: SceneClip) => clip } = options
  const drawn = [
    ...clipsFrom(positives, random.integer(options.words + 1), random).map((clip) => ({ clip, word: true })),
    ...clipsFrom(negatives, random.integer(options.others + 1), random).map((clip) => ({
      clip,
      word: false,
    })),
  ].map(({ clip, word }) => ({ clip: vary(clip), word }))
  random.shuffle(drawn)
  const clips = fitting(drawn, length, gap)
  const samples = background(
    backgrounds,
    length,
    wordPower(positives) * decibels(-between(noise, random)),
    random,
  )
  const words: SpokenSpan[] = []
  for (const [index, at] of places(clips, length, gap, random).entries()) {
    const { clip, word } = clips[index]
    const factor = Math.sqrt(decibels(between([-gain, gain], random)))
    for (let i = 0; i < clip.samples.length; i++) samples[at + i] += factor * clip.samples[i]
    if (word) words.push({ begin: at + clip.begin, end: at + clip.end })
  }
  return { samples, words }
}

interface Drawn {
  readonly clip: SceneClip
  readonly word: boolean
}

function clipsFrom(clips: readonly SceneClip[], count: number, random: Random): SceneClip[] {
  if (clips.length === 0) return []
  return Array.from({ length: count }, () => clips[random.integer(clips.length)])
}

/** The first clips that have room together. */
function fitting(clips: readonly Drawn[], length: number, gap: number): Drawn[] {
  let room = length
  return clips.filter(({ clip }) => {
    const needed = clip.samples.length + gap
    if (needed > room) return false
    room -= needed
    return true
  })
}

/** Where each clip begins: what is left of the scene is cut at random places, and each piece stands before a clip. */
function places(clips: readonly Drawn[], length: number, gap: number, random: Random): number[] {
  const taken = clips.reduce((sum, { clip }) => sum + clip.samples.length + gap, 0)
  const cuts = clips.map(() => random.integer(length - taken + 1)).sort((a, b) => a - b)
  let before = 0
  return clips.map(({ clip }, index) => {
    const at = cuts[index] + before
    before += clip.samples.length + gap
    return at
  })
}

/** A piece of a background from a random place, with a mean power; silent ones stay silent. */
function background(
  backgrounds: readonly Float32Array[],
  length: number,
  power: number,
  random: Random,
): Float32Array {
  const whole = backgrounds[random.integer(backgrounds.length)]
  const piece = new Float32Array(length)
  for (let at = 0, from = random.integer(whole.length); at < length; from = 0) {
    const part = whole.subarray(from, from + length - at)
    piece.set(part, at)
    at += part.length
  }
  const found = meanPower(piece, 0, length)
  const factor = found > 0 ? Math.sqrt(power / found) : 0
  for (let i = 0; i < length; i++) piece[i] *= factor
  return piece
}

const powers = new WeakMap<readonly SceneClip[], number>()

/** The mean power of the spoken parts of clips; computed once for a list. */
function wordPower(clips: readonly SceneClip[]): number {
  const known = powers.get(clips)
  if (known !== undefined) return known
  const sum = clips.reduce((total, { samples, begin, end }) => total + meanPower(samples, begin, end), 0)
  powers.set(clips, sum / clips.length)
  return sum / clips.length
}

function meanPower(samples: Float32Array, begin: number, end: number): number {
  let sum = 0
  for (let i = begin; i < end; i++) sum += samples[i] * samples[i]
  return sum / Math.max(1, end - begin)
}

const between = ([least, most]: readonly [number, number], random: Random) =>
  least + (most - least) * random.uniform()
const decibels = (value: number) => 10 ** (value / 10)
