import { KEYS } from '../data/piece.js'
import { LanguageModel } from '../models/language-model.js'
import { RollModel } from '../models/roll-model.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import { EventForm } from './music-event-form.js'
import { MusicEvents } from './music-events.js'
import type { MusicForm } from './music-form.js'
import { RollForm } from './music-roll.js'
import type { MusicSettings } from './music-settings.js'
import type { Decided } from './settings.js'

type Settings = Pick<Decided<MusicSettings>, 'model' | 'notes'>

/** The form of the settings, its network with weights drawn from `random`. */
export function formOf(engine: Engine, settings: Settings, random: Random): MusicForm {
  return forms[settings.model.form](engine, settings, random) as unknown as MusicForm
}

const forms = {
  roll: (engine: Engine, { model }: Settings, random: Random) =>
    new RollForm(new RollModel({ ...recurrence(model), engine, random, keys: KEYS })),
  events: (engine: Engine, { model, notes }: Settings, random: Random) => {
    const events = new MusicEvents(notes.velocities)
    const { tokens } = events
    const { embeddingSize } = model
    return new EventForm(
      new LanguageModel({ ...recurrence(model), engine, random, tokens, embeddingSize }),
      events,
    )
  },
}

/** What the recurrent layers of both forms are told. */
function recurrence(model: Settings['model']) {
  const { cell, hiddenSize, layers } = model
  return {
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
    inputDropout: model.variationalDropout,
    recurrentDropout: model.recurrentDropout,
    weightDrop: model.weightDrop,
    zoneout: model.zoneout,
    dropout: { input: model.inputDropout, layers: model.layerDropout, head: model.headDropout },
  }
}
