import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { safetensors } from '../../src/codecs/index.js'
import { FormatError, UnrolledError, UsageError } from '../../src/errors.js'
import {
  assignWeights,
  type JsonObject,
  packModel,
  storeWeights,
  unpackModel,
} from '../../src/formats/index.js'
import { checkOutputFolder, loadModel, saveModel } from '../../src/formats/model-folder.js'
import { openKernels } from '../../src/kernels/kernels.js'
import { nodePlatform } from '../../src/kernels/node.js'
import { Engine } from '../../src/tensor/index.js'

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-model-'))
afterAll(() => fs.rmSync(work, { recursive: true, force: true }))

let folders = 0
const newFolder = () => path.join(work, `model${folders++}`)

const tensors: Record<string, safetensors.StoredTensor> = {
  'rnn.weight_ih_l0': { dtype: 'F32', shape: [4, 2], data: new Float32Array(8).map((_, i) => i / 3) },
  'head.bias': { dtype: 'F32', shape: [2], data: new Float32Array([-1, 0.5]) },
}
const config: JsonObject = {
  task: 'classify',
  cell: 'lstm',
  hiddenSize: 4,
  vocabulary: ['what', 'time', 'é', '😀'],
  '1': { seed: 1, rate: 0.1 },
}
const metrics: JsonObject = { test: { accuracy: 0.975 }, baselines: { majority: 0.7 } }
const model = { tensors, config, metrics, card: '# Intents\n' }

/** A saved model with one file changed. */
function changed(name: string, change: (bytes: Buffer) => Uint8Array | string): string {
  const folder = newFolder()
  saveModel(folder, model)
  const file = path.join(folder, name)
  fs.writeFileSync(file, change(fs.readFileSync(file)))
  return folder
}

function refused(folder: string, ...messages: string[]): void {
  const error = caught(() => loadModel(folder))
  expect(error).toBeInstanceOf(FormatError)
  for (const message of messages) expect(error.message).toContain(message)
}

function caught(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('a model folder', () => {
  it('gives back what was saved, in files that others can read', () => {
    const folder = newFolder()
    saveModel(folder, model)
    const loaded = loadModel(folder)
    expect({ ...loaded.tensors }).toEqual(tensors)
    expect(loaded.config).toEqual(config)
    expect(loaded.metrics).toEqual(metrics)
    expect(fs.readdirSync(folder).sort()).toEqual([
      'README.md',
      'config.json',
      'metrics.json',
      'model.safetensors',
    ])
    expect(fs.readFileSync(path.join(folder, 'README.md'), 'utf8')).toBe('# Intents\n')
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8'))).toMatchObject({
      unrolled: { format: 1 },
      ...config,
    })
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'metrics.json'), 'utf8'))).toEqual(metrics)
  })

  it('is the same bytes for the same model', () => {
    expect(packModel(model)).toEqual(
      packModel({ ...model, tensors: Object.fromEntries(Object.entries(tensors).reverse()) }),
    )
  })

  it('overwrites a model and keeps the other files', () => {
    const folder = newFolder()
    saveModel(folder, model)
    fs.writeFileSync(path.join(folder, 'log.jsonl'), '{}\n')
    saveModel(folder, { ...model, metrics: { test: { accuracy: 1 } } })
    expect(loadModel(folder).metrics).toEqual({ test: { accuracy: 1 } })
    expect(fs.existsSync(path.join(folder, 'log.jsonl'))).toBe(true)
  })

  it('may have its config laid out anew, but not changed', () => {
    const compact = changed('config.json', (bytes) => JSON.stringify(JSON.parse(bytes.toString())))
    expect(loadModel(compact).config).toEqual(config)
    const edited = changed('config.json', (bytes) =>
      bytes.toString().replace('"hiddenSize": 4', '"hiddenSize": 5'),
    )
    refused(edited, 'config.json: damaged or edited by hand')
  })

  it('keeps any JSON in its config', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        const { unrolled: _, ...rest } = values
        const any = JSON.parse(JSON.stringify(rest)) as JsonObject
        expect(unpackModel(packModel({ ...model, config: any }), 'x').config).toEqual(any)
      }),
    )
  })

  it('does not lend its own key', () => {
    expect(() => packModel({ ...model, config: { unrolled: 1 } })).toThrow(UsageError)
  })

  it('refuses what is not there or not a model', () => {
    refused(path.join(work, 'nowhere'), 'expected a model folder, found nothing')
    const empty = newFolder()
    fs.mkdirSync(empty)
    refused(empty, 'config.json: missing', 'is no model folder')
    refused(
      path.join(
        changed('config.json', (bytes) => bytes),
        'config.json',
      ),
      'found a file',
    )

    const run = newFolder()
    fs.mkdirSync(path.join(run, 'checkpoints'), { recursive: true })
    refused(run, `${run} holds a training that did not finish: continue it with --resume ${run}`)

    for (const name of ['model.safetensors', 'metrics.json']) {
      const folder = newFolder()
      saveModel(folder, model)
      fs.rmSync(path.join(folder, name))
      refused(folder, `${name}: missing; the model folder is incomplete`)
    }
    refused(
      changed('config.json', () => '{ "architectures": ["BertModel"] }'),
      'not the configuration of an unrolled model',
    )
    refused(
      changed('config.json', () => '[]'),
      'config.json: expected a JSON object',
    )
    refused(
      changed('config.json', () => '{'),
      'config.json: no valid JSON in UTF-8',
    )
    refused(
      changed('config.json', () => Buffer.from([0xff])),
      'config.json: no valid JSON in UTF-8',
    )
    const later = changed('config.json', (bytes) => bytes.toString().replace('"format": 1', '"format": 2'))
    refused(later, 'written by a later version (format 2, this one reads up to 1); upgrade unrolled')
    const unsealed = changed('config.json', () => '{ "unrolled": { "format": 1 } }')
    refused(unsealed, '"unrolled" has no checksum of config')
  })

  it('finds files of two savings', () => {
    const folder = newFolder()
    saveModel(folder, model)
    const other = newFolder()
    saveModel(other, {
      ...model,
      tensors: { ...tensors, 'head.bias': { dtype: 'F32', shape: [2], data: new Float32Array(2) } },
    })
    fs.copyFileSync(path.join(other, 'model.safetensors'), path.join(folder, 'model.safetensors'))
    refused(folder, 'model.safetensors: damaged, or not saved together with config.json')
  })

  it('finds every flipped bit and every truncation of its files', () => {
    const files = packModel(model)
    for (const name of ['config.json', 'metrics.json', 'model.safetensors'] as const) {
      for (let bit = 0; bit < files[name].length * 8; bit++) {
        const bytes = files[name].slice()
        bytes[bit >> 3] ^= 1 << (bit & 7)
        checkUnpack({ ...files, [name]: bytes }, name)
      }
      for (let length = 0; length < files[name].length - 1; length++)
        expect(() => unpackModel({ ...files, [name]: files[name].slice(0, length) }, 'x')).toThrow(
          FormatError,
        )
    }

    /** Only a change between JSON's values, such as a tab for a space, may pass, and then it must mean the same. */
    function checkUnpack(damaged: typeof files, name: string): void {
      try {
        const { tensors: found, ...rest } = unpackModel(damaged, 'x')
        expect({ ...rest, tensors: { ...found } }).toEqual({ config, metrics, tensors })
        expect(name).toBe('config.json')
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }
  })
})

describe('weights', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = new Engine(await openKernels(nodePlatform(), { threads: 1 }))
  })
  afterAll(() => engine.dispose())

  it('go from parameters to a folder and back', () => {
    const make = () => ({ 'rnn.weight_ih_l0': engine.parameter([4, 2]), 'head.bias': engine.parameter([2]) })
    const before = make()
    before['rnn.weight_ih_l0'].set([1, 2, 3, 4, 5, 6, 7, 8].map((x) => x / 7))
    const folder = newFolder()
    saveModel(folder, { ...model, tensors: storeWeights(before) })
    const after = make()
    const version = after['head.bias'].version
    assignWeights(after, loadModel(folder).tensors, folder)
    expect([...after['rnn.weight_ih_l0'].data]).toEqual([...before['rnn.weight_ih_l0'].data])
    expect(after['head.bias'].version).toBe(version + 1)
  })

  it('that do not fit are all listed, and nothing is changed', () => {
    const parameters = {
      'head.bias': engine.parameter([3]),
      'head.weight': engine.parameter([3, 4]),
      x: engine.parameter([1]),
    }
    const half: safetensors.StoredTensor = { dtype: 'F16', shape: [1], data: new Uint16Array(1) }
    const error = caught(() => assignWeights(parameters, { ...tensors, x: half }, 'models/x'))
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message.split('\n')).toEqual([
      'models/x: the weights do not fit the architecture in config.json:',
      '  wrong shape: head.bias is [2], expected [3]',
      '  missing: head.weight [3, 4]',
      '  unexpected: rnn.weight_ih_l0 [4, 2]',
      '  wrong type: x is F16, expected F32 or F64',
    ])
    expect([...parameters['head.bias'].data]).toEqual([0, 0, 0])
  })
})

describe('checkOutputFolder', () => {
  const folderWith = (...names: string[]) => {
    const folder = newFolder()
    fs.mkdirSync(folder)
    for (const name of names) fs.writeFileSync(path.join(folder, name), '')
    return folder
  }

  it('allows what is new or empty', () => {
    expect(() => checkOutputFolder(newFolder())).not.toThrow()
    expect(() => checkOutputFolder(folderWith())).not.toThrow()
  })

  it('refuses what is not, and says what to do', () => {
    const saved = newFolder()
    saveModel(saved, model)
    const interrupted = folderWith('log.jsonl')
    const foreign = folderWith('a', 'b', 'c', 'd')
    const cases: [string, string][] = [
      [saved, `--out ${saved} already holds a trained model: choose another --out or remove the folder`],
      [interrupted, `continue it with --resume ${interrupted}, choose another --out or remove the folder`],
      [foreign, `--out ${foreign} is not empty and holds no run (a, b, c, …): choose another --out`],
      [path.join(foreign, 'a'), 'is a file; expected a new or empty folder'],
    ]
    for (const [folder, message] of cases) {
      expect(() => checkOutputFolder(folder)).toThrow(UsageError)
      expect(() => checkOutputFolder(folder)).toThrow(message)
    }
  })
})

const disk = path.join(work, 'disk')
const mounted = mountSmallDisk()
afterAll(() => {
  if (mounted) spawnSync('umount', [disk])
})

/** A disk of 64 KiB, where this machine lets tests have one (root on Linux). */
function mountSmallDisk(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  fs.mkdirSync(disk)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0
}

describe('a disk that fills while saving', () => {
  test.skipIf(!mounted)('keeps the model that was there, and the error names the file', () => {
    const folder = path.join(disk, 'model')
    saveModel(folder, model)
    const large: safetensors.StoredTensor = { dtype: 'F32', shape: [20_000], data: new Float32Array(20_000) }
    const error = caught(() => saveModel(folder, { ...model, tensors: { large } }))
    expect(error).toBeInstanceOf(UnrolledError)
    expect(error.message).toContain(
      `${folder}/model.safetensors: could not be written: no space is left on the disk`,
    )
    expect(fs.readdirSync(folder).sort()).toEqual([
      'README.md',
      'config.json',
      'metrics.json',
      'model.safetensors',
    ])
    expect({ ...loadModel(folder).tensors }).toEqual(tensors)
  })
})
