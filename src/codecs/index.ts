/** Bytes to plain values and back. (`files.js` writes files and is for Node alone; it is imported by its own name.) */
export { compareShapes } from './compare.js'
export { checksum, crc32, hexadecimal } from './crc32.js'
export { readFlac } from './flac.js'
export { type Image, type ImageOptions, readImage, writePng } from './image.js'
export { imageUri } from './image-uri.js'
export {
  DRUMS,
  type MidiMusic,
  type MidiNote,
  type MidiTempo,
  type ReadMidiOptions,
  readMidi,
} from './midi.js'
export { type WriteMidiOptions, type WrittenMusic, writeMidi } from './midi-write.js'
export { readMp3 } from './mp3.js'
export * as safetensors from './safetensors.js'
export { readSound } from './sound-file.js'
export {
  type Chunk,
  chunksOf,
  type FoundScheme,
  parseTag,
  schemeOf,
  type Tag,
  type TagScheme,
  tagsOf,
} from './tags.js'
export { readWav, type Sound, type WavOptions, writeWav } from './wav.js'
