import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  pairSources,
  readTaggedRows,
  readVectors,
  tokenizerFromJSON,
  trainBytePairs,
} from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import { file } from './files.js'

// Damaged files give rows or a DataError, never anything else.
const samples: Record<string, string> = {
  'a.conll': '-DOCSTART- O\n\nEU I-ORG\nrejects O\n\n# id 1\nAnna\tB-PER\n',
  'a.jsonl':
    '{"text": "Anna 👍", "entities": [[0, 4, "PER"]]}\n["x", {"spans": [{"start": 0, "end": 1, "label": "A"}]}]\n',
  'pairs.jsonl': '{"source": "a", "target": "b"}\n{"translation": {"source": "c", "target": "d"}}\n',
  'a.tsv': 'source\ttarget\na\tb\n',
  'a.tmx':
    '<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="en"/><body><!-- x --><tu><tuv xml:lang="en"><seg>a &amp; <ph>x</ph></seg></tuv><tuv xml:lang="fr"><seg><![CDATA[b]]>&#x41;</seg></tuv></tu></body></tmx>\n',
  'vectors.txt': '2 3\na 1 2 3\nb 0.5 1e-3 -2\n',
}

/** A sample of which pieces were replaced by bytes of any kind. */
const damaged = (text: string) => {
  const bytes = new TextEncoder().encode(text)
  const damage = fc.record({
    at: fc.nat(bytes.length),
    gone: fc.nat(5),
    with: fc.uint8Array({ maxLength: 5 }),
  })
  return fc.array(damage, { maxLength: 3 }).map((list) => {
    let result: number[] = [...bytes]
    for (const { at, gone, with: put } of list)
      result = [...result.slice(0, at), ...put, ...result.slice(at + gone)]
    return new Uint8Array(result)
  })
}

async function read(path: string, bytes: Uint8Array): Promise<void> {
  const given = file(path, bytes)
  if (path === 'vectors.txt') await readVectors(given)
  else if (/conll|^a\.jsonl/.test(path)) await readTaggedRows([given], path)
  else for (const source of pairSources([given], path)) for await (const _ of source.read());
}

describe.each(Object.entries(samples))('%s', (path, text) => {
  test('is read as it is, and gives rows or a DataError however damaged', async () => {
    await read(path, new TextEncoder().encode(text))
    await fc.assert(
      fc.asyncProperty(damaged(text), async (bytes) => {
        await read(path, bytes).catch((error) => {
          expect(error).toBeInstanceOf(DataError)
          expect(error.message).toMatch(new RegExp(`^${path.replace('.', '\\.')}.*expected .*found `, 's'))
        })
      }),
      { numRuns: 300 },
    )
  })
})

test('a tokenizer.json with any value changed is read or a DataError', () => {
  const json = JSON.parse(JSON.stringify(trainBytePairs(['ab ab'], { size: 258, specials: ['<s>'] })))
  const paths = [
    ['model'],
    ['model', 'vocab'],
    ['model', 'vocab', 'a'],
    ['model', 'merges'],
    ['model', 'merges', '0'],
    ['added_tokens'],
    ['added_tokens', '0'],
    ['added_tokens', '0', 'id'],
    ['added_tokens', '0', 'content'],
    ['pre_tokenizer'],
    ['normalizer'],
  ]
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
      const changed = structuredClone(json)
      const last = path.at(-1) ?? ''
      const parent = path.slice(0, -1).reduce((object, key) => object[key], changed)
      parent[last] = value
      try {
        tokenizerFromJSON(changed, 'tokenizer.json').encode('ab')
      } catch (error) {
        expect(error).toBeInstanceOf(DataError)
      }
    }),
    { numRuns: 500 },
  )
})
