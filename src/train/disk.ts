import fs from 'node:fs'
import path from 'node:path'
import { checksum } from '../codecs/crc32.js'
import { attempt, TEMPORARY, writeAtomically } from '../codecs/files.js'
import { FormatError, UsageError } from '../errors.js'
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type RunStore,
  type StoredCheckpoint,
} from './checkpoint.js'
import type { TrainEvent } from './events.js'

/** serial, step, and the CRC-32 of the whole file: damage of any byte shows before anything is read. */
const NAME = /^(\d{6,})-step-\d+-([0-9a-f]{8})\.safetensors$/
const KEPT = 2
/** Events that depend on the clock or on this machine. */
const unlogged: readonly TrainEvent['type'][] = ['prepare', 'checkpoint', 'notice']

/** How a run folder is opened. */
export interface RunFolderOptions {
  /** Goes on with the training that is there, instead of refusing it. */
  readonly resume?: boolean
  /** The log gets a line for every so many batches. Default 10. */
  readonly logEvery?: number
}

/**
 * The folder of a training on disk: `checkpoints/` with the two newest, and `log.jsonl` with the events, one JSON object a line.
 *
 * A checkpoint is written beside the others, synchronised and renamed before an older one is removed, so there is a whole
 * one at every moment. One that is damaged is set aside, and the one before it is used. The log is cut back to the length
 * it had at the checkpoint that is continued, so it reads as if there had been no interruption.
 *
 * @example
 * const result = await fit({ ...options, store: new RunFolder('runs/intents') })
 * // later, after a crash:
 * const rest = await fit({ ...options, store: new RunFolder('runs/intents', { resume: true }) })
 */
export class RunFolder implements RunStore {
  readonly logFile: string
  readonly checkpoints: string
  readonly #logEvery: number
  /** A log that goes on has its first line already. */
  #continued = false

  /**
   * Opens the folder, making it where needed.
   * @throws UsageError when it holds a run and `resume` is not set, or holds none and it is.
   */
  constructor(
    readonly folder: string,
    { resume = false, logEvery = 10 }: RunFolderOptions = {},
  ) {
    this.logFile = path.join(folder, 'log.jsonl')
    this.checkpoints = path.join(folder, 'checkpoints')
    this.#logEvery = logEvery
    const present = fs.existsSync(this.logFile) || fs.existsSync(this.checkpoints)
    if (present && !resume)
      throw new UsageError(`${folder} already holds a run: resume it, remove it, or choose another folder`)
    if (resume && !present)
      throw new UsageError(`${folder} holds no run to resume: there is no log.jsonl and no checkpoints/`)
    attempt(this.checkpoints, () => fs.mkdirSync(this.checkpoints, { recursive: true }))
  }

  /** Appends an event to the log, unless it depends on the clock (checkpoints, notices) or is between the logged batches. */
  record(event: TrainEvent): void {
    if (unlogged.includes(event.type)) return
    if (event.type === 'batch' && event.step % this.#logEvery !== 0) return
    if (event.type === 'start' && this.#continued) return
    attempt(this.logFile, () => fs.appendFileSync(this.logFile, `${JSON.stringify(event)}\n`))
  }

  /** Writes a checkpoint and then removes all but the one before it. The log is on the disk first. */
  save(checkpoint: Checkpoint): string {
    const bytes = encodeCheckpoint(checkpoint, { log: String(this.#synchroniseLog()) })
    const before = this.#stored()
    const serial = String((before.at(-1)?.serial ?? 0) + 1).padStart(6, '0')
    const place = path.join(
      this.checkpoints,
      `${serial}-step-${checkpoint.progress.step}-${checksum(bytes)}.safetensors`,
    )
    writeAtomically([{ path: place, bytes }])
    for (const old of before.slice(0, 1 - KEPT)) fs.rmSync(old.place, { force: true })
    return place
  }

  /**
   * Reads the newest whole checkpoint and cuts the log back to it; without any, the run begins anew with an empty log.
   * @throws FormatError when there are checkpoints and all are damaged.
   */
  load(notice: (message: string) => void): StoredCheckpoint | undefined {
    for (const name of fs.readdirSync(this.checkpoints))
      if (name.endsWith(TEMPORARY)) fs.rmSync(path.join(this.checkpoints, name), { force: true })
    const damaged: { place: string; reason: string }[] = []
    for (const { place, sum } of this.#stored().reverse()) {
      try {
        const found = readCheckpoint(place, sum)
        // set aside, so that they do not count as the newest when old ones are removed
        for (const { place } of damaged) attempt(place, () => fs.renameSync(place, `${place}.damaged`))
        for (const { reason } of damaged) notice(`${reason}; continuing from the one before it, ${place}`)
        this.#cutLog(Number(found.extra.log), notice)
        this.#continued = true
        return found
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        damaged.push({ place, reason: error.message })
      }
    }
    if (damaged.length > 0)
      throw new FormatError(
        `${this.checkpoints}: no checkpoint is whole:\n  ${damaged.map(({ reason }) => reason).join('\n  ')}`,
      )
    this.#cutLog(0, notice)
    return undefined
  }

  /** The checkpoints, oldest first. */
  #stored(): { place: string; serial: number; sum: string }[] {
    return fs
      .readdirSync(this.checkpoints)
      .flatMap((name) => {
        const [, serial, sum] = NAME.exec(name) ?? []
        return serial ? [{ place: path.join(this.checkpoints, name), serial: Number(serial), sum }] : []
      })
      .sort((a, b) => a.serial - b.serial)
  }

  /** Puts the log on the disk and returns its length in bytes. */
  #synchroniseLog(): number {
    return attempt(this.logFile, () => {
      const descriptor = fs.openSync(this.logFile, 'a')
      try {
        fs.fsyncSync(descriptor)
        return fs.fstatSync(descriptor).size
      } finally {
        fs.closeSync(descriptor)
      }
    })
  }

  #cutLog(length: number, notice: (message: string) => void): void {
    const present = fs.existsSync(this.logFile) ? fs.statSync(this.logFile).size : 0
    if (present < length)
      notice(`${this.logFile} is shorter than when the checkpoint was saved: its missing lines stay missing`)
    else if (present > length) attempt(this.logFile, () => fs.truncateSync(this.logFile, length))
  }
}

function readCheckpoint(place: string, sum: string): ReturnType<typeof decodeCheckpoint> {
  const bytes = fs.readFileSync(place)
  const found = checksum(bytes)
  if (found !== sum)
    throw new FormatError(
      `${place}: the checkpoint is damaged (its checksum is ${found}, its name says ${sum})`,
    )
  return decodeCheckpoint(bytes, place)
}
