// Draws the picture of every cell: one step of one unit with the numbers that the toolkit computes.
// node docs/images/cells.mjs (after npm run build)
import { writeFileSync } from 'node:fs'
import { engine } from './cell-parts.mjs'
import { elmanPictures } from './elman-cells.mjs'
import { gruPictures } from './gru-cells.mjs'
import { lstmPictures } from './lstm-cells.mjs'
import { minPictures } from './min-cells.mjs'

const pictures = { ...elmanPictures, ...gruPictures, ...lstmPictures, ...minPictures }
for (const [name, svg] of Object.entries(pictures))
  writeFileSync(new URL(`${name}.svg`, import.meta.url), svg)
await engine.dispose()
