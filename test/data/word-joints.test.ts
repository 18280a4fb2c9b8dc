import { describe, expect, it } from 'vitest'
import {
  type SettledJoints,
  tokenizerFromJSON,
  WordJoints,
  Words,
  WordTokenizer,
} from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'

const words = new Words({ lowerCase: false })

function learned(texts: readonly string[]): SettledJoints {
  const joints = new WordJoints()
  for (const text of texts) joints.learn(words.spans(text))
  return joints.settled()
}

const english = [
  "Well, he can't come (he's ill); we don't know why.",
  'Zoe (from Bonn) said: a well-known thing, isn’t it?',
  'It costs 5 % more, or $5 more... Zoe went!',
]
const chinese = ['我在九月去非洲。', '她喜欢读书，也喜欢音乐。']
const french = ["Jane visite l'Afrique, n'est-ce pas ?", 'Oui !']

describe('texts are put together as the ones they were learned from', () => {
  it.each([
    ['English', english],
    ['Chinese', chinese],
    ['French, which writes a blank before ?', french],
    ['texts in tokens', ["I do n't know , why ?"]],
  ])('%s', (_, texts) => {
    const joints = learned(texts)
    for (const text of texts) expect(joints.joined(words.of(text))).toBe(text.replaceAll('’', "'")) // words are written with '
  })

  it('the mark, not the word beside it, decides', () => {
    const joints = learned(['(Foo) bar', "Mary's dog"])
    expect(joints.joined(['bar', 'Foo', 'Mary', 'bar'])).toBe('bar Foo Mary bar')
    expect(joints.joined(['(', 'bar', ')', 'Foo', "'s"])).toBe("(bar) Foo's")
  })

  it('the commoner way wins where there are two', () => {
    expect(learned(['a - b', 'c - d', 'e-f']).joined(['x', '-', 'y'])).toBe('x - y')
    expect(learned([]).joined(['x', ',', 'y'])).toBe('x , y')
  })
})

describe('a tokenizer with joints', () => {
  const tokenizer = WordTokenizer.train(english, { lowerCase: false, joints: true })

  it('writes sentences back, also after it was stored', () => {
    const again = tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)), 'config.json')
    for (const one of [tokenizer, again])
      expect(one.decode(one.encode("Zoe can't (well) know, isn't it?").ids)).toBe(
        "Zoe can't (well) know, isn't it?",
      )
  })

  it('is what it was without them', () => {
    const plain = WordTokenizer.train(english, { lowerCase: false })
    expect(plain.decode(plain.encode("can't come,").ids)).toBe("ca n't come ,")
    expect(plain.toJSON()).not.toHaveProperty('joints')
  })

  it.each([[{ joints: 3 }], [{ joints: { noBlankBefore: [','], noBlankBehind: [1] } }]])(
    'refuses %o',
    (damage) => {
      const json = { ...JSON.parse(JSON.stringify(tokenizer)), ...damage }
      expect(() => tokenizerFromJSON(json, 'config.json')).toThrow(DataError)
      expect(() => tokenizerFromJSON(json, 'config.json')).toThrow(
        'config.json: joints: expected lists of words',
      )
    },
  )
})
