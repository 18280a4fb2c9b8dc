import { UnrolledError } from '../errors.js'
import type { TrainEvent } from './events.js'
import { pause } from './pause.js'

/** Items between two turns for timers and signals; a page should not stand still. */
const BETWEEN = 16

/** Who is told of preparations, and may stop them. */
export interface Preparation {
  /** What is prepared, as it is shown: `Frames`. */
  readonly what: string
  readonly on?: ((event: TrainEvent) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Does something with each item before a training begins, one after the other, and tells how far it is. Throws an `UnrolledError` when
 * `signal` aborts: nothing was learned yet.
 *
 * ```ts
 * const frames = await prepareEach(rows, { what: 'Frames', ...job.fit }, (row) => framesOf(row))
 * ```
 */
export async function prepareEach<T, R>(
  items: readonly T[],
  { what, on, signal }: Preparation,
  each: (item: T, index: number) => R | Promise<R>,
): Promise<R[]> {
  const begun = performance.now()
  const results: R[] = []
  for (const [index, item] of items.entries()) {
    results.push(await each(item, index))
    const done = index + 1
    if (done % BETWEEN !== 0 && done < items.length) continue
    await pause()
    if (signal?.aborted)
      throw new UnrolledError(`Interrupted after ${done} of ${items.length} rows; nothing was learned yet.`)
    const seconds = (performance.now() - begun) / 1000
    on?.({
      type: 'prepare',
      what,
      done,
      total: items.length,
      time: { seconds, secondsLeft: (seconds / done) * (items.length - done) },
    })
  }
  return results
}
