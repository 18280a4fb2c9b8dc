import { MemoryError, UnrolledError } from '../errors.js'
import type { KernelHeap, Kernels, Platform, Real, WasmFile } from './contract.js'
import { jobsHash } from './jobs.js'

const pageBytes = 65536
const largestPages = 65536
const workerStackBytes = 65536

interface Exports {
  readonly memory?: WebAssembly.Memory
  readonly __heap_base: WebAssembly.Global<'i32'>
  jobsHash(): number
  run(job: number, threads: number): void
  stop?(): void
  letCallerSleep?(): void
}

class WasmHeap implements KernelHeap {
  buffer: ArrayBuffer | SharedArrayBuffer

  constructor(
    private readonly memory: WebAssembly.Memory,
    readonly start: number,
  ) {
    this.buffer = memory.buffer
    this.reserve(start)
  }

  reserve(bytes: number): void {
    const missing = bytes - this.buffer.byteLength
    if (missing <= 0) return
    try {
      this.memory.grow(Math.ceil(missing / pageBytes))
    } catch (cause) {
      throw new MemoryError(
        `The heap cannot grow from ${this.buffer.byteLength} to ${bytes} bytes: WebAssembly ends at 4 GiB, or the ` +
          'system has no more. Use a smaller batch or shorter sequences.',
        { cause },
      )
    }
    this.buffer = this.memory.buffer
  }
}

class WasmKernels implements Kernels {
  #open = true

  constructor(
    readonly name: string,
    readonly real: Real,
    readonly threads: number,
    readonly heap: KernelHeap,
    private readonly exports: Exports,
    private readonly workers: readonly { terminate(): unknown }[],
  ) {}

  get lanes(): number {
    return this.real === 'float32' ? 4 : 2
  }

  run(job: number, threads: number): void {
    if (!this.#open) throw new MemoryError(`The kernels (${this.name}) are closed.`)
    this.exports.run(job, Math.min(threads, this.threads))
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.exports.stop?.()
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }
}

/** Opens the WebAssembly kernels: threaded where memory can be shared, else on one thread. */
export async function openWasm(platform: Platform, threads: number, real: Real): Promise<Kernels> {
  if (real === 'float64') return openSingle(platform, 'float64', real)
  if (threads === 1 || !platform.sharedMemory) return openSingle(platform, 'simd', real)
  return openThreaded(platform, threads)
}

async function openSingle(platform: Platform, file: WasmFile, real: Real): Promise<Kernels> {
  const exports = instantiate(await platform.loadWasm(file), {})
  const heap = new WasmHeap(exports.memory as WebAssembly.Memory, alignUp(exports.__heap_base.value))
  return new WasmKernels(`wasm ${file}`, real, 1, heap, exports, [])
}

async function openThreaded(platform: Platform, threads: number): Promise<Kernels> {
  const module = await platform.loadWasm('simd-threads')
  const memory = sharedMemory()
  const exports = instantiate(module, { env: { memory } })
  if (maySleep()) exports.letCallerSleep?.()
  // The workers' stacks come first, one behind the other, then the free heap.
  const stacks = alignUp(exports.__heap_base.value)
  const heap = new WasmHeap(memory, stacks + (threads - 1) * workerStackBytes)
  const starting = Array.from({ length: threads - 1 }, (_, index) =>
    platform.startWorker({
      module,
      memory,
      id: index + 1,
      stackTop: stacks + (index + 1) * workerStackBytes,
    }),
  )
  const settled = await Promise.allSettled(starting)
  const workers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const kernels = new WasmKernels('wasm simd threads', 'float32', threads, heap, exports, workers)
  const failed = settled.find((result) => result.status === 'rejected')
  if (failed) {
    await kernels.close()
    throw failed.reason
  }
  return kernels
}

/** Shared memory reserves its maximum in the address space, so a small machine may grant less than 4 GiB. */
function sharedMemory(): WebAssembly.Memory {
  const initial = 64
  for (let maximum = largestPages; maximum > initial; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true })
    } catch {
      // Too much for this machine: ask for half.
    }
  }
  throw new MemoryError('The system grants no shared memory for the kernels; run them with one thread.')
}

/** Whether this thread may wait without spinning: a page's main thread may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0)
    return true
  } catch {
    return false
  }
}

function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): Exports {
  const exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports
  if (exports.jobsHash() >>> 0 !== jobsHash)
    throw new UnrolledError(
      'The WebAssembly kernels were built from another version of the package: run `npm run build`, or serve the files of one version.',
    )
  return exports
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
