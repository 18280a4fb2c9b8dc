// npm's install script: builds the native addon where a C++ compiler is there and no working addon came with the
// package. It downloads nothing and never fails an installation, since the WebAssembly kernels serve without it.
import { buildAddon } from './addon.mjs'

const addon = await buildAddon().catch((error) => error.message)
if (!['built', 'current'].includes(addon)) console.log(`unrolled: ${addon}; the WebAssembly kernels serve.`)
