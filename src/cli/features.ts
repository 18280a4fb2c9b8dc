import { writeAtomically } from '../codecs/files.js'
import { readImage } from '../codecs/image.js'
import * as safetensors from '../codecs/safetensors.js'
import type { DataFile } from '../data/data-file.js'
import { grouped } from '../data/group.js'
import { FeatureExtractor } from '../data/onnx-extractor.js'
import { UsageError } from '../errors.js'
import { filesOf } from '../formats/files.js'
import { print, say } from './terminal.js'
import { numberOf } from './text-model.js'

/** How an extractor is told; as it was typed. */
export interface ExtractorArguments {
  readonly output?: string
  readonly side?: string
  readonly mean?: string
  readonly deviation?: string
}

/** Opens the extractor in a file, runs `use` with it and releases it. */
export async function withExtractor<T>(
  path: string,
  { output, side: typed, mean, deviation }: ExtractorArguments,
  use: (extractor: FeatureExtractor) => Promise<T>,
): Promise<T> {
  const [file, ...others] = await filesOf(path)
  if (others.length > 0) throw new UsageError(`expected an ONNX model in a file, got the folder ${path}`)
  const side = numberOf('side', typed)
  const extractor = await FeatureExtractor.open(await file.bytes(), {
    name: file.name,
    ...(output !== undefined && { output }),
    ...(side !== undefined && { side }),
    ...(mean !== undefined && { mean: numbersOf('mean', mean) }),
    ...(deviation !== undefined && { deviation: numbersOf('deviation', deviation) }),
  })
  try {
    return await use(extractor)
  } finally {
    await extractor.dispose()
  }
}

/** `unrolled features`: what a network in ONNX sees in images, as a safetensors file with a tensor for each. */
export async function features(
  model: string,
  images: readonly string[],
  { out, json = false, ...given }: ExtractorArguments & { readonly out: string; readonly json?: boolean },
): Promise<void> {
  const files = (await Promise.all(images.map(filesIn))).flat()
  requireOwnNames(files)
  const tensors: Record<string, safetensors.StoredTensor> = {}
  await withExtractor(model, given, async (extractor) => {
    for (const file of files) {
      const image = await readImage(await file.bytes(), { name: file.name })
      const { regions, size, data } = await extractor.extract(image)
      tensors[file.path] = { dtype: 'F32', shape: [regions, size], data: data.slice() }
    }
  })
  writeAtomically([{ path: out, bytes: safetensors.encode(tensors) }])
  if (json) return print(JSON.stringify({ out, images: files.length }))
  say(
    `features of ${files.length.toLocaleString('en')} ${files.length === 1 ? 'image' : 'images'}, written to ${out}`,
  )
}

/** Throws a `UsageError` for two images of one name: only one of them could be kept. */
function requireOwnNames(files: readonly DataFile[]): void {
  for (const [path, [first, second]] of grouped(files, (file) => file.path))
    if (second)
      throw new UsageError(
        `expected images with different names, got ${first.name} and ${second.name}, both ${path}`,
      )
}

/** An image, or those of a folder. */
async function filesIn(path: string): Promise<DataFile[]> {
  const files = await filesOf(path)
  return files.length === 1 ? files : files.filter((file) => /\.(png|jpe?g)$/i.test(file.path))
}

function numbersOf(option: string, text: string): number[] {
  return text.split(',').map((part) => numberOf(option, part) ?? 0)
}
