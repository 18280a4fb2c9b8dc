import { writeMidi } from '../codecs/midi-write.js'
import { UsageError } from '../errors.js'
import type { JsonObject } from '../formats/index.js'
import { drawRoll } from '../inspect/pictures/roll.js'
import { renderRoll } from '../inspect/render-roll.js'
import type { ComposedMusic } from './music-compose.js'
import type { GivenPiece, MusicModel } from './music-model.js'
import type { Generation } from './task.js'

/** How music models compose: MIDI files, pictures of the roll, notes as JSON. */
export const musicGeneration: Generation<MusicModel, GivenPiece> = {
  options: ['steps', 'temperature', 'tempo', 'seed'],
  generate(model, primer, { tempo = 100, ...options }) {
    const beatsPerMinute = Number(tempo)
    if (!(beatsPerMinute >= 4 && beatsPerMinute <= 1000))
      throw new UsageError(`--tempo: expected 4 to 1000 beats per minute, got ${tempo}`)
    const music = model.compose({ ...(primer !== undefined && { primer }), ...options })
    return {
      json: JSON.parse(JSON.stringify(music)) as JsonObject,
      text: (width) => `${renderRoll(music, { width })}\n${summaryOf(music)}`,
      files: {
        '.mid': () => midiOf(music, beatsPerMinute),
        '.svg': () => drawRoll(music),
        '.json': () => `${JSON.stringify(music)}\n`,
      },
    }
  },
}

/** Ticks of a beat that has so many steps: all of one length, and not too few for programs that show notes. */
const ticksOf = (stepsPerBeat: number) => stepsPerBeat * Math.ceil(480 / stepsPerBeat)

/** A composed piece as a MIDI file for a piano. */
function midiOf({ notes, stepsPerBeat }: ComposedMusic, beatsPerMinute: number): Uint8Array {
  const ticksPerBeat = ticksOf(stepsPerBeat)
  const tickOf = (step: number) => (step * ticksPerBeat) / stepsPerBeat
  return writeMidi({
    ticksPerBeat,
    tempos: [{ tick: 0, beatsPerMinute }],
    notes: notes.map(({ pitch, velocity, start, end }) => ({
      ...{ pitch, velocity, channel: 0, program: 0 },
      startTick: tickOf(start),
      endTick: tickOf(end),
    })),
  })
}

function summaryOf({ steps, primer, notes, nll }: ComposedMusic): string {
  const begun = primer > 0 ? `${primer} steps of the primer and ` : ''
  return `${begun}${steps.length - primer} drawn steps, ${notes.length} notes; ${nll.toFixed(2)} nats per drawn step`
}
