// Pictures of lines of print for the task transcribe: random capital letters and digits in several fonts, drawn by Chromium. (With small
// letters too a random line is not decidable: I and l, o and O look alike in some of the fonts.)
//
//   node bench/print-lines.mjs --out lines
//   unrolled train transcribe --data lines --out runs/lines
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'
import { Random } from 'unrolled/random'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'lines' },
    seed: { type: 'string', default: '1' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})
/** How many lines each part has. */
const lines = { train: 4000, valid: 200, test: 1000 }
/** Fonts that Debian's Chromium brings along. */
const families = [
  'DejaVu Sans',
  'DejaVu Serif',
  'DejaVu Sans Mono',
  'Liberation Sans',
  'Liberation Serif',
  'Liberation Mono',
  'Liberation Sans Narrow',
]
const styles = ['', 'bold ', 'italic ']
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
/** The most of each: groups of a line, characters of a group. */
const [groups, characters] = [3, 7]

const browser = await chromium.launch({ executablePath: values.chromium, args: ['--no-sandbox'] })
try {
  const page = await browser.newPage()
  for (const part of Object.keys(lines)) await writePart(page, part)
} finally {
  await browser.close()
}

async function writePart(page, part) {
  fs.mkdirSync(path.join(values.out, part), { recursive: true })
  const random = new Random(Number(values.seed)).split(`print ${part}`)
  const plans = Array.from({ length: lines[part] }, () => planOf(random))
  const rows = []
  for (let begin = 0; begin < plans.length; begin += 200) {
    const pictures = await page.evaluate(draw, plans.slice(begin, begin + 200))
    for (const [place, picture] of pictures.entries()) {
      const name = `${part}/${String(begin + place).padStart(4, '0')}.png`
      fs.writeFileSync(path.join(values.out, name), Buffer.from(picture.split(',')[1], 'base64'))
      rows.push(JSON.stringify({ image: name, text: plans[begin + place].text }))
    }
  }
  fs.writeFileSync(path.join(values.out, `${part}.jsonl`), `${rows.join('\n')}\n`)
}

/** What a line says and how it is drawn. */
function planOf(random) {
  const one = (list) => list[random.integer(list.length)]
  const word = () => Array.from({ length: 1 + random.integer(characters) }, () => one(alphabet)).join('')
  const text = Array.from({ length: 1 + random.integer(groups) }, word).join(' ')
  return {
    text,
    font: `${one(styles)}${20 + random.integer(21)}px "${one(families)}"`,
    margins: Array.from({ length: 4 }, () => 1 + random.integer(6)),
    ink: random.integer(90),
    paper: 180 + random.integer(76),
  }
}

/** Draws lines on canvases; runs in the page. */
function draw(plans) {
  return plans.map(({ text, font, margins: [top, right, bottom, left], ink, paper }) => {
    const canvas = document.createElement('canvas')
    const pen = canvas.getContext('2d')
    pen.font = font
    const size = pen.measureText(text)
    canvas.width = Math.ceil(size.width) + left + right
    canvas.height = Math.ceil(size.fontBoundingBoxAscent + size.fontBoundingBoxDescent) + top + bottom
    pen.fillStyle = `rgb(${paper} ${paper} ${paper})`
    pen.fillRect(0, 0, canvas.width, canvas.height)
    pen.font = font
    pen.fillStyle = `rgb(${ink} ${ink} ${ink})`
    pen.fillText(text, left, top + size.fontBoundingBoxAscent)
    return canvas.toDataURL('image/png')
  })
}
