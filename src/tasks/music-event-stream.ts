import { HIGHEST_PITCH, type Roll, type Step } from '../data/piece.js'
import { drawToken } from '../decoding/sampling.js'
import type { LanguageModelStream } from '../models/language-model-stream.js'
import type { StackSnapshot } from '../models/stream.js'
import type { Random } from '../random/index.js'
import { MusicEvents } from './music-events.js'
import type { DrawnStep, MusicFormStream, NextNote } from './music-form.js'
import { softmax } from './prediction.js'

/** The state of a stream of events. */
interface EventSnapshot {
  readonly model: StackSnapshot
  readonly sounding: Step
  readonly degree: number
  readonly steps: number
}

/** Events that are read and drawn, a step of music at a time. */
export class EventFormStream implements MusicFormStream {
  readonly #events: MusicEvents
  readonly #stream: LanguageModelStream
  #sounding = new Set<number>()
  #degree: number
  #steps = 0

  constructor(events: MusicEvents, stream: LanguageModelStream) {
    this.#events = events
    this.#stream = stream
    this.#degree = events.first
  }

  get steps(): number {
    return this.#steps
  }

  push(step: Step): void {
    const ended = this.#keys().filter((pitch) => !step.includes(pitch))
    const begun = step.filter((pitch) => !this.#sounding.has(pitch))
    for (const pitch of ended) this.#push(this.#events.off(pitch))
    for (const pitch of begun) this.#push(this.#events.on(pitch))
    this.#push(MusicEvents.step)
  }

  read(roll: Roll): void {
    for (const step of this.#events.of(roll)) for (const token of step) this.#push(token)
  }

  next(top: number): NextNote[] {
    const probabilities = softmax(this.#stream.logits())
    return Array.from(probabilities, (probability, token) => ({ token, probability }))
      .sort((a, b) => b.probability - a.probability || a.token - b.token)
      .slice(0, top)
      .map(({ token, probability }) => ({ name: this.#events.name(token), probability }))
  }

  draw(random: Random, temperature: number): DrawnStep {
    const struck: { pitch: number; velocity: number }[] = []
    const order: Order = { off: 0, on: 0, loud: false }
    let logProb = 0
    for (let token = -1; token !== MusicEvents.step; ) {
      const logits = this.#stream.logits()
      token = drawn(logits, (event) => this.#follows(order, event), temperature, random)
      logProb += Math.log(softmax(logits)[token])
      this.#push(token)
      const { kind, value } = this.#events.read(token)
      if (kind === 'on') struck.push({ pitch: value, velocity: this.#events.velocityOf(this.#degree) })
      if (kind === 'on' || kind === 'off') order[kind] = value
      order.loud = kind === 'velocity'
    }
    return { sounding: this.#keys(), struck, logProb }
  }

  fork(): MusicFormStream {
    const copy = new EventFormStream(this.#events, this.#stream.fork())
    copy.#take(this.snapshot())
    return copy
  }

  snapshot(): EventSnapshot {
    return {
      model: this.#stream.snapshot(),
      sounding: this.#keys(),
      degree: this.#degree,
      steps: this.#steps,
    }
  }

  restore(snapshot: EventSnapshot): void {
    this.#stream.restore(snapshot.model)
    this.#take(snapshot)
  }

  dispose(): void {
    this.#stream.dispose()
  }

  #take({ sounding, degree, steps }: Omit<EventSnapshot, 'model'>): void {
    this.#sounding = new Set(sounding)
    this.#degree = degree
    this.#steps = steps
  }

  #push(token: number): void {
    this.#stream.push(token)
    const { kind, value } = this.#events.read(token)
    if (kind === 'on') this.#sounding.add(value)
    if (kind === 'off') this.#sounding.delete(value)
    if (kind === 'velocity') this.#degree = value
    if (kind === 'step') this.#steps++
  }

  /** Whether an event may follow in the order that a step has. Drawing keeps to it, so that every step comes to its end. */
  #follows({ off, on, loud }: Order, token: number): boolean {
    const { kind, value } = this.#events.read(token)
    if (kind === 'on') return value > on && !this.#sounding.has(value)
    if (loud) return false
    if (kind === 'off') return on === 0 && value > off && this.#sounding.has(value)
    if (kind === 'velocity')
      return value !== this.#degree && on < HIGHEST_PITCH && !this.#sounding.has(HIGHEST_PITCH)
    return true
  }

  #keys(): number[] {
    return [...this.#sounding].sort((a, b) => a - b)
  }
}

/** The pitches that came up and down last in a step, 0: none yet; and whether a velocity has come, behind which a key comes down. */
interface Order {
  off: number
  on: number
  loud: boolean
}

/** An event of those that may follow, drawn from softmax(logits / temperature), or the likeliest with temperature 0. */
function drawn(
  logits: ArrayLike<number>,
  follows: (token: number) => boolean,
  temperature: number,
  random: Random,
): number {
  const open = Float64Array.from(logits, (logit, token) => (follows(token) ? logit : -Infinity))
  if (temperature === 0) return open.indexOf(open.reduce((a, b) => Math.max(a, b)))
  return drawToken(open, [], { temperature }, random)
}
