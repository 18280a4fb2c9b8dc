import { expect, test } from 'vitest'
import { drawDet } from '../../src/inspect/index.js'
import { expectSound } from './sound.js'

const curve = [
  { threshold: 0.9, falseRejects: 0.4, falseAcceptsPerHour: 0 },
  { threshold: 0.5, falseRejects: 0.02, falseAcceptsPerHour: 3 },
  { threshold: 0.1, falseRejects: 0, falseAcceptsPerHour: 200 },
]

test('a line for each detector, a dot at its threshold, zero at the ends of the axes', () => {
  const svg = drawDet([
    { title: 'ours <new>', curve, chosen: { falseRejects: 0.02, falseAcceptsPerHour: 3 } },
    { title: 'loud', curve: [{ threshold: 1, falseRejects: 1, falseAcceptsPerHour: 0 }] },
  ])
  expectSound(svg)
  expect(svg).toContain('<title>2.0 % missed at 3.00 false detections an hour</title>')
  expect(svg).toContain('ours &lt;new&gt;: 2.0 % missed, 3.00 false an hour')
  expect(svg.match(/<circle/g)).toHaveLength(1)
  for (const label of ['100 %', '10 %', '1 %', '1,000', '>0<']) expect(svg).toContain(label)
})

test('perfect detectors and no chosen threshold can be drawn', () => {
  const perfect = [{ threshold: 0.5, falseRejects: 0, falseAcceptsPerHour: 0 }]
  expectSound(drawDet([{ title: 'perfect', curve: perfect }]))
})
