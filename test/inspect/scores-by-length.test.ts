import { expect, test } from 'vitest'
import { drawScoresByLength, type LengthScores, renderScoresByLength } from '../../src/inspect/index.js'
import { expectSound } from './sound.js'

const bins = (scores: readonly number[]) =>
  scores.map((score, k) => ({
    ...{ from: 5 * k + 1, to: 5 * k + 5, rows: 400 >> k, score },
    ...{ low: score - 2 - k, high: score + 2 + k },
  }))
const scores: LengthScores = {
  metric: 'BLEU',
  unit: 'words',
  models: [
    { title: 'with attention', score: 33.1, bins: bins([40, 35, 32, 31, 28]) },
    { title: 'without <it>', score: 24.4, bins: bins([38, 28, 20, 14, 9]) },
  ],
}

test('as text: bins, their rows, scores with intervals, and the score over all', () => {
  const lines = renderScoresByLength(scores).split('\n')
  expect(lines[0]).toBe('BLEU by the length of the source, in words')
  expect(lines[1]).toMatch(/^ {2}words +rows +with attention +without <it>$/)
  expect(lines[2]).toMatch(/^ {2}1–5 +400 +40\.0 \(38\.0 to 42\.0\) +█{12} +38\.0 \(36\.0 to 40\.0\) +█{11}$/)
  expect(lines.at(-1)).toMatch(/^ {2}all +775 +33\.1 +24\.4$/)
  for (const line of lines) expect([...line].length).toBeLessThanOrEqual(100)
  const bare = scores.models.map((model) => ({
    ...model,
    bins: model.bins.map(({ low: _, high: __, ...bin }) => bin),
  }))
  expect(renderScoresByLength({ ...scores, models: bare })).not.toContain(' to ')
})

test('as a picture: a line for each model, an interval for each bin, and the rows below', () => {
  const svg = drawScoresByLength(scores)
  expectSound(svg)
  expect(svg).toContain(
    'BLEU from 1–5 to 21–25 words: with attention 40.0 → 28.0, without &lt;it&gt; 38.0 → 9.0',
  )
  expect(svg.match(/<circle/g)).toHaveLength(10)
  expect(svg).toContain('with attention, 6–10 words: BLEU 35.0 (32.0 to 38.0), 200 rows')
  for (const part of ['rows of each bin', '>400<', '>25<', 'bootstrap', 'length of the source in words'])
    expect(svg).toContain(part)
  expect(drawScoresByLength(scores, 'my own heading')).toContain('my own heading')
})

test('one bin, no intervals, a score of 0', () => {
  const one: LengthScores = {
    ...{ metric: 'chrF2', unit: 'characters' },
    models: [{ title: 'alone', score: 0, bins: [{ from: 7, to: 7, rows: 3, score: 0 }] }],
  }
  expectSound(drawScoresByLength(one))
  expect(drawScoresByLength(one)).toContain('chrF2 of sources of 7 characters')
  expect(renderScoresByLength(one)).toMatch(/ 7 +3 +0\.0/)
})
