import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = fileURLToPath(new URL('./src/', import.meta.url))

export default defineConfig({
  resolve: {
    // Examples and tests that use the package's public names run on the sources.
    alias: [
      { find: /^unrolled$/, replacement: `${source}index.ts` },
      { find: /^unrolled\/errors$/, replacement: `${source}errors.ts` },
      { find: /^unrolled\/kernels\/(node|browser)$/, replacement: `${source}kernels/$1.ts` },
      { find: /^unrolled\/([a-z]+)$/, replacement: `${source}$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
