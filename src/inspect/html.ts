import type { Inspection } from './inspection.js'
import type { NamedPicture } from './pictures/side-by-side.js'
import { drawAll } from './pictures/side-by-side.js'
import { escaped } from './pictures/svg.js'

/** How each picture is read, below it on the page. */
const explained: Readonly<Record<NamedPicture['name'], string>> = {
  attention:
    'Before each token that it writes (a row) the decoder reads a weighted mean of the steps of the source (the columns): the lighter a field, the larger its part. Each row adds up to 100 %.',
  gaze: 'Before each word that it writes the decoder reads a weighted mean of the regions of the image: the brighter a region, the larger its part, in relation to the largest. What it read is all that it knows of the image.',
  search:
    'At each step the likeliest beginnings are carried on, and those behind them dropped. Scores divide the sum of log P by a power of the length, so that finished sequences of different lengths can be compared; what is finished has round ends.',
  'gradient flow':
    'Learning goes back in time along these lines. The scale is logarithmic: a straight line down means that every step loses the same part, and what lies in the grey has next to no say in what the network learns. The half-life is the number of steps in which half is lost.',
  influence:
    'How far the last state would move if the input of a step moved a little. A network that remembers a word has a bar there, however long ago it was; one that forgets has bars at the end only.',
  'hidden map':
    'Each row is a unit, each column a step. A row that changes its colour once and keeps it remembers something; one that changes all the time reports what was read last.',
  gates:
    'Gates are factors between 0 and 1. An input gate that is mostly shut lets little in, a forget gate that is mostly open keeps what is there. Where nearly everything is saturated a gate hardly learns any more.',
}

// Browsers show an SVG title after a second; this shows it at once.
const script = `
const tip = document.querySelector('#tip')
document.addEventListener('pointermove', (event) => {
  const title = event.target.querySelector?.(':scope > title')
  if (event.target.tagName === 'svg' || !title) { tip.hidden = true; return }
  tip.textContent = title.textContent
  tip.hidden = false
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px'
  tip.style.top = event.clientY + 16 + 'px'
})`

const style = `
body { font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; color: #1b1f24; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } section { margin: 2.5rem 0 } svg { max-width: 100%; height: auto } p { max-width: 44rem }
.verdict { border-left: 4px solid #0072b2; padding-left: 1rem } .vanishing, .exploding, .notFinite { border-color: #d55e00 }
table { border-collapse: collapse } td, th { text-align: left; padding: .15rem 1.2rem .15rem 0 }
#tip { position: fixed; background: #1b1f24; color: #fff; font-size: 13px; padding: .2rem .5rem; border-radius: 4px; pointer-events: none }`

/** A web page of its own with the verdict, every picture and how to read it; several inspections share the pictures. It needs no network. */
export function renderHtml(inspections: readonly Inspection[]): string {
  const title = inspections.map((inspection) => inspection.title).join(' · ')
  const pictures = drawAll(inspections).map(({ name, svg }, place, all) =>
    // of several pictures of one kind the last is explained
    name === all[place + 1]?.name
      ? `<section>${svg}</section>`
      : `<section>${svg}<p>${explained[name]}</p></section>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)} under the lens</title><style>${style}</style></head>
<body><h1>${escaped(title)}</h1>
${inspections.map(verdictOf).join('\n')}
${pictures.join('\n')}
${radiiTable(inspections)}
<div id="tip" hidden></div><script>${script}</script></body></html>
`
}

function verdictOf({ title, verdict }: Inspection, _: number, all: readonly Inspection[]): string {
  const name = all.length > 1 ? `<b>${escaped(title)}</b>: ` : ''
  return `<p class="verdict ${verdict.kind}">${name}${escaped(verdict.finding)} ${escaped(verdict.advice)}</p>`
}

function radiiTable(inspections: readonly Inspection[]): string {
  const rows = inspections.flatMap(({ title, layers }) =>
    layers.flatMap(({ name, cell, radii }) =>
      radii.map(
        ({ gate, radius }) =>
          `<tr><td>${escaped(title)}</td><td>${escaped(name)} (${escaped(cell)})</td><td>${escaped(gate)}</td><td>${radius.toFixed(3)}</td></tr>`,
      ),
    ),
  )
  if (rows.length === 0) return ''
  return `<section><h2>Spectral radii of the recurrent weights</h2><p>The size of the largest eigenvalue: without gates and squashing, what is below 1 vanishes and what is above 1 explodes.</p>
<table><tr><th></th><th>layer</th><th>gate</th><th>radius</th></tr>${rows.join('')}</table></section>`
}
