import { openKernels } from '../kernels/index.js'
import { describeMachine, nodePlatform } from '../kernels/node.js'
import { paint, print } from './terminal.js'

const GIBI = 2 ** 30

/** `unrolled info`: the machine, the kernels in use, threads, versions. */
export async function info({ json = false }: { json?: boolean }): Promise<void> {
  const kernels = await openKernels(nodePlatform())
  const machine = describeMachine(kernels)
  await kernels.close()
  if (json) return print(JSON.stringify(machine))
  const sets = machine.addonMissing ?? `${machine.instructionSets.join(', ')} (best first)`
  const lines = {
    unrolled: machine.unrolled,
    'Node.js': machine.node,
    platform: machine.platform,
    processor: `${machine.processor}, ${machine.cores} cores`,
    memory: `${(machine.memoryBytes / GIBI).toFixed(1)} GiB`,
    kernels: `${machine.kernels?.name}, ${machine.kernels?.lanes} numbers per vector`,
    threads: String(machine.kernels?.threads),
    'native addon': sets,
  }
  for (const [name, value] of Object.entries(lines)) print(`${paint.bold(name.padEnd(14))}${value}`)
  print()
  print('UNROLLED_KERNELS=native|wasm forces the kernels, UNROLLED_THREADS=n the threads.')
}
