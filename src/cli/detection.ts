import type { Detection } from '../data/dataset.js'
import { say, tint } from './terminal.js'

const LONGEST_SHOWN = 90

/** Shows what was found in the data before anything is done with it: format, parts, the first three rows, notes. */
export function showDetection(detection: Detection): void {
  const { format, source, columns, sizes, labels, rows, notes, split } = detection
  const parts = Object.entries(sizes)
    .filter(([, count]) => count > 0)
    .map(([part, count]) => `${count.toLocaleString('en')} ${part}`)
  const counted = labels > 0 ? `; ${labels.toLocaleString('en')} labels` : ''
  const used = columns ? `, text in ${columns.text}, label in ${columns.label}` : ''
  say(`${tint.bold('Data')}  ${source}: ${format}${used}`)
  say(`      ${parts.join(', ')}${counted}${SPLITS[split]}`)
  for (const { text, label } of rows) say(tint.dim(`      ${label === '' ? '' : `${label}: `}${short(text)}`))
  for (const note of notes) say(tint.yellow(`      note: ${note}`))
}

const SPLITS: Readonly<Record<Detection['split'], string>> = {
  given: '',
  completed: '; validation rows held out',
  automatic: '; validation and test rows held out',
  testOnly: '; test rows held out',
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN - 1)}…` : line
}
