import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, type PackageServer, servePackage } from './chromium.js'

// The demo in a page: trains on the built-in intents, shows its progress, answers a question.
const program = `
  import { load, modelFiles, train } from '/unrolled/browser.js'
  import { demoQuestions, demoRows } from '/unrolled/tasks/demo-intents.js'
  export async function demo(show) {
    const model = await train({
      task: 'classify', data: demoRows, seed: 1,
      on: (event) => event.type === 'epoch' && show(event.epoch + '/' + event.epochs),
    })
    const again = await load(modelFiles(model), { engine: model.engine })
    const answers = demoQuestions.map(({ text, label }) => {
      const [best, runnerUp] = again.predict(text)
      return { text, label, best, runnerUp, same: model.predict(text)[0].score === best.score }
    })
    const kernels = model.engine.kernels.name
    await model.engine.dispose()
    return { kernels, answers }
  }`
const worker = `
  import { demo } from '/program.js'
  postMessage(await demo(() => {}))`
const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>unrolled in a page</title>
<style>body { font: 16px sans-serif; margin: 2rem } td { padding: .2rem 1rem .2rem 0 }</style>
<h1>Training in this page</h1><p>Epoch <span id="epoch"></span></p><table id="answers"></table>
<script type="module">
  import { demo } from '/program.js'
  globalThis.inPage = async () => {
    const result = await demo((text) => { document.querySelector('#epoch').textContent = text })
    for (const { text, best, runnerUp } of result.answers) {
      const row = document.querySelector('#answers').insertRow()
      const shown = ({ label, score }) => label + ' ' + (100 * score).toFixed(0) + ' %'
      for (const cell of [text, shown(best), shown(runnerUp)]) row.insertCell().textContent = cell
    }
    return result
  }
  globalThis.inWorker = () => new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    worker.onmessage = (event) => resolve(event.data)
    worker.onerror = (event) => reject(new Error(event.message))
  })
</script></html>`

interface Shown {
  readonly kernels: string
  readonly answers: readonly {
    readonly text: string
    readonly label: string
    readonly best: { readonly label: string; readonly score: number }
    readonly same: boolean
  }[]
}

const executablePath = findChromium()

describe.runIf(executablePath)('the demo in Chromium', () => {
  let browser: Browser
  let server: PackageServer
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] })
    server = await servePackage({ '/': page, '/program.js': program, '/worker.js': worker })
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  function expectRightAnswers({ answers, kernels }: Shown): void {
    expect(kernels).toBe('wasm simd')
    const right = answers.filter(({ label, best }) => label === best.label)
    expect(right.length / answers.length).toBeGreaterThanOrEqual(0.8)
    expect(right.map(({ text }) => text)).toContain('What time is it?')
    expect(answers.every(({ same }) => same)).toBe(true)
  }

  it('trains in a page, answers questions it has not seen, and downloads little', async () => {
    const tab = await browser.newPage()
    const problems: string[] = []
    tab.on('pageerror', (error) => problems.push(error.message))
    await tab.goto(server.origin)
    await tab.waitForFunction('globalThis.inPage')
    expectRightAnswers((await tab.evaluate('inPage()')) as Shown)
    expect(problems).toEqual([])
    expect(await tab.textContent('#epoch')).toMatch(/^(\d+)\/\d+$/)
    if (process.env.UNROLLED_SCREENSHOT) await tab.screenshot({ path: process.env.UNROLLED_SCREENSHOT })

    const own = [...server.served].filter(([path]) => path.startsWith('/unrolled/'))
    const bytes = own.reduce((sum, [, size]) => sum + size, 0)
    const kernels = own.filter(([path]) => path.endsWith('.wasm')).reduce((sum, [, size]) => sum + size, 0)
    console.log(
      `A page that trains downloads ${(bytes / 1000).toFixed(0)} KB gzipped in ${own.length} files, kernels ${(kernels / 1000).toFixed(0)} KB.`,
    )
    expect(bytes).toBeLessThan(200_000)
    await tab.close()
  }, 120_000)

  it('trains in a worker of a page', async () => {
    const tab = await browser.newPage()
    await tab.goto(server.origin)
    await tab.waitForFunction('globalThis.inWorker')
    expectRightAnswers((await tab.evaluate('inWorker()')) as Shown)
    await tab.close()
  }, 120_000)
})
