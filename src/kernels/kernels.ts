import { nearest, UsageError } from '../errors.js'
import type { Addon, InstructionSet, KernelOptions, Kernels, Platform } from './contract.js'
import { openNative } from './native.js'
import { openWasm } from './wasm.js'

export type {
  Addon,
  InstructionSet,
  KernelHeap,
  KernelOptions,
  Kernels,
  NativeHost,
  Platform,
  Real,
  WasmFile,
  WorkerStart,
} from './contract.js'

/** The team's size fits in a byte: the kernels' hosts announce a job in one word. */
export const largestTeam = 255

/**
 * Opens the kernels that suit the machine: native where the addon loads and opens, else WebAssembly.
 *
 * @throws UsageError when what `options` or the platform's environment asks for does not exist here.
 * @example
 * const kernels = await openKernels(nodePlatform(), { threads: 1 })
 */
export async function openKernels(platform: Platform, options: KernelOptions = {}): Promise<Kernels> {
  const { real = 'float32', threads = platform.threads, instructionSet } = options
  if (!Number.isInteger(threads) || threads < 1 || threads > largestTeam)
    throw new UsageError(`threads: expected a whole number from 1 to ${largestTeam}, got ${threads}.`)
  if (options.backend === 'native' && real === 'float64')
    throw new UsageError(
      'The native kernels are float32 only: leave the backend out, or take backend "wasm".',
    )
  if (real === 'float64') return openWasm(platform, 1, real)

  const backend = options.backend ?? (instructionSet ? 'native' : platform.backend)
  if (backend === 'wasm') return openWasm(platform, threads, real)
  const native = tryNative(platform, instructionSet, threads)
  if (typeof native !== 'string') return native
  if (backend === 'native') throw new UsageError(noNative(native))
  return openWasm(platform, threads, real)
}

/** The native kernels, or why there are none: some runtimes load the addon but take no memory from it (Electron). */
function tryNative(
  platform: Platform,
  instructionSet: InstructionSet | undefined,
  threads: number,
): Kernels | string {
  const addon = platform.loadAddon()
  if (typeof addon === 'string') return addon
  const set = chooseSet(addon, instructionSet)
  try {
    return openNative(addon, set, threads, platform.largestHeap)
  } catch (error) {
    return `they do not open (${(error as Error).message})`
  }
}

function chooseSet(addon: Addon, wanted: InstructionSet | undefined): InstructionSet {
  const sets = addon.instructionSets
  if (wanted === undefined) return sets[0] as InstructionSet
  if (sets.includes(wanted)) return wanted
  const guess = nearest(wanted, sets)
  throw new UsageError(
    `instructionSet: this processor has ${sets.join(', ')}, got ${wanted}.${guess ? ` Did you mean ${guess}?` : ''}`,
  )
}

function noNative(reason: string): string {
  return (
    `The native kernels were asked for, but ${reason}. Put a C++ compiler on PATH and run \`npm rebuild unrolled\` ` +
    '(in a clone of the repository: `npm run build`), or leave UNROLLED_KERNELS unset: the WebAssembly kernels serve.'
  )
}

/**
 * The reals that a packed [rows, columns] matrix takes: panels of 4 vectors, the last one filled up with zeros.
 * `columns` counts one gate; the vectors of all gates of a unit lie in the same panel.
 */
export function packedSize(
  kernels: Pick<Kernels, 'lanes'>,
  rows: number,
  columns: number,
  gates = 1,
): number {
  const panels = Math.ceil((Math.ceil(columns / kernels.lanes) * gates) / 4)
  return panels * rows * 4 * kernels.lanes
}

/** The reals that the `scratch` field of a job must have: a block of a product's left side for each thread. */
export function scratchSize(kernels: Pick<Kernels, 'threads'>): number {
  return kernels.threads * 96 * 256
}
