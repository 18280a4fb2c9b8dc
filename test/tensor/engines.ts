import { afterAll, beforeAll, describe } from 'vitest'
import type { InstructionSet, KernelOptions } from '../../src/kernels/kernels.js'
import { openKernels } from '../../src/kernels/kernels.js'
import { describeMachine, nodePlatform } from '../../src/kernels/node.js'
import { Engine } from '../../src/tensor/index.js'

// The best set is the addon's own choice; the others are other machines' kernels, with vectors and tiles of their own.
const otherSets = describeMachine().instructionSets.slice(1) as InstructionSet[]

/** Every way to compute: the native addon (where it was built) and WebAssembly, on one thread and two, and in double precision. */
const backends: Record<string, KernelOptions> = {
  ...((await hasNative())
    ? {
        'native, 1 thread': { backend: 'native', threads: 1 },
        'native, 2 threads': { backend: 'native', threads: 2 },
        ...Object.fromEntries(otherSets.map((set) => [`native ${set}`, { instructionSet: set, threads: 2 }])),
      }
    : {}),
  'wasm, 1 thread': { backend: 'wasm', threads: 1 },
  'wasm, 2 threads': { backend: 'wasm', threads: 2 },
  float64: { backend: 'wasm', real: 'float64' },
}

/** Opens an engine. */
export async function openEngine(options: KernelOptions): Promise<Engine> {
  return new Engine(await openKernels(nodePlatform(), options))
}

/** Declares the tests once for every backend. */
export function onEveryBackend(declare: (engine: () => Engine) => void): void {
  describe.each(Object.entries(backends))('%s', (_, options) => declare(useEngine(options)))
}

/** An engine for the tests of the surrounding `describe`, in double precision unless told otherwise. */
export function useEngine(options: KernelOptions = { backend: 'wasm', real: 'float64' }): () => Engine {
  let engine: Engine | undefined
  beforeAll(async () => {
    engine = await openEngine(options)
  })
  afterAll(() => engine?.dispose())
  return () => engine as Engine
}

/** Whether the native addon was built for this machine. */
export async function hasNative(): Promise<boolean> {
  return typeof nodePlatform().loadAddon() !== 'string'
}
