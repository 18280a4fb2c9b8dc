import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Image, safetensors, writePng } from '../../src/codecs/index.js'
import { DataError, FormatError } from '../../src/errors.js'
import { filesOf } from '../../src/formats/files.js'
import { Random } from '../../src/random/index.js'
import { captionFiles, readPictureFile } from '../../src/tasks/caption-files.js'
import { isFeatures } from '../../src/tasks/caption-rows.js'

let root: string
const at = (...names: string[]) => path.join(root, ...names)

/** An image that is one colour all over, so that it can be told from the others. */
function plain(value: number, side = 8): Image {
  return { width: side, height: side, channels: 1, data: new Float32Array(side * side).fill(value / 255) }
}

async function writeImages(folder: string, names: readonly string[], side = 8): Promise<void> {
  fs.mkdirSync(folder, { recursive: true })
  for (const [i, name] of names.entries())
    fs.writeFileSync(path.join(folder, name), await writePng(plain(10 * (i + 1), side)))
}

async function read(folder: string, options: object = {}) {
  const settings = { images: null, features: null, side: 64, ...options }
  const files = { root: folder, data: await filesOf(folder) }
  return captionFiles.read(files, { random: new Random(1), read: settings })
}

/** What was read, image by image: its grey in steps of 10, and the captions. */
function told(rows: readonly { image: unknown; captions: readonly string[] }[]) {
  return rows.map(({ image, captions }) => [Math.round((255 * (image as Image).data[0]) / 10), ...captions])
}

const message = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: Error) => {
      expect(error).toBeInstanceOf(DataError)
      return error.message
    },
  )

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-captions-'))
})
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

describe('formats', () => {
  it('COCO: annotations in their folder, images in train2017 and val2017 beside it', async () => {
    await writeImages(at('coco', 'train2017'), ['1.png', '2.png', '3.png'])
    await writeImages(at('coco', 'val2017'), ['9.png'])
    fs.mkdirSync(at('coco', 'annotations'))
    const write = (name: string, value: unknown) =>
      fs.writeFileSync(at('coco', 'annotations', name), JSON.stringify(value))
    write('captions_train2017.json', {
      info: {},
      images: [
        { id: 11, file_name: '1.png' },
        { id: 12, file_name: '2.png' },
        { id: 13, file_name: '3.png' },
      ],
      annotations: [
        { id: 1, image_id: 12, caption: 'Two  dogs.' },
        { id: 2, image_id: 11, caption: 'One dog.\n' },
        { id: 3, image_id: 12, caption: 'A pair of dogs.' },
      ],
    })
    write('captions_val2017.json', {
      images: [{ id: 1, file_name: '9.png' }],
      annotations: [{ image_id: 1, caption: 'A cat.' }],
    })
    write('instances_val2017.json', { images: [{ id: 1, file_name: '9.png' }], annotations: [{ bbox: [] }] })
    const { data, detection } = await read(at('coco'))
    expect(told(data.train)).toEqual([
      [1, 'One dog.'],
      [2, 'Two dogs.', 'A pair of dogs.'],
    ])
    expect(told(data.valid)).toEqual([[1, 'A cat.']])
    expect(detection).toMatchObject({ format: 'COCO annotations', sizes: { train: 2, valid: 1, test: 0 } })
    expect(detection.rows[0].text).toBe('1.png → One dog.')
  })

  it('Karpathy: parts from the file, restval is learned from', async () => {
    await writeImages(at('karpathy', 'imgs', 'a'), ['1.png', '2.png', '3.png', '4.png'])
    const image = (name: string, split: string) => ({
      ...{ filepath: 'a', filename: name, split },
      sentences: [{ raw: `this is ${name}`, tokens: [] }],
    })
    const images = [
      image('1.png', 'test'),
      image('2.png', 'train'),
      image('3.png', 'restval'),
      image('4.png', 'val'),
    ]
    fs.writeFileSync(at('karpathy', 'dataset.json'), JSON.stringify({ images }))
    const { data } = await read(at('karpathy', 'dataset.json'), { images: 'imgs' })
    expect(told(data.train)).toEqual([
      [2, 'this is 2.png'],
      [3, 'this is 3.png'],
    ])
    expect([told(data.valid), told(data.test)]).toEqual([[[4, 'this is 4.png']], [[1, 'this is 1.png']]])
  })

  it('Flickr8k: tokens, and lists that say the parts', async () => {
    await writeImages(at('flickr', 'Flicker8k_Dataset'), ['1.png', '2.png', '3.png', '4.png'])
    const tokens = [1, 2, 3, 4].flatMap((k) => [`${k}.png#0\tA dog ${k} .`, `${k}.png#1\tAnother ${k} .`])
    fs.writeFileSync(at('flickr', 'Flickr8k.token.txt'), `${tokens.join('\n')}\n`)
    fs.writeFileSync(at('flickr', 'readme.txt'), 'Please cite us.\n')
    // as in the real folder: words in their basic form in a second file, and captions of an image that is not there
    fs.writeFileSync(at('flickr', 'Flickr8k.lemma.token.txt'), tokens.join('\n').replaceAll('A ', 'a '))
    fs.appendFileSync(at('flickr', 'Flickr8k.token.txt'), '5.png.1#0\tNobody has it .\n')
    for (const [name, lines] of Object.entries({ train: '2.png\n4.png\n', dev: '1.png\n', test: '3.png\n' }))
      fs.writeFileSync(at('flickr', `Flickr_8k.${name}Images.txt`), lines)
    const { data } = await read(at('flickr'))
    expect(told(data.train)).toEqual([
      [2, 'A dog 2 .', 'Another 2 .'],
      [4, 'A dog 4 .', 'Another 4 .'],
    ])
    expect([data.valid.length, data.test.length]).toEqual([1, 1])
  })

  it('JSON lines and CSV: lines about one image come together, parts are held out', async () => {
    const names = Array.from({ length: 20 }, (_, k) => `${k}.png`)
    await writeImages(at('lines', 'images'), names)
    const lines = names.flatMap((image, k) => [
      { image, caption: `first ${k}` },
      { image, captions: [`second ${k}`, `third ${k}`] },
    ])
    fs.writeFileSync(at('lines', 'captions.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'))
    const { data, detection } = await read(at('lines', 'captions.jsonl'))
    expect(detection).toMatchObject({ split: 'automatic', sizes: { train: 16, valid: 2, test: 2 } })
    const all = told([...data.train, ...data.valid, ...data.test])
    expect(all.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
      names.map((_, k) => [k + 1, `first ${k}`, `second ${k}`, `third ${k}`]),
    )
    fs.rmSync(at('lines', 'captions.jsonl'))
    fs.writeFileSync(
      at('lines', 'captions.csv'),
      `image,caption\n${names.map((name, k) => `${name},"well, ${k}"\n${name},hm ${k}`).join('\n')}\n`,
    )
    const table = await read(at('lines'))
    expect(told(table.data.train)[0].slice(1)).toEqual(['well, 0', 'hm 0'])
  })

  it('captions of one image in several files come together, and never in two parts', async () => {
    const names = Array.from({ length: 20 }, (_, k) => `${k}.png`)
    await writeImages(at('several', 'images'), names)
    const write = (file: string, some: readonly string[], word: string) =>
      fs.writeFileSync(
        at('several', file),
        some.map((image, k) => JSON.stringify({ image, caption: `${word} ${k}` })).join('\n'),
      )
    write('english.jsonl', names, 'a picture')
    write(
      'german.jsonl',
      names.map((name) => `images/${name}`),
      'ein Bild',
    )
    const { data } = await read(at('several'))
    const all = told([...data.train, ...data.valid, ...data.test])
    expect(all.sort((a, b) => Number(a[0]) - Number(b[0]))).toEqual(
      names.map((_, k) => [k + 1, `a picture ${k}`, `ein Bild ${k}`]),
    )
    write('test.jsonl', names.slice(0, 3), 'once more')
    const named = await read(at('several'))
    expect(told(named.data.test)).toEqual(
      [0, 1, 2].map((k) => [k + 1, `a picture ${k}`, `ein Bild ${k}`, `once more ${k}`]),
    )
    expect(named.data.train.length + named.data.valid.length).toBe(17)
  })

  it('valid and test come from files of their own; none: no rows choose', async () => {
    const { data: main } = await read(at('karpathy', 'dataset.json'), { images: 'imgs' })
    const [data, test] = await Promise.all([filesOf(at('karpathy', 'dataset.json')), filesOf(at('flickr'))])
    const options = { random: new Random(1), read: { images: null, features: null, side: 64 } }
    const flickr = await captionFiles.read({ root: 'f', data: test, test }, options)
    expect(flickr.data.test.length).toBe(1)
    const none = await captionFiles.read(
      { root: 'k', data, valid: [] },
      { ...options, read: { ...options.read, images: 'imgs' } },
    )
    expect([none.data.valid.length, none.data.train.length]).toEqual([
      0,
      main.train.length + main.valid.length,
    ])
    const scored = await captionFiles.readScored(test, 'f', { read: options.read })
    expect(told(scored.rows)).toEqual([[3, 'A dog 3 .', 'Another 3 .']])
  })

  it('large images become squares, small ones stay', async () => {
    await writeImages(at('large'), ['1.png', '2.png'], 100)
    fs.writeFileSync(
      at('large', 'c.jsonl'),
      '{"image":"1.png","caption":"x"}\n{"image":"2.png","caption":"y"}\n',
    )
    const options = { random: new Random(1), read: { images: null, features: null, side: 32 } }
    const { rows } = await captionFiles.readScored(await filesOf(at('large', 'c.jsonl')), 'x', options)
    expect(rows.map(({ image }) => (image as Image).width)).toEqual([32, 32])
  })

  it('features by name in place of images; one file of features is a picture', async () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6)
    const tensors = {
      '1.png': { dtype: 'F32', shape: [2, 3], data },
      '2.png': { dtype: 'F32', shape: [3], data: data.slice(0, 3) },
    } as const
    fs.writeFileSync(at('large', 'all.safetensors'), safetensors.encode(tensors))
    const options = { random: new Random(1), read: { images: null, features: 'all.safetensors', side: 32 } }
    const { rows } = await captionFiles.readScored(await filesOf(at('large', 'c.jsonl')), 'x', options)
    expect(
      rows.map(({ image }) => isFeatures(image) && [image.regions, image.size, [...image.data]]),
    ).toEqual([
      [2, 3, [1, 2, 3, 4, 5, 6]],
      [1, 3, [1, 2, 3]],
    ])
    fs.writeFileSync(at('one.safetensors'), safetensors.encode({ x: tensors['1.png'] }))
    const [one] = await filesOf(at('one.safetensors'))
    expect(await readPictureFile(one)).toMatchObject({ regions: 2, size: 3 })
    const [both] = await filesOf(at('large', 'all.safetensors'))
    expect(await message(readPictureFile(both))).toContain(
      'expected the features of one image, found 2 tensors',
    )
  })
})

describe('what is wrong is said with its place', () => {
  const lines = async (text: string) => {
    fs.mkdirSync(at('bad'), { recursive: true })
    fs.writeFileSync(at('bad', 'c.jsonl'), text)
    return message(read(at('bad', 'c.jsonl')))
  }

  it('all missing images at once', async () => {
    const rows = ['a', 'b', 'c'].map((name) => JSON.stringify({ image: `${name}.png`, caption: 'x' }))
    const found = await lines(rows.join('\n'))
    expect(found).toContain('found 3 missing:')
    for (const [k, name] of ['a', 'b', 'c'].entries())
      expect(found).toContain(`${name}.png (${at('bad', 'c.jsonl')}:${k + 1})`)
    const many = Array.from({ length: 30 }, (_, k) => JSON.stringify({ image: `${k}.png`, caption: 'x' }))
    expect(await lines(many.join('\n'))).toMatch(/found 30 missing:[\s\S]*and 10 more$/)
  })

  it.each([
    ['{"image":"1.png","caption":"x"}\n{"image":"2.png"}', /c\.jsonl:2: expected a caption under "caption"/],
    ['{"image":"1.png","caption":"x"}\n{"caption":"x"}', /c\.jsonl:2: expected the name of an image/],
    ['{"image":"1.png","caption":"x"}\nnonsense', /c\.jsonl:2: expected a JSON object/],
    ['{"image":"1.png","caption":" "}', /c\.jsonl:1: expected a caption, found " "/],
    ['{"image":"1.png","captions":[]}', /c\.jsonl:1: expected captions, found an empty list/],
    [
      '{"image":"1.png","caption":"x","split":"tset"}',
      /c\.jsonl:1: expected the split train, restval, val or test, found "tset"/,
    ],
    [
      '{"image":"1.png","caption":"x","split":"train"}\n{"image":"1.png","caption":"y","split":"test"}',
      /c\.jsonl:2: expected the split that 1\.png has in .*c\.jsonl:1, train, found test/,
    ],
    [
      '{"images":[{"filename":"x","split":"rest","sentences":[{"raw":"x"}]}]}',
      /images\[0\]: expected the split train, restval, val or test, found "rest"/,
    ],
    ['1.png#0\tx\n2.png x', /c\.jsonl:2: expected an image with a number, a tab and a caption/],
    ['nothing of the kind', /expected captions as COCO annotations/],
    [
      '{"images":[{"id":1,"file_name":"x"}],"annotations":[{"image_id":2,"caption":"x"}]}',
      /annotations\[0\]: expected the image_id of one of the images, found 2/,
    ],
    ['{"images":[{"filename":"x","sentences":[]}]}', /images\[0\]: expected sentences, found an empty list/],
  ])('%j', async (text, expected) => {
    expect(await lines(text)).toMatch(expected)
  })

  it('a damaged image is a FormatError with its name, features without a name are missing', async () => {
    fs.writeFileSync(at('bad', '1.png'), 'no image')
    fs.writeFileSync(at('bad', 'd.jsonl'), '{"image":"1.png","caption":"x"}')
    const damaged = read(at('bad', 'd.jsonl'))
    await expect(damaged).rejects.toThrow(FormatError)
    await expect(damaged).rejects.toThrow(/1\.png: expected a PNG or JPEG image/)
    fs.writeFileSync(at('bad', 'f.safetensors'), safetensors.encode({}))
    expect(await message(read(at('bad', 'd.jsonl'), { features: 'f.safetensors' }))).toContain(
      'found 1 missing:',
    )
    expect(await message(read(at('bad', 'd.jsonl'), { features: 'g.safetensors' }))).toContain(
      'expected features in g.safetensors',
    )
  })
})
