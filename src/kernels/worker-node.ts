import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerStart } from './contract.js'
import { prepareWorker } from './worker.js'

// A thread of the WebAssembly kernels in Node: says that it is ready, then waits for jobs in wasm.
const work = prepareWorker(workerData as WorkerStart)
parentPort?.postMessage('ready')
work()
