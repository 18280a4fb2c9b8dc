import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

/** The Chromium that the browser tests drive: `UNROLLED_CHROMIUM`, or the one on PATH; undefined without one. */
export function findChromium(): string | undefined {
  const folders = process.env.PATH?.split(path.delimiter) ?? []
  const onPath = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    folders.map((folder) => path.join(folder, name)),
  )
  const found = [process.env.UNROLLED_CHROMIUM, ...onPath].find((file) => file && fs.existsSync(file))
  if (!found) console.log('No Chromium on PATH: the browser tests are skipped.')
  return found
}

export interface PackageServer {
  readonly origin: string
  /** What was served so far, gzipped: bytes by path. */
  readonly served: Map<string, number>
  close(): void
}

/**
 * Serves the built package under `/unrolled/` and `pages` (path to contents) on localhost; `isolated` sends the
 * headers that give a page shared memory.
 */
export async function servePackage(
  pages: Record<string, string>,
  { isolated = false }: { isolated?: boolean } = {},
): Promise<PackageServer> {
  const served = new Map<string, number>()
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const body = pages[pathname] ?? readFile(pathname)
    if (body === undefined) return response.writeHead(404).end()
    served.set(pathname, gzipSync(body).length)
    response.writeHead(200, {
      'Content-Type': types[path.extname(pathname)] ?? 'text/html',
      ...(isolated && {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
    })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, served, close: () => server.close() }
}

function readFile(pathname: string): Buffer | undefined {
  const file = path.join(dist, path.normalize(pathname.replace(/^\/unrolled\//, '/')))
  return fs.existsSync(file) && fs.statSync(file).isFile() ? fs.readFileSync(file) : undefined
}
