import { describe, expect, it } from 'vitest'
import { scoreSequences } from '../../src/decoding/index.js'
import { crossEntropy } from '../../src/losses/index.js'
import { AttentionRecognizer } from '../../src/models/index.js'
import { Random } from '../../src/random/index.js'
import { gradientCheck, logSoftmax, packSequences } from '../../src/tensor/index.js'
import { useEngine } from '../tensor/engines.js'
import { numbers } from '../tensor/values.js'

const options = {
  ...{ inputSize: 3, tokens: 6, embeddingSize: 4, bidirectional: true },
  layers: [
    { cell: 'gru', size: 5 },
    { cell: 'lstm', size: 4 },
  ],
  decoderLayers: [{ cell: 'gru', size: 5 }],
  front: { size: 6, width: 3, stride: 2 },
}
const [start, end] = [1, 2]
const targets = [
  [3, 4, 5],
  [5, 3],
]

describe('a recogniser with attention', () => {
  const engine = useEngine({ threads: 1 })
  const double = useEngine({ real: 'float64' })

  it('gives a text the log P by step that it gives it by teacher forcing', () => {
    const model = new AttentionRecognizer({ engine: engine(), random: new Random(1), ...options })
    engine().scope(() => {
      const frames = packSequences(engine(), [numbers([21], 'a'), numbers([12], 'b')], 3)
      const inputs = targets.map((target) => [start, ...target])
      const { logits, layout } = model.forward(frames, inputs)
      const all = logSoftmax(logits).data
      const next = layout.arrange(targets.map((target) => [...target, end]))
      const sums = [0, 0]
      layout.forEachRow((row, position) => {
        sums[layout.order[position]] += all[row * 6 + next[row]]
      })
      const scored = model.decode(frames, (stepper) =>
        scoreSequences(stepper, targets, { batch: 2, start, end }),
      )
      for (const [place, { logProb }] of scored.entries()) expect(logProb).toBeCloseTo(sums[place], 5)
      const alone = model.decode(packSequences(engine(), [numbers([12], 'b')], 3), (stepper) =>
        scoreSequences(stepper, [targets[1]], { batch: 1, start, end }),
      )
      expect(alone[0].logProb).toBe(scored[1].logProb)
    })
    expect([1, 4, 7].map((count) => model.steps(count))).toEqual([1, 2, 4])
  })

  it('has the gradients of finite differences', () => {
    const model = new AttentionRecognizer({ engine: double(), random: new Random(2), ...options })
    const loss = () => {
      const frames = packSequences(double(), [numbers([21], 'a'), numbers([12], 'b')], 3)
      const { logits, layout } = model.forward(
        frames,
        targets.map((target) => [start, ...target]),
      )
      const next = layout.arrange(targets.map((target) => [...target, end]))
      return crossEntropy(logits, double().indices(next))
    }
    expect(gradientCheck(double(), loss, Object.values(model.parameters()))).toBeLessThan(1e-6)
  })
})
