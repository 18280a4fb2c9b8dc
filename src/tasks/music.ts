import type { Piece } from '../data/piece.js'
import { KEYS } from '../data/piece.js'
import { FormatError } from '../errors.js'
import { assignWeights, type Json, type JsonObject, type StoredModel } from '../formats/index.js'
import { NoteFloors, type NoteRates } from '../metrics/note-floors.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { musicAnswers, musicReport } from './music-evaluation.js'
import type { NextNote } from './music-form.js'
import { formOf } from './music-forms.js'
import { learnMusic } from './music-learn.js'
import { MusicModel } from './music-model.js'
import { type PieceParts, piecesInMemory } from './music-rows.js'
import { type MusicSettings, musicSettings } from './music-settings.js'
import { decideSettings } from './music-sizes.js'
import { type Decided, resolveSettings } from './settings.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import { percent } from './text-table.js'

/**
 * Music → more music: piano rolls, whose keys sound or do not in each step, or events.
 *
 * Steps → recurrent layers → a probability for each of the 88 keys in the next step; or on, off and step, one event after the other.
 */
export const music: Task<Piece, MusicSettings, MusicModel, PieceParts> = {
  name: 'music',
  summary: 'music → more music: piano rolls and MIDI files',
  commands: ['generate MODEL --out piece.mid', 'predict MODEL piece.mid'],
  settings: musicSettings,
  headlines: ['nll'],
  rowsOf: piecesInMemory,
  learn: learnMusic,
  restore: restoreMusic,
  report: musicReport,
  line: musicLine,
  answers: musicAnswers,
}

/** Builds the model that `stored.config` describes and puts the stored weights in. */
function restoreMusic(engine: Engine, stored: StoredModel, place: string): MusicModel {
  const where = `${place}/config.json`
  const settings = settingsOf(stored.config.settings, where)
  const floors = new NoteFloors(ratesOf(stored.config.baselines, where))
  // the weights drawn here are overwritten
  const form = formOf(engine, settings, new Random(0))
  assignWeights(form.network.parameters(), stored.tensors, place)
  const { sustain } = storedObject(stored.config.read)
  return new MusicModel({ form, floors, settings, ...(typeof sustain === 'boolean' && { sustain }) })
}

function ratesOf(json: Json | undefined, where: string): NoteRates {
  const { sounding, begins, stays } = storedObject(json)
  const list = (values: Json | undefined, name: string): number[] => {
    const right =
      Array.isArray(values) &&
      values.length === KEYS &&
      values.every((value) => typeof value === 'number' && value > 0 && value < 1)
    if (!right) throw new FormatError(`${where}: expected ${KEYS} probabilities under baselines.${name}`)
    return values as number[]
  }
  return { sounding: list(sounding, 'sounding'), begins: list(begins, 'begins'), stays: list(stays, 'stays') }
}

function settingsOf(json: Json | undefined, where: string): Decided<MusicSettings> {
  const given = asFormatError(() => resolveSettings(musicSettings, json, () => where, ['settings']))
  return decideSettings(given, { steps: 0, rolls: true })
}

/** One line about a piece: how probable it is, and what may come next. */
function musicLine(answer: JsonObject): string {
  const { steps, nll, next } = answer as unknown as { steps: number; nll: number; next: readonly NextNote[] }
  const likely = next.map(({ name, probability }) => `${name} ${percent(probability)}`)
  return `${steps} steps, ${nll.toFixed(3)} nats each   next: ${likely.join(', ')}`
}
