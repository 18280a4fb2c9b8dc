import { linesOf } from './decode.js'
import { commaSeparated } from './delimited.js'
import { type Part, partOfWord } from './example.js'
import { isObject, type JsonObject } from './json-lines.js'
import { problem, shown } from './problem.js'

/** What a file says about an image. */
export interface CaptionEntry {
  /** Where the image may be, from the folder of the file; the first one that is there counts. */
  readonly places: readonly string[]
  readonly captions: readonly string[]
  /** Where the file itself tells parts. */
  readonly part?: Part
  /** The place in the file, for messages: `captions.jsonl:3`. */
  readonly where: string
}

/** One way to write captions down. */
interface CaptionFormat {
  readonly title: string
  /** Whether a file is written so; `document` is its JSON where it is one. */
  looksLike(document: unknown, lines: readonly string[]): boolean
  read(text: string, file: string, document: unknown): CaptionEntry[] | Promise<CaptionEntry[]>
}

const formats: readonly CaptionFormat[] = [
  {
    title: 'COCO annotations',
    looksLike: (document) =>
      hasList(document, 'annotations') && hasList(document, 'images') && hasCaption(document),
    read: (_, file, document) => readCoco(document as JsonObject, file),
  },
  {
    title: 'Karpathy split',
    looksLike: (document) => hasList(document, 'images') && hasSentences(document),
    read: (_, file, document) => readKarpathy(document as JsonObject, file),
  },
  {
    title: 'JSON lines',
    looksLike: (document, [first]) => isObject(document ? undefined : parsed(first)) || hasImage(document),
    read: (text, file) => readLines(text, file),
  },
  {
    title: 'Flickr8k tokens',
    looksLike: (_, [first]) => tokenLine.test(first ?? ''),
    read: (text, file) => readTokens(text, file),
  },
  {
    title: 'CSV',
    looksLike: (_, [first]) => /^"?image"?\s*,\s*"?caption"?\s*$/i.test(first ?? ''),
    read: (text, file) => readTable(text, file),
  },
]

/** `1000268201_693b08cb0e.jpg#0`, a tab, and the caption. */
const tokenLine = /^([^\t#]+)#\d+\t(.*)$/

/** The formats of captions in words, for messages. */
export const captionFormats =
  'captions as COCO annotations, a Karpathy split (JSON), JSON lines with image and caption, Flickr8k tokens (image.jpg#0, a tab, the caption) or CSV with the columns image and caption'

/** The captions of a file by the format that it is written in; undefined when it is in none. Throws a `DataError` at the first row that is not right. */
export async function readCaptions(
  text: string,
  file: string,
): Promise<{ title: string; entries: CaptionEntry[] } | undefined> {
  const lines = linesOf(text.slice(0, 10_000)).filter((line) => line.trim() !== '')
  const document = text.trimStart().startsWith('{') ? parsed(text) : undefined
  const format = formats.find((one) => one.looksLike(document, lines))
  return format && { title: format.title, entries: await format.read(text, file, document) }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

const listOf = (document: unknown, key: string): readonly unknown[] =>
  isObject(document) && Array.isArray(document[key]) ? (document[key] as unknown[]) : []
const hasList = (document: unknown, key: string) => listOf(document, key).length > 0
const firstOf = (document: unknown, key: string) => {
  const [first] = listOf(document, key)
  return isObject(first) ? first : {}
}
const hasCaption = (document: unknown) => 'caption' in firstOf(document, 'annotations')
const hasSentences = (document: unknown) => 'sentences' in firstOf(document, 'images')
const hasImage = (document: unknown) => isObject(document) && typeof document.image === 'string'

/** `{ images: [{ id, file_name }], annotations: [{ image_id, caption }] }`, an annotation for each caption. */
function readCoco(document: JsonObject, file: string): CaptionEntry[] {
  const images = new Map<unknown, { name: string; where: string; captions: string[] }>()
  for (const [i, image] of listOf(document, 'images').entries()) {
    const where = `${file}: images[${i}]`
    const { id, file_name: name } = isObject(image) ? image : {}
    if (typeof name !== 'string' || name === '') throw problem(where, 0, 'a file_name', shown(name))
    images.set(id, { name, where, captions: [] })
  }
  for (const [i, annotation] of listOf(document, 'annotations').entries()) {
    const where = `${file}: annotations[${i}]`
    const { image_id: id, caption } = isObject(annotation) ? annotation : {}
    const image = images.get(id)
    if (!image) throw problem(where, 0, 'the image_id of one of the images', shown(id))
    image.captions.push(captionOf(caption, where))
  }
  // annotations/captions_train2017.json stands beside the folder train2017
  const [, folder] = /captions_(\w+)\.json$/.exec(file) ?? []
  return [...images.values()]
    .filter(({ captions }) => captions.length > 0)
    .map(({ name, where, captions }) => ({
      places: [name, ...(folder ? [`${folder}/${name}`, `../${folder}/${name}`] : [])],
      where,
      captions,
    }))
}

/** `{ images: [{ filename, filepath?, split, sentences: [{ raw }] }] }`. */
function readKarpathy(document: JsonObject, file: string): CaptionEntry[] {
  return listOf(document, 'images').map((image, i) => {
    const where = `${file}: images[${i}]`
    const { filename, filepath, split, sentences } = isObject(image) ? image : {}
    if (typeof filename !== 'string' || filename === '')
      throw problem(where, 0, 'a filename', shown(filename))
    if (!Array.isArray(sentences) || sentences.length === 0)
      throw problem(where, 0, 'sentences', shown(sentences))
    const captions = sentences.map((sentence, k) =>
      captionOf(isObject(sentence) ? sentence.raw : undefined, `${where}.sentences[${k}]`),
    )
    const part = partNamed(split, where)
    return {
      places: [...(typeof filepath === 'string' ? [`${filepath}/${filename}`] : []), filename],
      ...{ captions, where },
      ...(part && { part }),
    }
  })
}

/** One JSON object per line: `{ image, caption }` or `{ image, captions }`, and maybe `split`. Lines about one image come together. */
function readLines(text: string, file: string): CaptionEntry[] {
  const rows = linesOf(text).flatMap((line, index) => {
    if (line.trim() === '') return []
    const where = `${file}:${index + 1}`
    const row = parsed(line)
    if (!isObject(row))
      throw problem(
        where,
        0,
        'a JSON object such as {"image": "dog.jpg", "caption": "…"}',
        shown(line.trim()),
      )
    const { image, caption, captions, split } = row
    if (typeof image !== 'string' || image === '')
      throw problem(where, 0, 'the name of an image under "image"', shown(image))
    if (caption === undefined && captions === undefined)
      throw problem(where, 0, 'a caption under "caption", or a list under "captions"', 'neither')
    const texts = Array.isArray(captions) ? captions : [captions ?? caption]
    if (texts.length === 0) throw problem(where, 0, 'captions', 'an empty list')
    const part = partNamed(split, where)
    return [
      { name: image, where, captions: texts.map((one) => captionOf(one, where)), ...(part && { part }) },
    ]
  })
  return together(rows)
}

function readTokens(text: string, file: string): CaptionEntry[] {
  const rows = linesOf(text).flatMap((line, index) => {
    if (line.trim() === '') return []
    const where = `${file}:${index + 1}`
    const [, name, caption] = tokenLine.exec(line) ?? []
    if (name === undefined)
      throw problem(where, 0, 'an image with a number, a tab and a caption (dog.jpg#0)', shown(line))
    return [{ name, where, captions: [captionOf(caption, where)] }]
  })
  return together(rows)
}

async function readTable(text: string, file: string): Promise<CaptionEntry[]> {
  const { examples } = await commaSeparated.read(text, file, { text: 'caption', label: 'image' })
  const rows = Object.values(examples).flat()
  return together(
    rows.map(({ text, label, line }) => ({ name: label, where: `${file}:${line}`, captions: [text] })),
  )
}

function captionOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw problem(where, 0, 'a caption', shown(value))
  return value.trim().replace(/\s+/g, ' ')
}

interface NamedRow {
  readonly name: string
  readonly where: string
  readonly captions: readonly string[]
  readonly part?: Part
}

/** The part that a row names, if any; `restval`, the rest of COCO's validation images, is learned from, as is usual. */
function partNamed(split: unknown, where: string): Part | undefined {
  if (split === undefined || split === null || split === '') return undefined
  const part = split === 'restval' ? 'train' : partOfWord(String(split))
  if (part === undefined) throw problem(where, 0, 'the split train, restval, val or test', shown(split))
  return part
}

/** An entry for each image, in the order in which they come first. */
function together(rows: readonly NamedRow[]): CaptionEntry[] {
  const entries = new Map<string, NamedRow>()
  for (const row of rows) {
    const before = entries.get(row.name)
    if (before?.part && row.part && before.part !== row.part)
      throw problem(
        row.where,
        0,
        `the split that ${row.name} has in ${before.where}, ${before.part}`,
        row.part,
      )
    const part = before?.part ?? row.part
    const captions = [...(before?.captions ?? []), ...row.captions]
    entries.set(row.name, { ...(before ?? row), captions, ...(part && { part }) })
  }
  return [...entries.values()].map(({ name, ...entry }) => ({ ...entry, places: [name] }))
}
