// Which way does the ball fly? One picture cannot tell; three in a row can.
import { Features } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { directions, side, video } from './kit/ball.js'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'

/** Trains on videos of so many frames; gives the accuracy on unseen ones. */
function learnDirections(frames: number, { engine, seed, short, log }: Given): number {
  const random = new Random(seed)
  const model = new SequenceClassifier<ArrayLike<number>>({
    engine,
    random: random.split('model'),
    embedding: new Features(side * side, engine),
    layers: [{ cell: 'gru', size: 64 }],
    classes: directions.length,
  })
  const videos = (count: number, draws: Random) => Array.from({ length: count }, () => video(frames, draws))
  const forward = (batch: ReturnType<typeof videos>) => model.forward(batch.map(({ pictures }) => pictures))
  const steps = short ? 250 : 1500
  learn({
    model,
    steps,
    learningRate: 0.01,
    schedule: cosine(steps, 0.01),
    loss: (step) => {
      const batch = videos(32, random.split('batch').split(step))
      return crossEntropy(forward(batch), engine.indices(batch.map(({ direction }) => direction)))
    },
    every: steps / 5,
    check: (step, loss) => log(`${frames} frames, step ${step}: loss ${loss.toFixed(4)}`),
  })
  const test = videos(short ? 300 : 2000, random.split('test'))
  const logits = engine.scope(() => forward(test).data.slice())
  const right = test.filter(({ direction }, row) => {
    const scores = Array.from(logits.subarray(4 * row, 4 * row + 4))
    return scores.indexOf(Math.max(...scores)) === direction
  })
  return right.length / test.length
}

export const example: Example = {
  name: 'ball',
  shows: 'The direction of a ball cannot be seen in one frame; a GRU sees it in three.',
  run: async (given) => {
    const floor = 1 / directions.length
    const three = learnDirections(3, given)
    const one = learnDirections(1, given)
    return [
      { name: 'accuracy, 3 frames', value: three, bar: given.short ? 0.6 : 0.99, better: 'higher', floor },
      {
        name: 'accuracy, 1 frame: a guess',
        value: one,
        bar: given.short ? 0.35 : 0.28,
        better: 'lower',
        floor,
      },
    ]
  },
}
await runAlone(example, import.meta.url)
