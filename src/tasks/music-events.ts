import { KEYS, LOWEST_PITCH, MEZZO_FORTE, pitchName, type Roll } from '../data/piece.js'

/**
 * The events of music and their numbers: `step` moves time on by a step, `on` and `off` say which keys come down and up, `velocity` how
 * hard the keys are struck from here on. In a step the events have one order: off from low to high, on from low to high, each behind its
 * velocity where that changes, then `step`. So a piece is one sequence of events, whose probability is that of the piece.
 */
export class MusicEvents {
  static readonly step = 0
  readonly tokens: number

  /** `velocities` degrees of loudness; 0: none. */
  constructor(readonly velocities: number) {
    this.tokens = 1 + 2 * KEYS + velocities
  }

  on(pitch: number): number {
    return 1 + pitch - LOWEST_PITCH
  }

  off(pitch: number): number {
    return 1 + KEYS + pitch - LOWEST_PITCH
  }

  velocity(degree: number): number {
    return 1 + 2 * KEYS + degree
  }

  /** The degree of a MIDI velocity. */
  degreeOf(velocity: number): number {
    return Math.min(this.velocities - 1, Math.floor(((velocity - 1) * this.velocities) / 127))
  }

  /** The MIDI velocity in the middle of a degree; that of mezzo forte where there are none. */
  velocityOf(degree: number): number {
    return this.velocities === 0 ? MEZZO_FORTE : Math.round(1 + ((degree + 0.5) * 126) / this.velocities)
  }

  /** The degree with which every piece begins. */
  get first(): number {
    return this.degreeOf(MEZZO_FORTE)
  }

  /** What an event does: its kind, and the pitch or degree. */
  read(token: number): { readonly kind: 'step' | 'on' | 'off' | 'velocity'; readonly value: number } {
    if (token === MusicEvents.step) return { kind: 'step', value: 0 }
    if (token <= KEYS) return { kind: 'on', value: token - 1 + LOWEST_PITCH }
    if (token <= 2 * KEYS) return { kind: 'off', value: token - 1 - KEYS + LOWEST_PITCH }
    return { kind: 'velocity', value: token - 1 - 2 * KEYS }
  }

  name(token: number): string {
    const { kind, value } = this.read(token)
    if (kind === 'step') return 'step'
    return `${kind} ${kind === 'velocity' ? value + 1 : pitchName(value)}`
  }

  /** The events of each step of a roll. */
  of({ steps, notes }: Roll): number[][] {
    const events = steps.map((): number[] => [])
    const ends = [...notes].sort((a, b) => a.end - b.end || a.pitch - b.pitch)
    for (const { end, pitch } of ends) events[end]?.push(this.off(pitch))
    let degree = this.first
    for (const { start, pitch, velocity } of notes) {
      const struck = this.degreeOf(velocity)
      if (this.velocities > 0 && struck !== degree) events[start].push(this.velocity(struck))
      degree = struck
      events[start].push(this.on(pitch))
    }
    for (const step of events) step.push(MusicEvents.step)
    return events
  }
}
