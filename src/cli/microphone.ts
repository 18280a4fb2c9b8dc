import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UnrolledError, UsageError } from '../errors.js'
import { until } from './raw-sound.js'

/** A program that records, and how it is told to write raw sound of one channel and 16 bits to standard output. */
interface Recorder {
  readonly program: string
  /** The platforms where it can; all others leave it out. */
  readonly platforms: readonly NodeJS.Platform[]
  arguments(rate: number): readonly string[]
}

const ffmpeg = (platform: NodeJS.Platform, input: readonly string[]): Recorder => ({
  program: 'ffmpeg',
  platforms: [platform],
  arguments: (rate) => [
    ...['-loglevel', 'error', '-nostdin', ...input],
    ...['-ac', '1', '-ar', String(rate), '-f', 's16le', '-'],
  ],
})

/** In the order in which they are tried. */
const recorders: readonly Recorder[] = [
  {
    program: 'arecord',
    platforms: ['linux'],
    arguments: (rate) => ['-q', '-t', 'raw', '-f', 'S16_LE', '-c', '1', '-r', String(rate)],
  },
  ffmpeg('linux', ['-f', 'alsa', '-i', 'default']),
  ffmpeg('darwin', ['-f', 'avfoundation', '-i', ':default']),
]

/**
 * Raw sound from the microphone as it comes, 16 bits and one channel, through `arecord` or `ffmpeg`; it ends when `signal` aborts.
 *
 * Throws a `UsageError` that says what to install where neither is there, an `UnrolledError` with what the program says when it fails.
 */
export function microphone(rate: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const recorder = recorders.find(
    ({ program, platforms }) => platforms.includes(process.platform) && isInstalled(program),
  )
  if (!recorder) throw missing()
  return recorded(recorder.program, recorder.arguments(rate), signal)
}

async function* recorded(
  program: string,
  options: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said = `${said}${text}`.slice(-500)
  })
  const ended = endOf(child)
  try {
    yield* until(child.stdout, signal)
    const failure = signal.aborted ? undefined : await ended
    if (failure !== undefined) throw new UnrolledError(`${program} cannot record: ${said.trim() || failure}`)
  } finally {
    child.kill()
  }
}

/** What went wrong in a child process; nothing where it ended well. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, name) => resolve(code === 0 ? undefined : `it ended with ${code ?? name}`))
  })
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function missing(): UsageError {
  const advice =
    process.platform === 'linux'
      ? 'expected arecord (package alsa-utils) or ffmpeg to record with, found neither: install one'
      : process.platform === 'darwin'
        ? 'expected ffmpeg to record with, found none: brew install ffmpeg'
        : 'recording is not known on this system'
  return new UsageError(`microphone: ${advice}, or pipe raw sound in: RECORDER | unrolled listen MODEL -`)
}
