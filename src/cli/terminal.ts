import { stderr, stdout } from 'node:process'
import picocolors from 'picocolors'

const { createColors, isColorSupported } = picocolors

/** Colours for standard error (progress, errors): off when it is not a terminal. */
export const tint = createColors(isColorSupported && stderr.isTTY === true)

/** Colours for standard output (results): off when it is not a terminal. */
export const paint = createColors(isColorSupported && stdout.isTTY === true)

/** A line of progress or explanation: standard error, so that standard output holds results only. */
export function say(line = ''): void {
  stderr.write(`${line}\n`)
}

/** A line of results: standard output. */
export function print(line = ''): void {
  stdout.write(`${line}\n`)
}

/** A duration for people: `850ms`, `12s`, `3m 05s`, `2h 10m`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`
  return `${Math.floor(whole / 3600)}h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')}m`
}
