import { readImage } from '../codecs/image.js'
import type { DataFile } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import { parts } from '../data/example.js'
import { problem } from '../data/problem.js'
import {
  type CaptionData,
  type CaptionReadOptions,
  readCaptionFiles,
  readFeatures,
} from '../data/read-captions.js'
import { NOT_VALIDATED, withoutValidation } from '../data/split.js'
import { isPicture } from '../data/utterance.js'
import { DataError } from '../errors.js'
import { type CaptionRow, captionParts, type Picture } from './caption-rows.js'
import { integer, optional, text } from './settings.js'
import type { TaskFiles } from './task.js'

/** Images with captions in files: COCO, Karpathy, Flickr8k, JSON lines, CSV. */
export const captionFiles: TaskFiles<CaptionRow> = {
  settings: {
    images: optional(
      text('', 'The folder of the images, from that of the captions; null: sought in some usual places'),
    ),
    features: optional(
      text(
        '',
        'In place of images: a safetensors file with features by name, from the folder of the captions',
      ),
    ),
    side: integer(64, 'Images with a longer side become squares of so many pixels a side', { minimum: 4 }),
  },
  async read({ root, data, valid, test }, { random, read }) {
    const options = given(read)
    const main = await readCaptionFiles(data, root, options)
    const none = valid?.length === 0
    const rows: CaptionData['rows'] = none ? withoutValidation(main.rows) : { ...main.rows }
    if (valid && !none) rows.valid = await partOf('valid', valid, options)
    if (test) rows.test = await partOf('test', test, options)
    const first = [...(rows.all ?? []), ...(rows.train ?? [])].slice(0, 3)
    if (first.length === 0) throw problem(root, 0, 'training rows', 'none')
    const { split, ...complete } = captionParts(rows, random)
    const sizes = { train: complete.train.length, valid: complete.valid.length, test: complete.test.length }
    const notes = none ? [NOT_VALIDATED] : []
    return { data: complete, detection: { ...shownAs(main.format, first, root), sizes, split, notes } }
  },
  async readScored(files, root, { read }) {
    const { rows: found, format } = await readCaptionFiles(files, root, given(read))
    const rows = found.test ?? everything(found)
    const sizes = { train: 0, valid: 0, test: rows.length }
    return {
      rows,
      detection: { ...shownAs(format, rows.slice(0, 3), root), sizes, split: 'given', notes: [] },
    }
  },
  readInput: readPictureFile,
  isInput: (path) => isPicture(path) || isFeatureFile(path),
}

const isFeatureFile = (path: string): boolean => path.endsWith('.safetensors')

/** The picture in a file: a PNG or JPEG image, or the only tensor of a safetensors file. */
export async function readPictureFile(file: DataFile): Promise<Picture> {
  if (!isFeatureFile(file.path)) return readImage(await file.bytes(), { name: file.name })
  const features = [...(await readFeatures(file)).values()]
  if (features.length !== 1)
    throw new DataError(`${file.name}: expected the features of one image, found ${features.length} tensors`)
  return features[0]
}

async function partOf(
  part: 'valid' | 'test',
  files: readonly DataFile[],
  options: CaptionReadOptions,
): Promise<CaptionRowsRead> {
  const { rows } = await readCaptionFiles(files, files[0]?.name ?? part, options)
  return rows[part] ?? everything(rows)
}

type CaptionRowsRead = NonNullable<CaptionData['rows']['all']>

function everything(rows: CaptionData['rows']): CaptionRowsRead {
  return [...(rows.all ?? []), ...parts.flatMap((part) => rows[part] ?? [])]
}

function shownAs(
  format: string,
  rows: readonly CaptionRow[],
  source: string,
): Pick<Detection, 'format' | 'source' | 'rows' | 'labels'> {
  const shown = rows.map(({ name = '', captions }) => ({
    text: `${name} → ${captions[0]}`,
    label: '',
    file: name,
    line: 0,
  }))
  return { format, source, rows: shown, labels: 0 }
}

/** The settings that are not null. */
function given(read: Readonly<Record<string, unknown>>): CaptionReadOptions {
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null))
}
