import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How a command ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly input?: string | Uint8Array
  /** Looks at standard error as it comes; may send signals. */
  readonly watch?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void
  readonly environment?: Record<string, string>
}

/** The command line as it is now, compiled into a folder of its own, with a folder to work in. */
export class CommandLine {
  readonly work = fs.mkdtempSync(path.join(os.tmpdir(), 'unrolled-cli-'))
  readonly #script = path.join(this.work, 'package/dist/cli/main.js')

  constructor() {
    const built = path.join(this.work, 'package')
    fs.mkdirSync(path.join(built, 'dist/kernels'), { recursive: true })
    const settings = {
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        rootDir: path.join(root, 'src'),
        outDir: path.join(built, 'dist'),
        typeRoots: [path.join(root, 'node_modules/@types')],
      },
      include: [path.join(root, 'src')],
    }
    fs.writeFileSync(path.join(built, 'tsconfig.json'), JSON.stringify(settings))
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', built], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`src does not compile: ${stdout}`)
    fs.copyFileSync(path.join(root, 'package.json'), path.join(built, 'package.json'))
    fs.symlinkSync(path.join(root, 'node_modules'), path.join(built, 'node_modules'))
    const kernels = path.join(root, 'dist/kernels')
    for (const name of fs.readdirSync(kernels).filter((file) => /\.(node|wasm)$/.test(file)))
      fs.copyFileSync(path.join(kernels, name), path.join(built, 'dist/kernels', name))
  }

  /** Runs `unrolled` with arguments in the working folder. */
  run(args: readonly string[], { input, watch, environment = {} }: RunOptions = {}): Promise<Ending> {
    const child = spawn(process.execPath, [this.#script, ...args], {
      cwd: this.work,
      // one thread: the tests of other files run beside this one
      env: { ...process.env, UNROLLED_THREADS: '1', NO_COLOR: '1', ...environment },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => {
      stdout += data
    })
    child.stderr.on('data', (data) => {
      stderr += data
      watch?.(stderr, (signal) => child.kill(signal))
    })
    child.stdin.on('error', () => {}) // the command may end before it has read everything
    child.stdin.end(input ?? '')
    return new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
    })
  }

  /** Writes a file into the working folder and returns its name. */
  file(name: string, content: string | Uint8Array): string {
    const place = path.join(this.work, name)
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.writeFileSync(place, content)
    return name
  }

  /** Whether the working folder has a file or folder of this name. */
  has(name: string): boolean {
    return fs.existsSync(path.join(this.work, name))
  }

  /** Reads a file of the working folder. */
  read(name: string): Buffer {
    return fs.readFileSync(path.join(this.work, name))
  }

  /** Removes everything. */
  dispose(): void {
    fs.rmSync(this.work, { recursive: true, force: true })
  }
}

/** Some rows of three intents that are easily told apart, as JSON lines. */
export function easyRows(perIntent = 12): string {
  const places = [
    'here',
    'at home',
    'in Rome',
    'tonight',
    'now',
    'please',
    'for me',
    'again',
    'today',
    'there',
  ]
  const intents: Record<string, string> = {
    weather: 'will it rain',
    music: 'play a song',
    alarm: 'wake me up',
  }
  const rows = Object.entries(intents).flatMap(([label, words]) =>
    Array.from({ length: perIntent }, (_, i) => ({
      text: `${words} ${places[i % places.length]} ${places[(i * 3 + 1) % places.length]}`,
      label,
    })),
  )
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`
}

/** The JSON object on the last line of an output. */
export function lastJson(stdout: string): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
}
