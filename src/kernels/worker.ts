import type { WorkerStart } from './contract.js'

interface Exports {
  readonly __stack_pointer: WebAssembly.Global<'i32'>
  work(id: number): void
}

/** Prepares a worker on a stack of its own; the returned function serves until the kernels are closed. */
export function prepareWorker({ module, memory, id, stackTop }: WorkerStart): () => void {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports
  exports.__stack_pointer.value = stackTop
  return () => exports.work(id)
}
