import type { WorkerStart } from './contract.js'
import { prepareWorker } from './worker.js'

// A thread of the WebAssembly kernels in a page: says that it is ready, then waits for jobs in wasm.
addEventListener('message', (event: MessageEvent<WorkerStart>) => {
  const work = prepareWorker(event.data)
  postMessage('ready')
  work()
})
