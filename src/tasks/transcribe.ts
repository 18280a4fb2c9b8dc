import { FormatError } from '../errors.js'
import { assignWeights, type StoredModel } from '../formats/index.js'
import { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { FrameReader } from './frame-reader.js'
import { PictureFrames } from './picture-frames.js'
import { resolveSettings } from './settings.js'
import { SoundFrames } from './sound-frames.js'
import { asFormatError, storedObject } from './stored.js'
import type { Task } from './task.js'
import { buildNetwork } from './transcribe-build.js'
import { transcriberAnswers } from './transcribe-evaluation.js'
import { learnToTranscribe } from './transcribe-learn.js'
import { transcribeLine, transcribeReport } from './transcribe-report.js'
import { type TranscribeRow, transcribeRows } from './transcribe-rows.js'
import { type TranscribeSettings, transcribeSettings } from './transcribe-settings.js'
import { decideLength, decideSettings } from './transcribe-sizes.js'
import { writtenFromJSON } from './transcribe-tokens.js'
import { Transcriber } from './transcriber.js'

/**
 * Sound → text, or a picture of a line of writing → text.
 *
 * Frames → convolution → recurrent layers → CTC → prefix search.
 */
export const transcribe: Task<TranscribeRow, TranscribeSettings, Transcriber> = {
  name: 'transcribe',
  summary: 'sound or a picture of writing → text: speech, digits, lines of print',
  commands: ['transcribe MODEL FILE.wav', 'evaluate MODEL DATA'],
  settings: transcribeSettings,
  adjustable: ['decode'],
  headlines: ['cer', 'loss'],
  rowsOf: transcribeRows,
  learn: learnToTranscribe,
  restore: restoreTranscriber,
  report: transcribeReport,
  line: transcribeLine,
  outputs: (model, rows) => model.outputs(rows),
  answers: transcriberAnswers,
}

/** Builds the transcriber that `stored.config` describes and puts the stored weights in. */
function restoreTranscriber(engine: Engine, stored: StoredModel, place: string): Transcriber {
  const where = `${place}/config.json`
  const { config } = stored
  const settings = asFormatError(() => {
    const given = resolveSettings(transcribeSettings, config.settings, () => where, ['settings'])
    return { ...decideSettings(given, { texts: [] }), decode: decideLength(given.decode, 0) }
  })
  const { mostFrequent } = storedObject(config.baselines)
  if (typeof mostFrequent !== 'string') throw new FormatError(`${where}: baselines.mostFrequent is no text`)
  const tokens = asFormatError(() => writtenFromJSON(config.tokenizer, settings.text.lowerCase, where))
  const reader = asFormatError((): FrameReader => {
    if (config.reads === 'pictures') return new PictureFrames(settings.picture)
    if (config.reads !== 'sound') throw new FormatError(`${where}: reads is neither sound nor pictures`)
    return new SoundFrames(
      engine,
      settings.sound,
      config.heard === undefined ? undefined : (config.heard as never),
    )
  })
  // the weights drawn here are overwritten
  const network = asFormatError(() =>
    buildNetwork({ engine, random: new Random(0), size: reader.size, tokens, settings: settings.model }),
  )
  assignWeights(network.parameters(), stored.tensors, place)
  return new Transcriber({ network, reader, tokens, settings, mostFrequent })
}
