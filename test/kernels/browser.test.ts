import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findChromium, type PackageServer, servePackage } from '../chromium.js'

// Fills a part of the heap by the whole team, many times, and says what ran: in a page, and in a worker of the page.
const program = `
  import { jobs, openKernels } from '/unrolled/kernels/index.js'
  import { browserPlatform } from '/unrolled/kernels/browser.js'
  export async function run(options) {
    const kernels = await openKernels(browserPlatform(), options)
    const { heap } = kernels
    heap.reserve(heap.start + 2 ** 24)
    new Uint32Array(heap.buffer, heap.start, 5).set([jobs.fill.code, 1000, (heap.start + 1024) / 4, 0, 0x40080000])
    for (let i = 0; i < 1000; i++) kernels.run(heap.start / 4, kernels.threads)
    const view = new Float32Array(heap.buffer, heap.start + 1024, 1001)
    const result = [kernels.name, kernels.threads > 1, view.reduce((a, b) => a + b)]
    await kernels.close()
    return result
  }`
const worker = `
  import { run } from '/program.js'
  postMessage(await run())`
const page = `<!doctype html><script type="module">
  import { run } from '/program.js'
  globalThis.inPage = run
  globalThis.inWorker = () => new Promise((resolve, reject) => {
    const worker = new Worker('/worker.js', { type: 'module' })
    worker.onmessage = (event) => resolve(event.data)
    worker.onerror = (event) => reject(new Error(event.message))
  })
</script>`
const pages = { '/': page, '/program.js': program, '/worker.js': worker }

const executablePath = findChromium()

describe.runIf(executablePath)('kernels in Chromium', () => {
  let browser: Browser
  const servers: PackageServer[] = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
  })

  async function evaluate(expression: string, isolated: boolean): Promise<unknown> {
    const server = await servePackage(pages, { isolated })
    servers.push(server)
    const tab = await browser.newPage()
    try {
      await tab.goto(server.origin)
      await tab.waitForFunction('globalThis.inPage')
      return await tab.evaluate(expression)
    } finally {
      await tab.close()
    }
  }

  it('run on threads in an isolated page and in a worker of it', async () => {
    const cores = (await evaluate('navigator.hardwareConcurrency', true)) as number
    const expected = [cores > 1 ? 'wasm simd threads' : 'wasm simd', cores > 1, 3000]
    expect(await evaluate('inPage()', true)).toEqual(expected)
    expect(await evaluate('inWorker()', true)).toEqual(expected)
    expect(await evaluate('inPage({ threads: 3 })', true)).toEqual(['wasm simd threads', true, 3000])
  })

  it('run on one thread in any other page', async () => {
    expect(await evaluate('inPage()', false)).toEqual(['wasm simd', false, 3000])
    expect(await evaluate('inPage({ threads: 4 })', false)).toEqual(['wasm simd', false, 3000])
    expect(await evaluate('inWorker()', false)).toEqual(['wasm simd', false, 3000])
  })

  it('refuse the native backend', async () => {
    await expect(evaluate("inPage({ backend: 'native' })", false)).rejects.toThrow(
      'a browser has no native addons',
    )
  })
})
