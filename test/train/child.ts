import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TrainEvent } from '../../src/train/index.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a child process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly events: readonly TrainEvent[]
  readonly errors: string
}

interface RunOptions {
  readonly atStep?: number
  readonly interrupt?: NodeJS.Signals | ''
  /** Shell commands before the training's. */
  readonly prefix?: string
}

/** `child-training.ts` compiled as it is now, with a folder for its runs. */
export class ChildTrainings {
  readonly work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-train-'))

  constructor(readonly epochs: number) {
    const built = path.join(this.work, 'built')
    const settings = {
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        rootDir: root,
        outDir: built,
        typeRoots: [path.join(root, 'node_modules/@types')],
      },
      files: [path.join(root, 'test/train/child-training.ts')],
    }
    fs.writeFileSync(path.join(this.work, 'tsconfig.json'), JSON.stringify(settings))
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', this.work], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`test/train/child-training.ts does not compile: ${stdout}`)
    fs.writeFileSync(path.join(built, 'package.json'), '{ "type": "module" }')
    fs.symlinkSync(path.join(root, 'dist'), path.join(built, 'dist')) // for the compiled kernels
  }

  /** Where a run is, and where its final weights are written. */
  place(name: string): { folder: string; weights: string } {
    return { folder: path.join(this.work, name), weights: path.join(this.work, `${name}.weights`) }
  }

  /**
   * Runs the training called `name`, or goes on with it. After `atStep` steps it is killed from outside; with `interrupt` it
   * sends that signal to itself instead, so that it comes neither too early nor too late.
   */
  run(name: string, { atStep = Infinity, interrupt = '', prefix = '' }: RunOptions = {}): Promise<Ending> {
    const { folder, weights } = this.place(name)
    const script = path.join(this.work, 'built/test/train/child-training.js')
    const command = [
      process.execPath,
      script,
      folder,
      weights,
      String(this.epochs),
      interrupt,
      String(atStep),
    ]
    const child = spawn('sh', ['-c', `${prefix} exec "$@"`, 'sh', ...command])
    const events: TrainEvent[] = []
    let errors = ''
    child.stderr.on('data', (data) => {
      errors += data
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parse(line)
      if (!event) return
      events.push(event)
      if (!interrupt && event.type === 'batch' && event.step >= atStep) child.kill('SIGKILL')
    })
    return new Promise((resolve) => {
      child.on('close', (code, killed) => resolve({ code, signal: killed, events, errors }))
    })
  }

  /** The log of a run without what depends on the clock. */
  log(name: string): unknown[] {
    const lines = fs
      .readFileSync(path.join(this.place(name).folder, 'log.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    return lines.map((line) => ({ ...JSON.parse(line), time: undefined }))
  }

  dispose(): void {
    fs.rmSync(this.work, { recursive: true, force: true })
  }
}

/** A killed process may leave half a line. */
function parse(line: string): TrainEvent | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
