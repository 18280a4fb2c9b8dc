// What an example is, and how one runs by itself: node dist-examples/adding.js [--seed 2] [--short] [--data DIR]
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createEngine } from 'unrolled'
import type { Engine } from 'unrolled/tensor'

/** One number that an example reaches, with the number that it has to reach. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly bar: number
  /** `'lower'`: the value has to be below the bar; `'higher'`: at the bar or above. */
  readonly better: 'lower' | 'higher'
  /** What guessing, or a model that cannot do it, reaches. */
  readonly floor: number
}

/** What an example is given. */
export interface Given {
  readonly engine: Engine
  readonly seed: number
  /** The shortened form, for tests: seconds, and bars to match. */
  readonly short: boolean
  /** The folder with data sets, where there is one. */
  readonly data: string | undefined
  readonly log: (line: string) => void
}

/** A task that is learned from nothing, as a script that can also be run by others. */
export interface Example {
  readonly name: string
  readonly shows: string
  /** The folder below `--data` that it needs. */
  readonly needs?: string
  /** Whether the model is large enough for threads to pay; false by default. */
  readonly large?: boolean
  run(given: Given): Promise<Figure[]>
}

/** Whether a figure reaches its bar. */
export function passes({ value, bar, better }: Figure): boolean {
  return better === 'lower' ? value < bar : value >= bar
}

/** A number with as many digits as one wants to read. */
export function digits(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return Math.abs(value) >= 10 ? value.toFixed(2) : value.toPrecision(value < 0.01 ? 2 : 4)
}

/** A figure in words: what, how much, the bar and the floor. */
export function describeFigure(figure: Figure): string {
  const { name, value, bar, better, floor } = figure
  const sign = better === 'lower' ? '<' : '≥'
  const verdict = passes(figure) ? 'reached' : 'MISSED'
  return `${name}: ${digits(value)} (bar ${sign} ${digits(bar)}, floor ${digits(floor)}) ${verdict}`
}

/** An engine of the size that an example needs: dividing the work of a small model takes longer than doing it. */
export function engineFor({ large }: Example): Promise<Engine> {
  return createEngine(large ? {} : { threads: 1 })
}

/** Runs the example when its file is the one that Node was started with; does nothing when it is imported. */
export async function runAlone(example: Example, url: string): Promise<void> {
  if (process.argv[1] !== fileURLToPath(url)) return
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      short: { type: 'boolean', default: false },
      data: { type: 'string', default: '../shared/data' },
    },
  })
  const engine = await engineFor(example)
  console.log(example.shows)
  const started = performance.now()
  const given = { engine, seed: Number(values.seed), short: values.short, data: values.data }
  const figures = await example.run({ ...given, log: (line) => console.log(line) })
  for (const figure of figures) console.log(describeFigure(figure))
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} seconds`)
  if (!figures.every(passes)) process.exitCode = 1
  await engine.dispose()
}
