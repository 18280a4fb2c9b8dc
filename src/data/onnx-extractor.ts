import type { Image } from '../codecs/image.js'
import { FormatError, UsageError } from '../errors.js'
import { colour, normalizeImage, resize } from './images.js'
import type { FeatureTable } from './read-captions.js'

/** How images are brought to an extractor. */
export interface ExtractorOptions {
  /** The name that errors begin with. */
  readonly name?: string
  /** The side of the square that images become, where the model leaves it open; 224 by default. */
  readonly side?: number
  /** What is taken off each colour, and what it is divided by; those of ImageNet by default, as most models expect. */
  readonly mean?: readonly number[]
  readonly deviation?: readonly number[]
  /** The output that holds the features; the first by default. */
  readonly output?: string
}

type Runtime = typeof import('onnxruntime-web')
type Session = Awaited<ReturnType<Runtime['InferenceSession']['create']>>

/** What images of ImageNet have in each colour, for which published networks are made. */
const imageNet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const

/**
 * A network that others have trained, in ONNX, as the eye of a captioner: an image goes in as [1, 3, side, side], and features of its regions come
 * out, from an output [1, features, rows, columns] (a convolutional layer), [1, regions, features] (a transformer) or [1, features].
 *
 * It runs by the package `onnxruntime-web`, which is not installed with this one.
 *
 * ```ts
 * const extractor = await FeatureExtractor.open(fs.readFileSync('resnet.onnx'), { name: 'resnet.onnx', output: 'layer4' })
 * const { regions, size, data } = await extractor.extract(image) // 49 regions of 2,048 numbers
 * await extractor.dispose()
 * ```
 */
export class FeatureExtractor {
  readonly #runtime: Runtime
  readonly #session: Session
  readonly #options: Required<ExtractorOptions>

  private constructor(runtime: Runtime, session: Session, options: Required<ExtractorOptions>) {
    this.#runtime = runtime
    this.#session = session
    this.#options = options
  }

  /** Throws a `UsageError` without the package and for an output that there is not, a `FormatError` for what is no ONNX model or reads no images. */
  static async open(bytes: Uint8Array, options: ExtractorOptions = {}): Promise<FeatureExtractor> {
    const { name = 'extractor' } = options
    const runtime = await import('onnxruntime-web').catch(() => {
      throw new UsageError(
        `${name}: expected the package onnxruntime-web, which runs ONNX models, found none; npm install onnxruntime-web brings it`,
      )
    })
    runtime.env.logLevel = 'error'
    const session = await runtime.InferenceSession.create(bytes).catch((error: Error) => {
      throw new FormatError(`${name}: expected an ONNX model, found damage: ${error.message.slice(0, 200)}`)
    })
    const side = sideOf(session, name)
    const { output = session.outputNames[0] } = options
    if (!session.outputNames.includes(output))
      throw new UsageError(`${name}: got output ${output}; expected one of ${session.outputNames.join(', ')}`)
    const rest = { ...imageNet, ...options, side: side ?? options.side ?? 224 }
    return new FeatureExtractor(runtime, session, { ...rest, name, output })
  }

  /** The features of an image. Throws a `FormatError` where the output has another shape than those above. */
  async extract(image: Image): Promise<FeatureTable> {
    const { side, name, output } = this.#options
    const { data } = normalizeImage(resize(colour(image), { width: side, height: side }), this.#options)
    // channel by channel, as PyTorch has images
    const planes = Float32Array.from(
      data,
      (_, i) => data[3 * (i % (side * side)) + Math.floor(i / (side * side))],
    )
    const input = new this.#runtime.Tensor('float32', planes, [1, 3, side, side])
    const outputs = await this.#session.run({ [this.#session.inputNames[0]]: input })
    const { dims, data: found } = outputs[output]
    const features = found instanceof Float32Array ? tableOf(dims, found) : undefined
    if (features) return features
    throw new FormatError(
      `${name}: ${output}: expected features [1, size], [1, regions, size] or [1, size, rows, columns] of float32, found [${dims.join(', ')}]`,
    )
  }

  /** Releases the model. */
  async dispose(): Promise<void> {
    await this.#session.release()
  }
}

/** The side that the model asks for; undefined where it takes any. */
function sideOf({ inputMetadata, inputNames }: Session, name: string): number | undefined {
  const [input] = inputMetadata
  const shape = input?.isTensor ? input.shape : []
  const fits =
    inputNames.length === 1 && shape.length === 4 && (shape[1] === 3 || typeof shape[1] !== 'number')
  const [height, width] = [shape[2], shape[3]]
  if (!fits || (typeof height === 'number' && typeof width === 'number' && height !== width))
    throw new FormatError(
      `${name}: expected a model that reads images [1, 3, side, side], found inputs ${inputNames.join(', ')}, the first [${shape.join(', ')}]`,
    )
  return typeof height === 'number' && height > 0 ? height : undefined
}

function tableOf(dims: readonly number[], data: Float32Array): FeatureTable | undefined {
  const [batch, first, second, third] = dims
  if (batch !== 1 || data.length === 0) return undefined
  if (dims.length === 2) return { regions: 1, size: first, data }
  if (dims.length === 3) return { regions: first, size: second, data }
  if (dims.length !== 4) return undefined
  const regions = second * third
  // from features one after the other to regions one after the other
  const turned = Float32Array.from(data, (_, i) => data[(i % first) * regions + Math.floor(i / first)])
  return { regions, size: first, data: turned }
}
