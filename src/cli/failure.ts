import { stderr } from 'node:process'
import { DataError, UnrolledError, UsageError } from '../errors.js'

/** The exit code of what the caller can mend: a wrong argument, setting or data file. */
const MENDABLE = 2

/**
 * Says what went wrong, in a short paragraph without a stack trace (`UNROLLED_DEBUG=1` shows it), and returns the exit code:
 * 2 for a wrong argument, setting or data file, 1 for everything else.
 */
export function explain(error: unknown): number {
  const mendable = error instanceof UsageError || error instanceof DataError
  if (process.env.UNROLLED_DEBUG === '1' && error instanceof Error) stderr.write(`${error.stack}\n`)
  else if (error instanceof UnrolledError) stderr.write(`error: ${error.message}\n`)
  else stderr.write(`error: ${unexpected(error)}\n`)
  return mendable ? MENDABLE : 1
}

function unexpected(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return `${message} (unexpected; UNROLLED_DEBUG=1 shows where)`
}
