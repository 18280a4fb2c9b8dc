import { openKernels } from '../kernels/index.js'
import { nodePlatform } from '../kernels/node.js'
import { Engine } from '../tensor/index.js'

/** Runs `use` with an engine on the best kernels of the machine, and releases it. */
export async function withEngine<T>(use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = new Engine(await openKernels(nodePlatform()))
  try {
    return await use(engine)
  } finally {
    await engine.dispose()
  }
}
