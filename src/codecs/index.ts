export { checksum, crc32 } from './crc32.js'
export * as safetensors from './safetensors.js'
