/** The number type of a heap's reals. */
export type Real = 'float32' | 'float64'

/** The instruction sets that the native addon is compiled for. */
export type InstructionSet = 'avx512' | 'avx2' | 'baseline' | 'neon'

/**
 * The one memory that kernels work on; tensors are views into it. Place 0 is never handed out: it means "absent".
 */
export interface KernelHeap {
  /** The memory. A view taken before `reserve` may be empty after it: take it again. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  /** The first free byte, 64-byte aligned in the machine's memory. */
  readonly start: number
  /** Makes `buffer` at least `bytes` long, keeping its contents, and may replace it; else throws a `MemoryError`. */
  reserve(bytes: number): void
}

/**
 * The operations of `kernels/jobs.json` on one heap, run by a team of threads. The results do not depend on `threads`.
 *
 * @example
 * const kernels = await openKernels(nodePlatform())
 * kernels.run(place, kernels.threads)
 * await kernels.close()
 */
export interface Kernels {
  /** What runs: `native avx512`, `native avx2`, `native baseline`, `native neon`, `wasm simd`, `wasm simd threads` or `wasm float64`. */
  readonly name: string
  readonly real: Real
  /** Reals per vector. */
  readonly lanes: number
  /** The largest team. */
  readonly threads: number
  readonly heap: KernelHeap
  /** Runs the job record at `job`, a place in 4-byte words, by a team of `threads`; throws a `MemoryError` after `close`. */
  run(job: number, threads: number): void
  /** Ends the threads and releases the memory. */
  close(): Promise<void>
}

/** What `openKernels` can be asked for; each default suits the machine. */
export interface KernelOptions {
  backend?: 'native' | 'wasm' | undefined
  /** 1 to 255. */
  threads?: number | undefined
  /** `float64` serves gradient checks: WebAssembly, one thread. */
  real?: Real | undefined
  /** Holds the native kernels to one instruction set, for tests and measurements. */
  instructionSet?: InstructionSet | undefined
}

/** The native addon as it is loaded: `kernels/host_native.cpp`. */
export interface Addon {
  /** What this processor can run, best first. */
  readonly instructionSets: readonly InstructionSet[]
  /** Names the list of jobs that it was compiled with. */
  readonly jobsHash: number
  open(instructionSet: InstructionSet, threads: number, largestHeap: number): NativeHost
}

/** One opened heap and its team in the native addon. */
export interface NativeHost {
  readonly buffer: ArrayBuffer
  readonly threads: number
  run(job: number, threads: number): void
  close(): void
}

/** What a worker needs to serve as member `id` of the team. */
export interface WorkerStart {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  readonly id: number
  /** The end of the worker's own stack, which grows downwards. */
  readonly stackTop: number
}

/** The compiled WebAssembly files. */
export type WasmFile = 'simd' | 'simd-threads' | 'float64'

/** What the kernels need from where they run: Node (`nodePlatform`) or a page (`browserPlatform`). */
export interface Platform {
  /** The backend that the person who runs the program insists on. */
  readonly backend?: 'native' | 'wasm' | undefined
  /** The team's size unless the program asks for another. */
  readonly threads: number
  /** Whether memory can be shared with workers. */
  readonly sharedMemory: boolean
  /** The most bytes that one native heap can have here. */
  readonly largestHeap: number
  /** The native addon, or the reason why there is none, as a clause. */
  loadAddon(): Addon | string
  loadWasm(file: WasmFile): Promise<WebAssembly.Module>
  /** Starts a worker that never keeps the process alive; settles when it serves or has failed. */
  startWorker(start: WorkerStart): Promise<{ terminate(): unknown }>
}
