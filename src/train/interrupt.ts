/** Two ways to end a program politely: Ctrl-C, and what `kill` and service managers send. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** A signal for `fit`, and the end of listening. */
export interface Interrupt {
  readonly signal: AbortSignal
  /** Gives the operating system's signals back to whoever had them. */
  dispose(): void
}

/**
 * Turns the first Ctrl-C or SIGTERM into an abort, so that `fit` finishes its batch, saves and returns; a second one ends
 * the process at once. Node only.
 *
 * @example
 * const interrupt = abortOnInterrupt()
 * const result = await fit({ ...options, signal: interrupt.signal })
 * interrupt.dispose()
 * if (result.reason === 'abort') console.error(`saved in ${result.checkpoint}`)
 */
export function abortOnInterrupt(): Interrupt {
  const controller = new AbortController()
  const dispose = (): void => {
    for (const name of SIGNALS) process.off(name, abort)
  }
  const abort = (name: NodeJS.Signals): void => {
    dispose()
    controller.abort(name)
  }
  for (const name of SIGNALS) process.on(name, abort)
  return { signal: controller.signal, dispose }
}
