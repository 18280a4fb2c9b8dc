// npm run examples [-- --json] [--only adding,copy] [--short] [--seed 1] [--data DIR]: every example, one after the other, and whether it
// reaches its bar. Progress goes to standard error, the table (with --json one object) to standard output. Exit code 1: a bar was missed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from 'unrolled/kernels/node'
import { examples } from './index.js'
import type { Example, Figure } from './kit/example.js'
import { digits, engineFor, passes } from './kit/example.js'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    data: { type: 'string', default: '../shared/data' },
  },
})

interface Result {
  readonly example: Example
  readonly seconds: number
  readonly figures: readonly Figure[]
  /** Why there are no figures. */
  readonly failed?: string
  readonly skipped?: string
}

const say = (line: string) => process.stderr.write(`${line}\n`)

/** Runs one example on an engine of its own; an error in it does not end the others. */
async function run(example: Example): Promise<Result> {
  const folder = example.needs && join(options.data, example.needs)
  if (folder && !existsSync(folder))
    return { example, seconds: 0, figures: [], skipped: `there is no ${folder}; name its parent with --data` }
  const engine = await engineFor(example)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  try {
    const given = { engine, seed: Number(options.seed), short: options.short, data: options.data }
    const figures = await example.run({ ...given, log: (line) => say(`  ${line}`) })
    return { example, seconds: seconds(), figures }
  } catch (error) {
    return { example, seconds: seconds(), figures: [], failed: String(error) }
  } finally {
    await engine.dispose()
  }
}

const wanted = options.only ? options.only.split(',') : examples.map(({ name }) => name)
const unknown = wanted.filter((name) => !examples.some((example) => example.name === name))
if (unknown.length > 0) {
  say(`unknown: ${unknown.join(', ')}; there are ${examples.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
const machine = describeMachine()
say(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}`)
const results: Result[] = []
for (const example of examples.filter(({ name }) => wanted.includes(name))) {
  say(`${example.name}: ${example.shows}`)
  results.push(await run(example))
}
const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
const isReached = ({ figures, failed }: Result) => failed === undefined && figures.every(passes)

if (options.json) {
  const entries = results.map((result) => {
    const { example, seconds, figures, failed, skipped } = result
    const rows = figures.map((figure) => ({ ...figure, passed: passes(figure) }))
    const [first] = rows // the one that stands for the example
    const main = first && { figure: first.value, bar: first.bar, floor: first.floor, better: first.better }
    const rest = { figures: rows, ...(failed && { failed }), ...(skipped && { skipped }) }
    return [example.name, { ...main, seconds, ...(!skipped && { passed: isReached(result) }), ...rest }]
  })
  console.log(JSON.stringify({ ...Object.fromEntries(entries), seconds }))
} else {
  const line = (cells: readonly string[]) =>
    console.log(cells.map((cell, k) => (k < 2 ? cell.padEnd(k ? 36 : 16) : cell.padStart(11))).join(''))
  line(['example', 'figure', 'reached', 'bar', 'floor', 'seconds', ''])
  for (const { example, seconds, figures, failed, skipped } of results) {
    if (skipped) line([example.name, `skipped: ${skipped}`])
    if (failed) line([example.name, `failed: ${failed}`])
    for (const [k, figure] of figures.entries()) {
      const bar = `${figure.better === 'lower' ? '<' : '≥'} ${digits(figure.bar)}`
      const shared = k === 0 ? [example.name, figure.name] : ['', figure.name]
      const numbers = [digits(figure.value), bar, digits(figure.floor), k === 0 ? seconds.toFixed(1) : '']
      line([...shared, ...numbers, passes(figure) ? 'reached' : 'MISSED'])
    }
  }
  console.log(`${seconds.toFixed(0)} seconds`)
}
if (!results.every(isReached)) process.exitCode = 1
