import { sortedBatches } from '../data/batches.js'
import {
  chordName,
  HIGHEST_PITCH,
  KEYS,
  LOWEST_PITCH,
  MEZZO_FORTE,
  pitchName,
  type Roll,
  type Step,
} from '../data/piece.js'
import type { Training } from '../layers/layer.js'
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js'
import type { RollModel } from '../models/roll-model.js'
import type { RollStream } from '../models/roll-stream.js'
import type { StackSnapshot } from '../models/stream.js'
import type { Random } from '../random/index.js'
import { type Packed, PackedLayout, scale, type Tensor } from '../tensor/index.js'
import type { DrawnStep, MusicForm, MusicFormStream, MusicLesson, NextNote } from './music-form.js'

/** A part of a roll and the step before it. */
interface RollLesson extends MusicLesson {
  readonly before: Step
  readonly played: readonly Step[]
}

/** Rolls computed at once; it changes nothing but the speed. */
const BATCH = 8

/** Piano rolls: at every step the keys that sound are read, and each key by itself gets a probability for the next step. */
export class RollForm implements MusicForm<RollLesson> {
  constructor(readonly network: RollModel) {}

  lessonsOf({ steps }: Roll, window: number): RollLesson[] {
    return cuts(steps.length, window).map(([from, to]) => ({
      length: to - from,
      steps: to - from,
      before: steps[from - 1] ?? [],
      played: steps.slice(from, to),
    }))
  }

  loss(lessons: readonly RollLesson[], shifts: readonly number[], training?: Training): Tensor {
    const { read, right } = this.#tensors(lessons, shifts)
    return scale(binaryCrossEntropy(this.network.forward(read, training).data, right), KEYS)
  }

  room({ before, played }: RollLesson): { down: number; up: number } {
    const all = [before, ...played].flat()
    if (all.length === 0) return { down: 0, up: 0 }
    const [low, high] = all.reduce(
      ([a, b], pitch) => [Math.min(a, pitch), Math.max(b, pitch)],
      [HIGHEST_PITCH, LOWEST_PITCH],
    )
    return { down: low - LOWEST_PITCH, up: HIGHEST_PITCH - high }
  }

  stepLosses(rolls: readonly Roll[]): Float64Array[] {
    const losses = rolls.map(({ steps }) => new Float64Array(steps.length))
    this.#forEachKey(rolls, (roll, step, _, logit, right) => {
      losses[roll][step] += surprise(right ? logit : -logit)
    })
    return losses
  }

  frames(rolls: readonly Roll[]): { frameF1: number; frameAccuracy: number } {
    let [found, missed, invented] = [0, 0, 0]
    this.#forEachKey(rolls, (_, __, ___, logit, right) => {
      if (right && logit > 0) found++
      else if (right) missed++
      else if (logit > 0) invented++
    })
    const wrong = missed + invented
    return { frameF1: (2 * found) / (2 * found + wrong), frameAccuracy: found / (found + wrong) }
  }

  run(roll: Roll, most: number) {
    const steps = roll.steps.slice(0, most)
    const lesson = { length: steps.length, steps: steps.length, before: [], played: steps }
    return {
      // before the first step nothing sounds; the last is not read, as there is nothing behind it
      names: ['–', ...steps.slice(0, -1).map(chordName)],
      run: (copies: number) => {
        const lessons = Array<RollLesson>(copies).fill(lesson)
        return this.network.read(this.#tensors(lessons, []).read)
      },
    }
  }

  stream(): MusicFormStream {
    const stream = this.network.stream()
    stream.push(new Float32Array(KEYS)) // every piece begins behind silence
    return new RollFormStream(stream)
  }

  /** What is read (the step before) and what is right, as zeros and ones. */
  #tensors(lessons: readonly RollLesson[], shifts: readonly number[]): { read: Packed; right: Tensor } {
    const { engine } = this.network
    const layout = PackedLayout.of(lessons.map(({ length }) => length))
    const read = engine.zeros([layout.rows, KEYS])
    const right = engine.zeros([layout.rows, KEYS])
    const [from, to] = [read.data, right.data]
    layout.forEachRow((row, position, step) => {
      const index = layout.order[position]
      const { before, played } = lessons[index]
      const first = row * KEYS - LOWEST_PITCH + (shifts[index] ?? 0)
      for (const pitch of step === 0 ? before : played[step - 1]) from[first + pitch] = 1
      for (const pitch of played[step]) to[first + pitch] = 1
    })
    return { read: { data: read, layout }, right }
  }

  #forEachKey(
    rolls: readonly Roll[],
    visit: (roll: number, step: number, key: number, logit: number, right: boolean) => void,
  ): void {
    const { engine } = this.network
    for (const batch of sortedBatches(
      rolls.map(({ steps }) => steps.length),
      BATCH,
    )) {
      const members = Array.from(batch)
      const lessons = members.flatMap((roll) => this.lessonsOf(rolls[roll], Number.POSITIVE_INFINITY))
      engine.withoutRecording(() =>
        engine.scope(() => {
          const { read, right } = this.#tensors(lessons, [])
          const { data, layout } = this.network.forward(read)
          const [logits, targets] = [data.data, right.data]
          layout.forEachRow((row, position, step) => {
            const roll = members[layout.order[position]]
            for (let key = 0; key < KEYS; key++)
              visit(roll, step, key, logits[row * KEYS + key], targets[row * KEYS + key] === 1)
          })
        }),
      )
    }
  }
}

/** A roll that is read step by step. */
class RollFormStream implements MusicFormStream {
  readonly #stream: RollStream
  #sounding: Step = []

  constructor(stream: RollStream) {
    this.#stream = stream
  }

  get steps(): number {
    return this.#stream.steps - 1
  }

  push(step: Step): void {
    const keys = new Float32Array(KEYS)
    for (const pitch of step) keys[pitch - LOWEST_PITCH] = 1
    this.#stream.push(keys)
    this.#sounding = step
  }

  read({ steps }: Roll): void {
    for (const step of steps) this.push(step)
  }

  next(top: number): NextNote[] {
    const logits = this.#stream.logits()
    return Array.from(logits, (logit, key) => ({ key, probability: 1 / (1 + Math.exp(-logit)) }))
      .sort((a, b) => b.probability - a.probability || a.key - b.key)
      .slice(0, top)
      .map(({ key, probability }) => ({ name: pitchName(key + LOWEST_PITCH), probability }))
  }

  draw(random: Random, temperature: number): DrawnStep {
    const before = this.#sounding
    const sounding: number[] = []
    let logProb = 0
    for (const [key, logit] of this.#stream.logits().entries()) {
      const on = temperature === 0 ? logit > 0 : random.uniform() < 1 / (1 + Math.exp(-logit / temperature))
      if (on) sounding.push(key + LOWEST_PITCH)
      logProb -= surprise(on ? logit : -logit)
    }
    this.push(sounding)
    const struck = sounding.filter((pitch) => !before.includes(pitch))
    return { sounding, struck: struck.map((pitch) => ({ pitch, velocity: MEZZO_FORTE })), logProb }
  }

  fork(): MusicFormStream {
    const copy = new RollFormStream(this.#stream.fork())
    copy.#sounding = this.#sounding
    return copy
  }

  snapshot(): { stack: StackSnapshot; sounding: Step } {
    return { stack: this.#stream.snapshot(), sounding: this.#sounding }
  }

  restore({ stack, sounding }: { stack: StackSnapshot; sounding: Step }): void {
    this.#stream.restore(stack)
    this.#sounding = sounding
  }

  dispose(): void {
    this.#stream.dispose()
  }
}

/** -log σ(logit), without overflow. */
function surprise(logit: number): number {
  return Math.max(-logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)))
}

/** Parts of equal length, at most `window` long. */
export function cuts(length: number, window: number): [from: number, to: number][] {
  const count = Math.max(1, Math.ceil(length / window))
  const at = (part: number) => Math.round((part * length) / count)
  return Array.from({ length: count }, (_, part) => [at(part), at(part + 1)])
}
