import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { MemoryError, UsageError } from '../../src/errors.js'
import type { KernelOptions, Kernels } from '../../src/kernels/index.js'
import { jobs, jobsHash, openKernels, packedSize, scratchSize } from '../../src/kernels/index.js'
import { describeMachine, nodePlatform } from '../../src/kernels/node.js'

const addon = nodePlatform({}).loadAddon()
const instructionSets = typeof addon === 'string' ? [] : addon.instructionSets
const backends = instructionSets.length > 0 ? ['native', 'wasm'] : ['wasm']

/** Every host that this machine can run: its name and how to ask for it. */
const hosts: [string, KernelOptions][] = [
  ...instructionSets.map((set): [string, KernelOptions] => [
    `native ${set}`,
    { instructionSet: set, threads: 2 },
  ]),
  ['wasm simd', { backend: 'wasm', threads: 1 }],
  ['wasm simd threads', { backend: 'wasm', threads: 2 }],
  ['wasm float64', { real: 'float64' }],
]
const lanes: Record<string, number> = {
  'native avx512': 16,
  'native avx2': 8,
  'native baseline': 4,
  'native neon': 4,
  'wasm simd': 4,
  'wasm simd threads': 4,
  'wasm float64': 2,
}

function open(options: KernelOptions): Promise<Kernels> {
  return openKernels(nodePlatform({}), options)
}

function reals(kernels: Kernels, byte: number, count: number): Float32Array | Float64Array {
  return kernels.real === 'float32'
    ? new Float32Array(kernels.heap.buffer, byte, count)
    : new Float64Array(kernels.heap.buffer, byte, count)
}

/** Fills `count` reals from byte `target` on with `value`, by a job record at the start of the heap. */
function fill(kernels: Kernels, target: number, count: number, value: number, threads: number): void {
  const { heap } = kernels
  heap.reserve(target + count * 8)
  const bits = new Uint32Array(new Float64Array([value]).buffer)
  new Uint32Array(heap.buffer, heap.start, 5).set([jobs.fill.code, count, target / 4, ...bits])
  kernels.run(heap.start / 4, threads)
}

describe.each(hosts)('%s', (name, options) => {
  const opening = open(options)
  afterAll(async () => (await opening).close())

  it('has an aligned heap and says what it is', async () => {
    const kernels = await opening
    const real = options.real ?? 'float32'
    expect(kernels.real).toBe(real)
    expect(kernels.threads).toBe(options.threads ?? 1)
    expect(kernels.heap.start).toBeGreaterThan(0)
    expect(kernels.heap.start % 64).toBe(0)
    expect(kernels.heap.buffer.byteLength).toBeGreaterThanOrEqual(kernels.heap.start)
    expect(kernels.lanes).toBe(lanes[name])
    expect(kernels.name).toBe(name)
  })

  it('runs jobs with every size of team and writes nothing beside the target', async () => {
    const kernels = await opening
    const { start } = kernels.heap
    kernels.heap.reserve(start + 1_000_000)
    for (let threads = 1; threads <= kernels.threads; threads++) {
      for (const count of [1, 3, 64, 1000, 10_007]) {
        reals(kernels, start + 256, 10_100).fill(-1)
        fill(kernels, start + 320, count, 2.5 * threads, threads)
        const bytes = kernels.real === 'float32' ? 4 : 8
        const seen = reals(kernels, start + 256, count + 64 / bytes + 1)
        const expected = Array.from(seen, (_, i) =>
          i < 64 / bytes || i >= count + 64 / bytes ? -1 : 2.5 * threads,
        )
        expect(Array.from(seen)).toEqual(expected)
      }
    }
  })

  it('computes: the peak job multiplies and adds', async () => {
    const kernels = await opening
    const { start } = kernels.heap
    kernels.heap.reserve(start + 100_000)
    reals(kernels, start + 4096, 4096).fill(0.5)
    new Uint32Array(kernels.heap.buffer, start, 4).set([
      jobs.peak.code,
      1000,
      (start + 4096) / 4,
      (start + 65536) / 4,
    ])
    kernels.run(start / 4, kernels.threads)
    // x/2 + 1/2, over and over, comes to 1 in every lane of every accumulator.
    const results = reals(kernels, start + 65536, 12 * kernels.lanes * kernels.threads)
    for (const result of results) expect(result).toBeCloseTo(1, 6)
  })

  it('keeps its contents when the heap grows', async () => {
    const kernels = await opening
    const { heap } = kernels
    heap.reserve(heap.start + 70_000)
    fill(kernels, heap.start + 1024, 10_000, 7, 1)
    const bytes = heap.start + 64 * 2 ** 20
    heap.reserve(bytes)
    expect(heap.buffer.byteLength).toBeGreaterThanOrEqual(bytes)
    expect(reals(kernels, heap.start + 1024, 10_000).every((value) => value === 7)).toBe(true)
    fill(kernels, bytes - 4096, 100, 9, kernels.threads)
    expect(reals(kernels, bytes - 4096, 100).every((value) => value === 9)).toBe(true)
    expect(() => heap.reserve(2 ** 40)).toThrow(MemoryError)
  })

  it('survives many small jobs, pauses between them and changing teams', async () => {
    const kernels = await opening
    const { start } = kernels.heap
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 200; i++) fill(kernels, start + 1024, 500, i, 1 + (i % kernels.threads))
      expect(reals(kernels, start + 1024, 500).every((value) => value === 199)).toBe(true)
      await new Promise((resolve) => setTimeout(resolve, 3)) // long enough for the team to fall asleep
    }
  })

  it('does not disturb another host beside it', async () => {
    const kernels = await opening
    const other = await open(options)
    fill(kernels, kernels.heap.start + 1024, 100, 1, kernels.threads)
    fill(other, other.heap.start + 1024, 100, 2, other.threads)
    expect(reals(kernels, kernels.heap.start + 1024, 100).every((value) => value === 1)).toBe(true)
    expect(reals(other, other.heap.start + 1024, 100).every((value) => value === 2)).toBe(true)
    await other.close()
  })
})

describe('closing', () => {
  it.each(hosts)('ends the threads and refuses jobs: %s', async (_, options) => {
    const before = countThreads()
    const kernels = await open(options)
    fill(kernels, kernels.heap.start + 1024, 10, 1, kernels.threads)
    await kernels.close()
    await kernels.close()
    expect(() => kernels.run(kernels.heap.start / 4, 1)).toThrow(MemoryError)
    await expect.poll(countThreads, { timeout: 10_000 }).toBeLessThanOrEqual(before)
  })
})

/** The threads of this process, where the system tells. */
function countThreads(): number {
  return fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0
}

// Plain JavaScript on the built package: what a program sees outside the test runner.
const dist = fileURLToPath(new URL('../../dist/kernels/', import.meta.url))
const program = `
  const { openKernels, jobs } = await import(${JSON.stringify(`${dist}index.js`)})
  const { nodePlatform } = await import(${JSON.stringify(`${dist}node.js`)})
  const kernels = await openKernels(nodePlatform())
  const { start, buffer } = kernels.heap
  kernels.heap.reserve(start + 8192)
  const job = new Uint32Array(kernels.heap.buffer, start, 5)
  job.set([jobs.fill.code, 100, (start + 1024) / 4, 0, 0x40080000])
  kernels.run(start / 4, kernels.threads)
  const total = new Float32Array(kernels.heap.buffer, start + 1024, 100).reduce((a, b) => a + b)
  const report = kernels.name + ' ' + kernels.threads + ' ' + total`

describe('in a program', () => {
  function execute(environment: Record<string, string>): string {
    return execFileSync(process.execPath, ['--input-type=module', '-e', `${program}\nconsole.log(report)`], {
      env: { ...process.env, UNROLLED_KERNELS: '', UNROLLED_THREADS: '', ...environment },
      encoding: 'utf8',
      timeout: 30_000,
    }).trim()
  }

  it('exits by itself although nobody closed the kernels', () => {
    const wasm = { UNROLLED_KERNELS: 'wasm' }
    expect(execute({ ...wasm, UNROLLED_THREADS: '2' })).toBe('wasm simd threads 2 300')
    expect(execute({ ...wasm, UNROLLED_THREADS: '1' })).toBe('wasm simd 1 300')
    const best = instructionSets.length > 0 ? `native ${instructionSets[0]}` : 'wasm simd threads'
    expect(execute({ UNROLLED_THREADS: '2' })).toBe(`${best} 2 300`)
  })

  it.each(backends)('works in worker_threads side by side (%s)', async (backend) => {
    const text = `(async () => { ${program}; require('node:worker_threads').parentPort.postMessage(report) })()`
    const options = { eval: true, env: { ...process.env, UNROLLED_KERNELS: backend, UNROLLED_THREADS: '2' } }
    const reports = Array.from({ length: 2 }, () => {
      const worker = new Worker(text, options)
      return new Promise<string>((resolve, reject) => {
        let report = ''
        worker.on('message', (message) => {
          report = message
        })
        worker.on('error', reject)
        worker.on('exit', (code) => resolve(`${report} exit ${code}`))
      })
    })
    for (const report of await Promise.all(reports)) expect(report).toMatch(/ 2 300 exit 0$/)
  })
})

describe('choosing', () => {
  it('honours the environment and says what is wrong with it', async () => {
    const kernels = await openKernels(nodePlatform({ UNROLLED_KERNELS: 'wasm', UNROLLED_THREADS: '1' }))
    expect(kernels.name).toBe('wasm simd')
    await kernels.close()
    expect(() => nodePlatform({ UNROLLED_KERNELS: 'natve' })).toThrow(
      new UsageError('UNROLLED_KERNELS: expected native or wasm, got natve. Did you mean native?'),
    )
    for (const threads of ['0', '-1', '1.5', 'two', '256', ' '])
      expect(() => nodePlatform({ UNROLLED_THREADS: threads })).toThrow(
        `UNROLLED_THREADS: expected a whole number from 1 to 255, got ${threads}.`,
      )
  })

  it('refuses what does not exist, and says what to do', async () => {
    const bare = { ...nodePlatform({}), loadAddon: () => 'the native addon was not built on this machine' }
    await expect(openKernels(bare, { backend: 'native' })).rejects.toThrow(
      /C\+\+ compiler .*`npm rebuild unrolled`/,
    )
    await expect(openKernels({ ...bare, backend: 'native' })).rejects.toThrow(UsageError)
    const fallback = await openKernels(bare, { threads: 1 })
    expect(fallback.name).toBe('wasm simd')
    await fallback.close()
    await expect(open({ threads: 0 })).rejects.toThrow(
      'threads: expected a whole number from 1 to 255, got 0.',
    )
    await expect(open({ backend: 'native', real: 'float64' })).rejects.toThrow(UsageError)
    const unknown = {
      ...bare,
      loadAddon: () => ({ instructionSets: ['baseline'] as const, jobsHash, open: () => expect.fail() }),
    }
    await expect(openKernels(unknown, { instructionSet: 'avx2' })).rejects.toThrow(
      'this processor has baseline, got avx2',
    )
  })

  it('falls back to WebAssembly where the addon loads and does not open', async () => {
    const open = () => {
      throw new Error('this JavaScript runtime takes no outside memory as an ArrayBuffer')
    }
    const addon = { instructionSets: ['baseline'] as const, jobsHash, open }
    const platform = { ...nodePlatform({}), loadAddon: () => addon }
    const kernels = await openKernels(platform, { threads: 1 })
    expect(kernels.name).toBe('wasm simd')
    await kernels.close()
    await expect(openKernels(platform, { backend: 'native' })).rejects.toThrow(
      'The native kernels were asked for, but they do not open (this JavaScript runtime takes no outside memory',
    )
  })

  it('refuses compiled kernels that know other jobs', async () => {
    // (module (func (export "jobsHash") (result i32) i32.const 0))
    const sections = [
      '0061736d01000000',
      '0105016000017f',
      '03020100',
      '070c01086a6f6273486173680000',
      '0a0601040041000b',
    ]
    const module = new WebAssembly.Module(Buffer.from(sections.join(''), 'hex'))
    const platform = { ...nodePlatform({}), loadWasm: async () => module }
    await expect(openKernels(platform, { backend: 'wasm', threads: 1 })).rejects.toThrow('another version')
  })

  it('uses one thread where memory cannot be shared', async () => {
    const kernels = await openKernels(
      { ...nodePlatform({}), sharedMemory: false },
      { backend: 'wasm', threads: 4 },
    )
    expect([kernels.name, kernels.threads]).toEqual(['wasm simd', 1])
    await kernels.close()
  })

  it('describes the machine', async () => {
    const kernels = await open({ backend: 'wasm', threads: 1 })
    const machine = describeMachine(kernels)
    expect(machine.kernels).toEqual({ name: 'wasm simd', threads: 1, lanes: 4 })
    expect(machine.cores).toBeGreaterThan(0)
    expect(machine.unrolled).toMatch(/^\d+\.\d+\.\d+/)
    expect(machine.instructionSets.length > 0).toBe(machine.addonMissing === undefined)
    await kernels.close()
  })
})

describe('sizes', () => {
  it('counts the reals of packed matrices and of the work area', () => {
    expect(packedSize({ lanes: 16 }, 10, 64)).toBe(640)
    expect(packedSize({ lanes: 16 }, 10, 65)).toBe(1280)
    expect(packedSize({ lanes: 4 }, 3, 5, 4)).toBe(2 * 3 * 16) // two vectors for each of four gates: two panels
    expect(packedSize({ lanes: 8 }, 7, 1, 3)).toBe(7 * 32)
    expect(scratchSize({ threads: 2 })).toBe(2 * 96 * 256)
  })
})
