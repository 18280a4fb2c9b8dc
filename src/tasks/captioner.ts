import type { Image } from '../codecs/image.js'
import { imageUri } from '../codecs/image-uri.js'
import { resize } from '../data/images.js'
import { type BeamResult, beamSearch } from '../decoding/beam.js'
import type { Hypothesis } from '../decoding/hypothesis.js'
import { type JsonObject, type StoredModel, storeWeights } from '../formats/index.js'
import type { EmbeddedImage, GazeMap } from '../inspect/gaze-map.js'
import type { Inspection } from '../inspect/index.js'
import { inspectSequence } from '../inspect/lens.js'
import { searchTree } from '../inspect/search-tree.js'
import type { CaptionNetwork } from '../models/caption-network.js'
import { GridEncoder } from '../models/region-encoder.js'
import type { Engine, Tensor } from '../tensor/index.js'
import { packSequences } from '../tensor/index.js'
import { evaluateCaptioner } from './caption-evaluation.js'
import type { NearestPicture } from './caption-nearest.js'
import { numbersOf, type PictureReader, readerToJSON } from './caption-pictures.js'
import { type CaptionRow, checkPicture, isFeatures, type Picture } from './caption-rows.js'
import type { CaptionSettings } from './caption-settings.js'
import type { Decided } from './settings.js'
import type { SideTokens } from './side-tokens.js'
import type { Evaluation, InspectionOptions, TaskModel } from './task.js'
import { checkBest, decodingOf, type TextSearch } from './text-search.js'

/** How a picture is described. */
export interface CaptionOptions extends Omit<TextSearch, 'coveragePenalty'> {
  /** Whether to tell what was looked at for each word; true by default. */
  readonly attention?: boolean
}

/** What a model says about a picture. */
export interface Caption {
  readonly text: string
  /** What the search ranks by: Σ log P / T^α, at most 0. */
  readonly score: number
  /** Σ log P of its words and the end. */
  readonly logProb: number
  /** What was looked at for each word. */
  readonly attention?: GazeMap
}

/** The parts of a captioner. */
export interface CaptionerParts {
  readonly network: CaptionNetwork
  readonly tokens: SideTokens
  readonly reader: PictureReader
  readonly settings: Decided<CaptionSettings>
  /** The caption that most training rows have. */
  readonly mostFrequent: string
  readonly nearest: NearestPicture
}

/** Pictures described at once; it changes nothing but the speed. */
const BATCH = 32

/**
 * A trained model of the task `caption`: picture in, sentences out.
 *
 * ```ts
 * const model = await load('models/scenes')
 * const image = await readImage(fs.readFileSync('scene.png'))
 * model.predict(image)[0].text                   // 'a red circle above a blue square'
 * model.predict([image, other], { best: 3 })     // three captions of each
 * ```
 */
export class Captioner implements TaskModel<CaptionRow, Picture> {
  readonly task = 'caption'
  readonly network: CaptionNetwork
  readonly tokens: SideTokens
  readonly reader: PictureReader
  readonly settings: Decided<CaptionSettings>
  /** The caption that most training rows have: the simplest rule to be compared with. */
  readonly mostFrequent: string
  /** The next simplest: what was said about the training picture that looks most alike. */
  readonly nearest: NearestPicture

  constructor(parts: CaptionerParts) {
    this.network = parts.network
    this.tokens = parts.tokens
    this.reader = parts.reader
    this.settings = parts.settings
    this.mostFrequent = parts.mostFrequent
    this.nearest = parts.nearest
  }

  get engine(): Engine {
    return this.network.engine
  }

  /** Weights by name. */
  parameters(): Record<string, Tensor> {
    return this.network.parameters()
  }

  /**
   * Captions of a picture, the best first; a list of pictures gives a list of such lists. A picture's captions do not depend on the other
   * pictures. Throws a `UsageError` for what is no picture, or not of the kind that the model learned from, an option out of range, and a
   * prefix or banned text with words that the model does not know.
   */
  predict(picture: Picture, options?: CaptionOptions): Caption[]
  predict(pictures: readonly Picture[], options?: CaptionOptions): Caption[][]
  predict(input: Picture | readonly Picture[], options: CaptionOptions = {}): Caption[] | Caption[][] {
    const pictures: readonly Picture[] = Array.isArray(input) ? input : [input]
    checkBest(options.best ?? 1)
    const seen = pictures.map((picture, i) =>
      this.#seen(picture, `predict: picture ${i + 1} of ${pictures.length}`),
    )
    const { attention = true } = options
    const results: Caption[][] = []
    for (let first = 0; first < seen.length; first += BATCH)
      for (const { hypotheses } of this.#search(seen.slice(first, first + BATCH), options)) {
        results.push(hypotheses.map((hypothesis) => this.#caption(hypothesis, attention)))
      }
    return Array.isArray(input) ? results : results[0]
  }

  /** BLEU and exact match against all captions of each picture, simple rules beside them. */
  evaluate(rows: readonly CaptionRow[]): Evaluation {
    return evaluateCaptioner(this, rows)
  }

  /** The best caption and its score. */
  answer(picture: Picture): JsonObject {
    const [{ text: caption, score, logProb }] = this.predict(picture, { attention: false })
    return { caption, score, logProb }
  }

  /**
   * What happens inside the recurrent layers while they write about a picture: gradients of their last state, gates, states and the influence
   * of each step; then what was looked at for each word, and what the search looked at.
   */
  inspect(picture: Picture, { title = 'a picture', ...options }: InspectionOptions = {}): Inspection {
    const seen = this.#seen(picture, 'inspect: the picture')
    const [found] = this.#search([seen], {}, { tree: true })
    const [best] = found.hypotheses
    const { start, end, tokenizer } = this.tokens
    const { rnn } = this.network.decoder
    const read = [start, ...best.tokens]
    const inputs = this.network.readWhile(seen, read)
    const run = (copies: number) =>
      rnn.forward(packSequences(this.engine, Array(copies).fill(inputs), rnn.inputSize))
    const steps = read.map((token) => (token === start ? '<s>' : tokenizer.decode([token])))
    const inspection = inspectSequence(this.network, run, { ...options, title, steps })
    const { attention: gaze } = this.#caption(best, true)
    const write = (token: number) => (token === end ? '' : tokenizer.decode([token]))
    return {
      ...inspection,
      ...(gaze && { gaze: isFeatures(picture) ? gaze : { ...gaze, image: embedded(picture) } }),
      search: searchTree(found, { ...this.settings.decode, coveragePenalty: 0, write }),
    }
  }

  store(): Pick<StoredModel, 'tensors' | 'config'> {
    const { settings, tokens, reader, mostFrequent, nearest } = this
    const config = {
      task: this.task,
      settings,
      pictures: readerToJSON(reader),
      tokenizer: tokens.tokenizer,
      baselines: { mostFrequent, nearest },
    }
    return {
      tensors: storeWeights(this.parameters()),
      config: JSON.parse(JSON.stringify(config)) as JsonObject,
    }
  }

  /** Releases the weights; the engine stays. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters())) parameter.dispose()
  }

  #seen(picture: unknown, name: string): Float32Array {
    checkPicture(picture, name)
    return numbersOf(this.reader, picture, name)
  }

  #search(
    seen: readonly Float32Array[],
    { attention = true, ...options }: CaptionOptions,
    { tree = false } = {},
  ): BeamResult[] {
    const decoding = decodingOf(this.tokens, this.settings.decode, options, seen.length)
    return this.network.decode(seen, (stepper) => beamSearch(stepper, { ...decoding, attention, tree }))
  }

  #caption({ tokens, score, logProb, attention }: Hypothesis, withMap: boolean): Caption {
    const { tokenizer } = this.tokens
    const text = tokenizer.decode(tokens)
    if (!withMap || !attention) return { text, score, logProb }
    const words = [...tokens.map((token) => tokenizer.decode([token])), '</s>'].slice(0, attention.length)
    const weights = attention.map((row) => Array.from(row))
    return { text, score, logProb, attention: { words, weights, ...this.#gridOf(weights[0].length) } }
  }

  /** Features of a square number of regions are taken for a square grid, as the last layers of convolutional networks are. */
  #gridOf(regions: number): { rows: number; columns: number } {
    const { encoder } = this.network
    if (encoder instanceof GridEncoder) return { rows: encoder.rows, columns: encoder.columns }
    const side = Math.round(Math.sqrt(regions))
    return side * side === regions ? { rows: side, columns: side } : { rows: 1, columns: regions }
  }
}

/** The longer side of images in pictures; larger ones are shrunk. */
const SHOWN = 256

/** An image as pictures hold it. */
export function embedded(image: Image): EmbeddedImage {
  const { width, height } = image
  const longer = width > height ? { width: SHOWN } : { height: SHOWN }
  return { width, height, uri: imageUri(Math.max(width, height) > SHOWN ? resize(image, longer) : image) }
}
