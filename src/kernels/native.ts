import { MemoryError } from '../errors.js'
import type { Addon, InstructionSet, KernelHeap, Kernels, NativeHost } from './contract.js'

const lanes: Record<InstructionSet, number> = { avx512: 16, avx2: 8, neon: 4, baseline: 4 }

/** A heap whose address space is reserved once: its buffer never changes, a page costs memory when it is touched. */
class NativeHeap implements KernelHeap {
  readonly start = 64

  constructor(readonly buffer: ArrayBuffer) {}

  reserve(bytes: number): void {
    if (bytes <= this.buffer.byteLength) return
    throw new MemoryError(
      `The heap cannot grow to ${bytes} bytes: this runtime gives the native kernels ${this.buffer.byteLength}. ` +
        'Use a smaller batch or shorter sequences.',
    )
  }
}

class NativeKernels implements Kernels {
  readonly name: string
  readonly real = 'float32'
  readonly lanes: number
  readonly threads: number
  readonly heap: KernelHeap
  #host: NativeHost | undefined

  constructor(host: NativeHost, instructionSet: InstructionSet) {
    this.#host = host
    this.name = `native ${instructionSet}`
    this.lanes = lanes[instructionSet]
    this.threads = host.threads
    this.heap = new NativeHeap(host.buffer)
  }

  run(job: number, threads: number): void {
    if (!this.#host) throw new MemoryError(`The kernels (${this.name}) are closed.`)
    this.#host.run(job, threads)
  }

  async close(): Promise<void> {
    this.#host?.close()
    this.#host = undefined
  }
}

/** Opens the native kernels on a heap and a team of their own. */
export function openNative(
  addon: Addon,
  instructionSet: InstructionSet,
  threads: number,
  largestHeap: number,
): Kernels {
  return new NativeKernels(addon.open(instructionSet, threads, largestHeap), instructionSet)
}
