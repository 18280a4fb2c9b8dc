// The alphabet: the next letter, the one before, and the rest of it from F. The smallest language there is.
import { crossEntropy } from 'unrolled/losses'
import { Random } from 'unrolled/random'
import type { Example, Given } from './kit/example.js'
import { runAlone } from './kit/example.js'
import { learn } from './kit/learn.js'
import { SequenceModel } from './kit/sequence-model.js'

const alphabet = 'abcdefghijklmnopqrstuvwxyz'
const tokensOf = (text: string) => Array.from(text, (letter) => alphabet.indexOf(letter))

/** Learns to say a text letter by letter; gives the loss per letter and what the model says when it is left alone after the first one. */
function learnText(text: string, { engine, seed, short, log }: Given): { loss: number; said: string } {
  const tokens = tokensOf(text)
  const model = new SequenceModel({
    engine,
    random: new Random(seed),
    input: alphabet.length,
    outputs: alphabet.length,
    layers: [{ cell: 'elman', size: 32 }],
  })
  const loss = () =>
    crossEntropy(model.forward([tokens.slice(0, -1)]).outputs, engine.indices(tokens.slice(1)))
  learn({ model, steps: short ? 100 : 300, learningRate: 0.02, loss })

  const reader = model.rnn.stream()
  const said = [tokens[0]]
  while (said.length < tokens.length) {
    const x = alphabet.split('').map((_, letter) => Number(letter === said.at(-1)))
    const h = engine.tensor(reader.push(x), [1, model.rnn.outputSize])
    const scores = engine.scope(() => Array.from(model.head.forward(h).data))
    h.dispose()
    said.push(scores.indexOf(Math.max(...scores)))
  }
  reader.dispose()
  const spoken = said.map((letter) => alphabet[letter]).join('')
  const nll = engine.scope(() => loss().item())
  log(`${spoken}: ${nll.toFixed(5)} nats per letter`)
  return { loss: nll, said: spoken }
}

export const example: Example = {
  name: 'alphabet',
  shows: 'A tanh RNN knows the alphabet forward, backward and from F.',
  run: async (given) => {
    const texts = {
      forward: alphabet,
      backward: alphabet.split('').reverse().join(''),
      'from f': alphabet.slice(alphabet.indexOf('f')),
    }
    return Object.entries(texts).flatMap(([name, text]) => {
      const { loss, said } = learnText(text, given)
      const floor = Math.log(alphabet.length)
      return [
        {
          name: `${name}, nats per letter`,
          value: loss,
          bar: given.short ? 0.1 : 0.01,
          better: 'lower',
          floor,
        },
        { name: `${name}, said by heart`, value: Number(said === text), bar: 1, better: 'higher', floor: 0 },
      ] as const
    })
  },
}
await runAlone(example, import.meta.url)
