import { constants } from 'node:buffer'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { nearest, UnrolledError, UsageError } from '../errors.js'
import { jobsHash } from './jobs.js'
import { type Addon, type Kernels, largestTeam, type Platform, type WorkerStart } from './kernels.js'

// The build's folder, seen alike from src/kernels and from dist/kernels.
const built = new URL('../../dist/kernels/', import.meta.url)
const addonFile = new URL(`addon-${process.platform}-${process.arch}.node`, built)
/** A 32-bit word number reaches 16 GiB. */
const wordReach = 2 ** 34

/**
 * Node with its worker threads and the native addon. `UNROLLED_KERNELS=native|wasm` forces a backend and
 * `UNROLLED_THREADS=n` the team's size; unset, the team has a thread per core, at most 8.
 *
 * @throws UsageError when one of the two variables has another value.
 * @example
 * const kernels = await openKernels(nodePlatform())
 */
export function nodePlatform(environment: NodeJS.ProcessEnv = process.env): Platform {
  return {
    backend: readBackend(environment.UNROLLED_KERNELS),
    threads: readThreads(environment.UNROLLED_THREADS),
    sharedMemory: true,
    largestHeap: Math.min(constants.MAX_LENGTH, wordReach),
    loadAddon,
    loadWasm,
    startWorker,
  }
}

function readBackend(text: string | undefined): 'native' | 'wasm' | undefined {
  if (text === undefined || text === '') return undefined
  if (text === 'native' || text === 'wasm') return text
  const guess = nearest(text, ['native', 'wasm'])
  throw new UsageError(
    `UNROLLED_KERNELS: expected native or wasm, got ${text}.${guess ? ` Did you mean ${guess}?` : ''}`,
  )
}

function readThreads(text: string | undefined): number {
  if (text === undefined || text === '') return Math.min(os.availableParallelism(), 8)
  const threads = Number(text)
  if (/^\d+$/.test(text) && threads >= 1 && threads <= largestTeam) return threads
  throw new UsageError(`UNROLLED_THREADS: expected a whole number from 1 to ${largestTeam}, got ${text}.`)
}

function loadAddon(): Addon | string {
  if (!fs.existsSync(addonFile)) return 'the native addon was not built on this machine'
  try {
    const addon = createRequire(import.meta.url)(fileURLToPath(addonFile)) as Addon
    return addon.jobsHash === jobsHash
      ? addon
      : 'the native addon was built from another version of the kernels'
  } catch (error) {
    return `the native addon does not load (${(error as Error).message.split('\n', 1)[0]})`
  }
}

async function loadWasm(file: string): Promise<WebAssembly.Module> {
  const place = new URL(`${file}.wasm`, built)
  const bytes = await fs.promises.readFile(place).catch((cause) => {
    throw new UnrolledError(
      `${fileURLToPath(place)} cannot be read: reinstall unrolled (in a clone: \`npm run build\`).`,
      {
        cause,
      },
    )
  })
  return WebAssembly.compile(new Uint8Array(bytes))
}

async function startWorker(start: WorkerStart): Promise<Worker> {
  const worker = new Worker(new URL('worker-node.js', built), {
    workerData: start,
    execArgv: [],
    name: `unrolled kernels ${start.id}`,
  })
  await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  worker.unref()
  return worker
}

/** What there is to know about the machine and the kernels on it: the contents of `unrolled info`. */
export interface MachineDescription {
  readonly unrolled: string
  readonly node: string
  readonly platform: string
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  /** What the native addon can run here, best first; empty without the addon. */
  readonly instructionSets: readonly string[]
  /** Why there is no native addon. */
  readonly addonMissing?: string
  /** The kernels in use, where any are given. */
  readonly kernels?: { readonly name: string; readonly threads: number; readonly lanes: number }
}

/**
 * Describes the machine, and `kernels` on it.
 *
 * @example
 * describeMachine(await openKernels(nodePlatform())).kernels?.name // 'native avx512'
 */
export function describeMachine(kernels?: Kernels): MachineDescription {
  const addon = loadAddon()
  const manifest = JSON.parse(fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    unrolled: manifest.version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    processor: os.cpus()[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    ...(typeof addon === 'string'
      ? { instructionSets: [], addonMissing: addon }
      : { instructionSets: addon.instructionSets }),
    ...(kernels && { kernels: { name: kernels.name, threads: kernels.threads, lanes: kernels.lanes } }),
  }
}
