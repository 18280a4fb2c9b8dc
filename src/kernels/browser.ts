import { UnrolledError } from '../errors.js'
import type { Platform, WasmFile, WorkerStart } from './kernels.js'

// Written out one by one: bundlers find these files by this very form.
const files: Record<WasmFile, URL> = {
  simd: new URL('./simd.wasm', import.meta.url),
  'simd-threads': new URL('./simd-threads.wasm', import.meta.url),
  float64: new URL('./float64.wasm', import.meta.url),
}

/**
 * A page or a web worker. Threads need shared memory, which a page has when it is cross-origin isolated
 * (`Cross-Origin-Opener-Policy: same-origin`, `Cross-Origin-Embedder-Policy: require-corp`); else one thread serves.
 *
 * @example
 * const kernels = await openKernels(browserPlatform())
 */
export function browserPlatform(): Platform {
  const sharedMemory = globalThis.crossOriginIsolated === true
  return {
    threads: sharedMemory ? Math.min(navigator.hardwareConcurrency || 1, 8) : 1,
    sharedMemory,
    largestHeap: 0,
    loadAddon: () => 'a browser has no native addons',
    loadWasm,
    startWorker,
  }
}

async function loadWasm(file: WasmFile): Promise<WebAssembly.Module> {
  const response = await fetch(files[file])
  if (!response.ok)
    throw new UnrolledError(
      `${files[file]} cannot be fetched (${response.status}): serve it beside the package's modules.`,
    )
  return WebAssembly.compile(await response.arrayBuffer())
}

async function startWorker(start: WorkerStart): Promise<Worker> {
  const worker = new Worker(new URL('./worker-browser.js', import.meta.url), { type: 'module' })
  worker.postMessage(start)
  await new Promise((resolve, reject) => {
    worker.addEventListener('message', resolve, { once: true })
    worker.addEventListener('error', (event) =>
      reject(new UnrolledError(`A kernel worker did not start: ${event.message ?? 'the page forbids it'}.`)),
    )
  })
  return worker
}
