import { stderr } from 'node:process'

/**
 * Progress on standard error: on a terminal one line that is rewritten in place, elsewhere plain lines now and then,
 * so that a log file stays readable.
 */
export class LiveLine {
  readonly #live = stderr.isTTY === true
  readonly #secondsBetween: number
  #shown = ''
  #last = 0

  constructor(secondsBetween = 10) {
    this.#secondsBetween = secondsBetween
    this.#last = performance.now()
  }

  /** Shows what is going on; replaced by the next update. */
  update(text: string): void {
    const now = performance.now()
    const wait = this.#live ? 80 : this.#secondsBetween * 1000
    if (now - this.#last < wait) return
    this.#last = now
    if (!this.#live) {
      stderr.write(`${text}\n`)
      return
    }
    const width = (stderr.columns ?? 80) - 1
    const line = text.length > width ? `${text.slice(0, width - 1)}…` : text
    stderr.write(`\r${line.padEnd(this.#shown.length)}`)
    this.#shown = line
  }

  /** A line that stays. */
  keep(text: string): void {
    this.clear()
    stderr.write(`${text}\n`)
  }

  /** A line that is shown for a moment on a terminal and left out elsewhere. */
  note(text: string): void {
    if (this.#live) this.update(text)
  }

  /** Removes the live line. */
  clear(): void {
    if (this.#live && this.#shown) stderr.write(`\r${' '.repeat(this.#shown.length)}\r`)
    this.#shown = ''
  }
}
