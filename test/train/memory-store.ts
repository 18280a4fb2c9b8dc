import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type RunStore,
  type TrainEvent,
} from '../../src/train/index.js'

/** Keeps checkpoints in memory, as bytes. */
export class MemoryStore implements RunStore {
  readonly saved: Uint8Array[] = []
  readonly events: TrainEvent[] = []
  record(event: TrainEvent): void {
    this.events.push(event)
  }
  save(checkpoint: Checkpoint): string {
    this.saved.push(encodeCheckpoint(checkpoint))
    return `checkpoint ${this.saved.length}`
  }
  load() {
    const bytes = this.saved.at(-1)
    return bytes && decodeCheckpoint(bytes, 'memory')
  }
}
