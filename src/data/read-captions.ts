import { type Image, readImage } from '../codecs/image.js'
import { decode } from '../codecs/safetensors.js'
import { DataError, FormatError } from '../errors.js'
import { type CaptionEntry, captionFormats, readCaptions } from './caption-formats.js'
import { baseOf, type DataFile, isBeside, partInFolders, partInName } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import type { Part } from './example.js'
import { grouped } from './group.js'
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
/** The same captions once more, each word in its basic form, as Flickr8k has them. */
const lemmas = /\.lemma\.token\.txt$/i
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
  const told = found.map((one) => ({ ...one, entries: entriesInParts(one, lists) }))
  const sources = await Promise.all(told.map((one) => sourceOf(one, options)))
  const places = await Promise.all(told.map(({ entries }, i) => Promise.all(entries.map(sources[i].find))))
  const missing = told.flatMap(({ entries }, i) => entries.filter((_, k) => places[i][k] === undefined))
  if (missing.length > 0) throw missingImages(root, missing, options)
  const rows: CaptionData['rows'] = {}
  const pictures = told.flatMap(({ entries }, i) =>
    entries.map((entry, k) => ({ ...entry, ...(places[i][k] as PicturePlace) })),
  )
  for (const { part, name, read, captions } of withoutRepeats(pictures)) {
    const list = rows[part] ?? []
    rows[part] = list
    list.push({ image: await read(), name, captions })
  }
  return { rows, format: [...new Set(found.map(({ title }) => title))].join(', ') }
}

/** The image in a file, brought to the size in which images are learned from. */
async function readPicture(file: DataFile, side: number): Promise<Image> {
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
  const usable = files.filter(
    ({ path }) => files.length === 1 || (endings.test(path) && !isBeside(path) && !lemmas.test(path)),
  )
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

/** An entry with its part. */
type EntryInPart = Omit<CaptionEntry, 'part'> & { readonly part: Part | 'all' }

/** The entries with their parts, without those that the lists leave out. */
function entriesInParts({ entries, part }: Found, lists: ReadonlyMap<string, Part>): EntryInPart[] {
  return entries.flatMap((entry) => {
    const own = entry.part ?? lists.get(baseOf(entry.places[0])) ?? (lists.size > 0 ? undefined : part)
    return own === undefined ? [] : [{ ...entry, part: own }]
  })
}

/**
 * The captions of a picture in one entry, however many files they come from; otherwise a picture could be learned from and held out as well.
 * A part that a file names counts more than none; in several named parts a picture stays as often as they name it.
 */
function withoutRepeats<T extends EntryInPart & PicturePlace>(entries: readonly T[]): T[] {
  const named = new Map<string, Part | 'all'>()
  for (const { key, part } of entries) if (part !== 'all' && !named.has(key)) named.set(key, part)
  const placed = entries.map((entry) => ({
    ...entry,
    part: entry.part === 'all' ? (named.get(entry.key) ?? 'all') : entry.part,
  }))
  return [...grouped(placed, ({ part, key }) => `${part} ${key}`).values()].map((same) => ({
    ...same[0],
    captions: same.flatMap(({ captions }) => captions),
  }))
}

/** Where a picture is. */
interface PicturePlace {
  readonly name: string
  /** The same for one picture, whichever file names it. */
  readonly key: string
  read(): Promise<CaptionedImage['image']>
}

/** Where the pictures of a file of captions come from. */
interface PictureSource {
  /** Undefined when there is none. */
  readonly find: (entry: Pick<CaptionEntry, 'places'>) => Promise<PicturePlace | undefined>
}

async function sourceOf(
  { file }: Pick<Found, 'file'>,
  { images, features, side = 64 }: CaptionReadOptions,
): Promise<PictureSource> {
  if (features !== undefined) return featureSource(file, features)
  const folders =
    images === undefined ? usualFolders : [images === '' || images.endsWith('/') ? images : `${images}/`]
  const find = async ({ places }: Pick<CaptionEntry, 'places'>): Promise<PicturePlace | undefined> => {
    for (const place of places)
      for (const folder of place.startsWith('/') ? [''] : folders) {
        const found = await file.beside?.(folder + place)
        if (found) return { name: baseOf(place), key: found.name, read: () => readPicture(found, side) }
      }
    return undefined
  }
  return { find }
}

async function featureSource(file: DataFile, features: string): Promise<PictureSource> {
  const place = await file.beside?.(features)
  if (!place)
    throw problem(file.name, 0, `features in ${features}, from the folder of this file`, 'no such file')
  const table = await readFeatures(place)
  return {
    async find({ places }) {
      const name = [...places, ...places.map(baseOf)].find((one) => table.has(one))
      const seen = name === undefined ? undefined : table.get(name)
      return name === undefined || seen === undefined
        ? undefined
        : { name, key: `${place.name} ${name}`, read: async () => seen }
    },
  }
}

function missingImages(
  root: string,
  missing: readonly Pick<CaptionEntry, 'places' | 'where'>[],
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
