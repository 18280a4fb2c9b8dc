import { type Image, readImage } from '../codecs/image.js'
import { decode } from '../codecs/safetensors.js'
import { DataError, FormatError } from '../errors.js'
import { type CaptionEntry, captionFormats, readCaptions } from './caption-formats.js'
import { baseOf, type DataFile, isBeside, partInFolders, partInName } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import type { Part } from './example.js'
import { resize } from './images.js'
import { problem, shownList } from './problem.js'

/** Features of an image that somebody else has computed: [regions, size], line by line. */
export interface FeatureTable {
  readonly regions: number
  readonly size: number
  readonly data: Float32Array
}

/** An image, or features of it, and what people have said about it. */
export interface CaptionedImage {
  readonly image: Image | FeatureTable
  readonly captions: readonly string[]
  /** The image as its file is named. */
  readonly name: string
}

/** How captions are read. */
export interface CaptionReadOptions {
  /** The folder of the images, from that of the captions; by default they are sought in some usual places. */
  readonly images?: string
  /** A safetensors file with a tensor for each image, by its name; the images themselves are then not read. From the folder of the captions. */
  readonly features?: string
  /** Images with a longer side become squares of so many pixels a side; 64 by default. */
  readonly side?: number
}

/** Captions of one file. */
interface Found {
  readonly file: DataFile
  readonly title: string
  readonly entries: readonly CaptionEntry[]
  readonly part: Part | 'all'
}

/** Where data sets have their images, from the folder of the captions. */
const usualFolders = [
  '',
  'images/',
  'Images/',
  'Flicker8k_Dataset/',
  'Flickr8k_Dataset/',
  '../images/',
  '../Images/',
  '../Flicker8k_Dataset/',
]
const endings = /\.(jsonl?|ndjson|txt|token|csv)$/i
/** Missing images that a message names. */
const SHOWN = 20

/** Images with captions by part. */
export interface CaptionData {
  readonly rows: Partial<Record<Part | 'all', CaptionedImage[]>>
  /** What the captions are written in. */
  readonly format: string
}

/**
 * Images with captions: COCO annotations, a Karpathy split, Flickr8k tokens with its lists of parts, JSON lines or CSV; found among `files`, the images
 * beside them. The parts are those that the captions tell (Karpathy, `split` of a line), the lists beside them (`….trainImages.txt`), or the names
 * of files and folders.
 *
 * Throws a `DataError` when there are no captions, at the first row that is not right, and for images that are not there, all of them at once; a
 * `FormatError` for an image that is damaged.
 */
export async function readCaptionFiles(
  files: readonly DataFile[],
  root: string,
  options: CaptionReadOptions = {},
): Promise<CaptionData> {
  const found = await captionsIn(files, root)
  const lists = await partLists(files)
  const pictures = await Promise.all(found.map((one) => sourceOf(one, options)))
  const missing = (await Promise.all(found.map(({ entries }, i) => pictures[i].missing(entries)))).flat()
  if (missing.length > 0) throw missingImages(root, missing, options)
  const rows: CaptionData['rows'] = {}
  for (const [i, { entries, part }] of found.entries())
    for (const entry of entries) {
      const { image, name } = await pictures[i].read(entry)
      const own = entry.part ?? lists.get(baseOf(name)) ?? (lists.size > 0 ? undefined : part)
      if (own === undefined) continue // the lists leave it out
      const list = rows[own] ?? []
      rows[own] = list
      list.push({ image, name, captions: entry.captions })
    }
  return { rows, format: [...new Set(found.map(({ title }) => title))].join(', ') }
}

/** The image in a file, brought to the size in which images are learned from. */
export async function readPicture(file: DataFile, side: number): Promise<Image> {
  const image = await readImage(await file.bytes(), { name: file.name })
  return Math.max(image.width, image.height) > side ? resize(image, { width: side, height: side }) : image
}

/** Features in a safetensors file, by name. Throws a `FormatError` for a tensor that is no vector or matrix of floats. */
export async function readFeatures(file: DataFile): Promise<Map<string, FeatureTable>> {
  const { tensors } = decode(await file.bytes(), file.name)
  return new Map(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
      if ((dtype !== 'F32' && dtype !== 'F64') || shape.length < 1 || shape.length > 2 || data.length === 0)
        throw new FormatError(
          `${file.name}: ${name}: expected features [regions, size] or [size] of F32, found ${dtype} [${shape.join(', ')}]`,
        )
      const [regions, size] = shape.length === 1 ? [1, shape[0]] : shape
      return [name, { regions, size, data: Float32Array.from(data as Float32Array) }]
    }),
  )
}

async function captionsIn(files: readonly DataFile[], root: string): Promise<Found[]> {
  const usable = files.filter(({ path }) => files.length === 1 || (endings.test(path) && !isBeside(path)))
  const found: Found[] = []
  for (const file of usable) {
    const captions = await readCaptions(decodeText(await file.bytes(), file.name), file.name)
    const path = file.path.replace(/(train|val|test|dev)\d{4}\b/gi, '$1') // captions_train2017.json
    const part = (partInName(path) ?? partInFolders(path))?.part
    if (captions) found.push({ file, ...captions, part: files.length === 1 ? 'all' : (part ?? 'all') })
  }
  if (found.length === 0)
    throw problem(
      root,
      0,
      captionFormats,
      usable.length === 0 ? 'no such file' : shownList(usable.map(({ path }) => path)),
    )
  return found
}

/** Flickr8k tells the parts by lists of images: Flickr_8k.trainImages.txt, …devImages.txt, …testImages.txt. */
async function partLists(files: readonly DataFile[]): Promise<Map<string, Part>> {
  const lists = new Map<string, Part>()
  for (const file of files) {
    const [, word] = /(train|dev|test)Images\.txt$/i.exec(file.path) ?? []
    if (word === undefined) continue
    const part = ({ train: 'train', dev: 'valid', test: 'test' } as const)[word.toLowerCase() as 'train']
    for (const line of linesOf(decodeText(await file.bytes(), file.name)))
      if (line.trim() !== '') lists.set(line.trim(), part)
  }
  return lists
}

/** Where the pictures of a file of captions come from. */
interface PictureSource {
  /** The entries without a picture. */
  missing(entries: readonly CaptionEntry[]): Promise<CaptionEntry[]>
  read(entry: CaptionEntry): Promise<Pick<CaptionedImage, 'image' | 'name'>>
}

async function sourceOf(
  { file }: Found,
  { images, features, side = 64 }: CaptionReadOptions,
): Promise<PictureSource> {
  if (features !== undefined) return featureSource(file, features)
  const folders =
    images === undefined ? usualFolders : [images === '' || images.endsWith('/') ? images : `${images}/`]
  const seek = async ({ places }: CaptionEntry) => {
    for (const place of places)
      for (const folder of place.startsWith('/') ? [''] : folders) {
        const found = await file.beside?.(folder + place)
        if (found) return { found, name: place }
      }
    return undefined
  }
  return {
    async missing(entries) {
      const found = await Promise.all(entries.map(seek))
      return entries.filter((_, i) => found[i] === undefined)
    },
    async read(entry) {
      const { found, name } = (await seek(entry)) as { found: DataFile; name: string }
      return { image: await readPicture(found, side), name: baseOf(name) }
    },
  }
}

async function featureSource(file: DataFile, features: string): Promise<PictureSource> {
  const place = await file.beside?.(features)
  if (!place)
    throw problem(file.name, 0, `features in ${features}, from the folder of this file`, 'no such file')
  const table = await readFeatures(place)
  const nameOf = ({ places }: CaptionEntry) =>
    places.find((name) => table.has(name)) ?? places.map(baseOf).find((name) => table.has(name))
  return {
    missing: async (entries) => entries.filter((entry) => nameOf(entry) === undefined),
    async read(entry) {
      const name = nameOf(entry) as string
      return { image: table.get(name) as FeatureTable, name }
    },
  }
}

function missingImages(
  root: string,
  missing: readonly CaptionEntry[],
  { features, images }: CaptionReadOptions,
): DataError {
  const named = missing.slice(0, SHOWN).map(({ places, where }) => `  ${places[0]} (${where})`)
  const more = missing.length > SHOWN ? [`  and ${missing.length - SHOWN} more`] : []
  const advice =
    features !== undefined
      ? `expected a tensor for each image in ${features}`
      : `expected the images ${images === undefined ? 'beside the captions (read.images names another folder)' : `in ${images}`}`
  return new DataError([`${root}: ${advice}, found ${missing.length} missing:`, ...named, ...more].join('\n'))
}
