// Handwritten digits read row by row: 28 steps of 28 pixels, one LSTM, no convolution.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Features } from 'unrolled/layers'
import { crossEntropy } from 'unrolled/losses'
import { SequenceClassifier } from 'unrolled/models'
import { adamw, averaged, cosine } from 'unrolled/optim'
import { Random } from 'unrolled/random'
import { fit } from 'unrolled/train'
import type { Example } from './kit/example.js'
import { runAlone } from './kit/example.js'

const side = 28
const pixels = side * side

interface Digits {
  readonly images: Uint8Array
  readonly labels: Uint8Array
}

/** The idx files of LeCun et al.: a header of 16 bytes before the images, of 8 before the labels. */
function readDigits(folder: string, part: 'train' | 't10k', count: number): Digits {
  const read = (name: string, header: number, length: number) =>
    gunzipSync(readFileSync(join(folder, `${part}-${name}.gz`))).subarray(header, header + length)
  return {
    images: read('images-idx3-ubyte', 16, count * pixels),
    labels: read('labels-idx1-ubyte', 8, count),
  }
}

/** The rows of an image, moved by so many pixels: what is moved out is lost, what comes in is black. */
function rowsOf(images: Uint8Array, image: number, right = 0, down = 0): Float32Array[] {
  return Array.from({ length: side }, (_, y) => {
    const row = new Float32Array(side)
    const from = y - down
    if (from < 0 || from >= side) return row
    for (let x = Math.max(0, right); x < Math.min(side, side + right); x++)
      row[x] = images[image * pixels + from * side + x - right] / 255
    return row
  })
}

export const example: Example = {
  name: 'mnist',
  large: true,
  shows: 'An LSTM that sees one row of pixels at a time knows the digit after the last row.',
  needs: 'mnist',
  run: async ({ engine, seed, short, data, log }) => {
    const folder = join(data ?? '', 'mnist')
    const training = readDigits(folder, 'train', short ? 1500 : 60_000)
    const test = readDigits(folder, 't10k', short ? 500 : 10_000)
    const random = new Random(seed)
    const model = new SequenceClassifier<ArrayLike<number>>({
      engine,
      random: random.split('model'),
      embedding: new Features(side, engine),
      layers: [{ cell: 'lstm', size: short ? 64 : 128 }],
      classes: 10,
      dropout: { head: 0.2 },
    })
    const size = short ? 50 : 100
    const batches = training.labels.length / size
    const epochs = short ? 4 : 6
    const accuracy = () => {
      let right = 0
      for (let first = 0; first < test.labels.length; first += 500) {
        const rows = Array.from({ length: 500 }, (_, k) => rowsOf(test.images, first + k))
        const logits = engine.scope(() => model.forward(rows).data.slice())
        for (let k = 0; k < 500; k++) {
          const scores = Array.from(logits.subarray(10 * k, 10 * k + 10))
          if (scores.indexOf(Math.max(...scores)) === test.labels[first + k]) right++
        }
      }
      return right / test.labels.length
    }
    await fit<{ images: Int32Array; draws: Random }>({
      model: {
        engine,
        parameters: () => model.parameters(),
        loss: ({ images, draws }, noise) => {
          const shift = () => (short ? 0 : draws.integer(5) - 2)
          const rows = Array.from(images, (image) => rowsOf(training.images, image, shift(), shift()))
          const labels = engine.indices(Array.from(images, (image) => training.labels[image]))
          return crossEntropy(model.forward(rows, noise), labels)
        },
      },
      data: {
        batchesPerEpoch: batches,
        batches: (_, random) => {
          const order = random.permutation(training.labels.length)
          return Array.from({ length: batches }, (_, k) => ({
            images: order.slice(k * size, (k + 1) * size),
            draws: random.split(k),
          }))
        },
      },
      optimizer: averaged(adamw({ weightDecay: 1e-4 }), { decay: 0.998 }),
      learningRate: 0.004,
      schedule: cosine(batches * epochs, 0.01),
      clip: { norm: 1 },
      random: random.split('fit'),
      epochs,
      on: (event) => {
        if (event.type === 'epoch')
          log(
            `epoch ${event.epoch}: loss ${event.loss.toFixed(4)}, ${event.time.epochSeconds.toFixed(1)} seconds`,
          )
      },
    })
    // The test digits are not looked at before this line: nothing in this run is chosen by them.
    return [
      { name: 'accuracy', value: accuracy(), bar: short ? 0.4 : 0.986, better: 'higher', floor: 0.1135 },
    ]
  },
}
await runAlone(example, import.meta.url)
