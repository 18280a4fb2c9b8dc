// Captions of drawn scenes: "a red circle above a blue square", from pixels to words, and where the model looks for each word.
import { train } from 'unrolled'
import type { Scene } from 'unrolled/data'
import { drawScene } from 'unrolled/data'
import { Random } from 'unrolled/random'
import type { Caption } from 'unrolled/tasks'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'

/** The shape that word k of a caption names: of the right kind, and of the colour that the word before it says. */
function namedShape({ shapes }: Scene, words: readonly string[], k: number) {
  return shapes.find(({ colour, shape }) => shape === words[k] && colour === words[k - 1])
}

/** For each word that names a shape: whether the region that was looked at most reaches into it, and how many of all regions do. */
function looksAt(scene: Scene, { attention }: Caption) {
  if (!attention) return []
  const { words, rows, columns, weights } = attention
  const { width, height } = scene.image
  return words.flatMap((_, k) => {
    const shape = namedShape(scene, words, k)
    if (!shape) return []
    const [across, down] = [width / columns, height / rows]
    const reaches = Array.from({ length: rows * columns }, (_, region) => {
      const [left, top] = [(region % columns) * across, Math.floor(region / columns) * down]
      return (
        left < shape.left + shape.width &&
        left + across > shape.left &&
        top < shape.top + shape.height &&
        top + down > shape.top
      )
    })
    const most = weights[k].indexOf(Math.max(...weights[k]))
    return [{ on: reaches[most], chance: reaches.filter(Boolean).length / reaches.length }]
  })
}

export const example: Example = {
  name: 'scenes',
  shows: 'Pixels to words: a small CNN sees shapes, a decoder names them and looks at each as it does.',
  run: async ({ engine, seed, short, log }) => {
    const random = new Random(seed).split('scenes')
    const draw = (part: string, count: number) =>
      Array.from({ length: count }, (_, k) =>
        drawScene(random.split(part).split(k), { side: short ? 16 : 32 }),
      )
    const test = draw('test', short ? 100 : 1000)
    const model = await train({
      task: 'caption',
      data: { train: draw('train', short ? 1000 : 5000), valid: draw('valid', short ? 50 : 300) },
      engine,
      seed,
      train: { epochs: short ? 4 : 10 },
      on: (event) => {
        if (event.type === 'epoch')
          log(
            `epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${event.time.epochSeconds.toFixed(1)} seconds`,
          )
      },
    })
    const found = model.predict(test.map(({ image }) => image)).map(([best]) => best)
    const right = found.filter(({ text }, k) => test[k].captions.includes(text)).length
    const looks = found.flatMap((caption, k) => looksAt(test[k], caption))
    const on = looks.filter((look) => look.on).length
    const chance = looks.reduce((sum, look) => sum + look.chance, 0) / looks.length
    for (const k of [0, 1, 2]) log(`${found[k].text}   (right: ${test[k].captions.join(', or ')})`)
    model.dispose()
    return [
      { name: 'exact', value: right / test.length, bar: short ? 0.05 : 0.98, better: 'higher', floor: 0 },
      {
        ...{ name: 'looks at the shape', value: on / looks.length, bar: short ? 0.4 : 0.9 },
        ...{ better: 'higher', floor: chance },
      },
    ]
  },
}
await runAlone(example, import.meta.url)
