import { afterAll, describe, expect } from 'vitest'
import type { InstructionSet, KernelOptions, Kernels } from '../../src/kernels/kernels.js'
import { openKernels } from '../../src/kernels/kernels.js'
import { describeMachine, nodePlatform } from '../../src/kernels/node.js'
import { Engine } from '../../src/tensor/index.js'

/** Numbers by name, to be compared bit by bit. */
export type Results = Record<string, ArrayLike<number>>

/** Runs a computation on teams of 1, 2 and 3 threads and expects the same bits of all. */
export type Same = (compute: (engine: Engine, results: Results) => void) => void

const sets = describeMachine().instructionSets as InstructionSet[]
const backends: [string, KernelOptions][] = [
  ...sets.map((instructionSet): [string, KernelOptions] => [`native ${instructionSet}`, { instructionSet }]),
  ['wasm', { backend: 'wasm' }],
]
const teams = [1, 2, 3]

/**
 * Declares tests once for every instruction set and for WebAssembly; `name` has %s where that stands. Every job goes to the
 * whole team here, however small it is: an engine would give most of these to one thread.
 */
export function onEveryTeam(name: string, declare: (same: Same) => void): void {
  describe.each(backends)(name, async (_, options) => {
    const engines = await Promise.all(
      teams.map(async (threads) => {
        const kernels = await openKernels(nodePlatform(), { ...options, threads })
        return new Engine(wholeTeam(kernels))
      }),
    )
    afterAll(() => Promise.all(engines.map((engine) => engine.dispose())))

    declare((compute) => {
      const [alone, ...others] = engines.map((engine) => {
        const results: Results = {}
        engine.scope(() => compute(engine, results))
        return results
      })
      for (const [team, results] of others.entries())
        for (const [name, values] of Object.entries(alone))
          expect(results[name], `${name} by ${teams[team + 1]}`).toEqual(values)
    })
  })
}

/** The same kernels, but every job is run by all threads. */
function wholeTeam(kernels: Kernels): Kernels {
  const { name, real, lanes, threads, heap } = kernels
  const run = (job: number) => kernels.run(job, threads)
  return { name, real, lanes, threads, heap, run, close: () => kernels.close() }
}
