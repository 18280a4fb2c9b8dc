export { jobs, jobsHash } from './jobs.js'
export {
  type Addon,
  type InstructionSet,
  type KernelHeap,
  type KernelOptions,
  type Kernels,
  largestTeam,
  type NativeHost,
  openKernels,
  type Platform,
  packedSize,
  type Real,
  scratchSize,
  type WasmFile,
  type WorkerStart,
} from './kernels.js'
