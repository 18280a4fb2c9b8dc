import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tagsOf } from '../../src/codecs/index.js'
import {
  readConll,
  readSpanLines,
  readTaggedFiles,
  readTaggedRows,
  type TaggedExample,
  Words,
} from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'
import { Random } from '../../src/random/random.js'
import { file, files } from './files.js'

const words = new Words({ lowerCase: false })
/** The spans of an example as its text shows them. */
const shownSpans = ({ text, starts, ends, spans }: TaggedExample) =>
  spans.map(({ type, start, end }) => `${type}:${text.slice(starts[start], ends[end - 1])}`)

const conll2003 = `-DOCSTART- -X- -X- O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
Swiss JJ I-NP B-MISC
call NN I-NP O
. . O O

Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER
`

describe('CoNLL', () => {
  test('2003, four columns, IOB1', () => {
    const { examples, title, scheme, notes } = readConll(conll2003, 'eng.train')
    expect([title, scheme, notes]).toEqual(['CoNLL, 4 columns, IOB1 tags', 'iob1', []])
    expect(examples.map(shownSpans)).toEqual([
      ['ORG:EU', 'MISC:German', 'MISC:Swiss'],
      ['PER:Peter Blackburn'],
    ])
    expect(examples[0].text).toBe('EU rejects German Swiss call .')
    expect(examples.map(({ line }) => line)).toEqual([3, 10])
  })

  test('two columns with tabs, IOB2, CRLF, a bare tab between sentences, no line feed at the end', () => {
    const text = '@x\tO\r\n#\tO\r\n\t\r\n# \tO\r\nNew York\tB-location\r\nCity\tI-location'
    const { examples, scheme } = readConll(text, 'wnut.conll')
    expect(scheme).toBe('iob2')
    expect(examples.map(({ tokens }) => tokens)).toEqual([
      ['@x', '#'],
      ['#', 'New York', 'City'],
    ])
    expect(shownSpans(examples[1])).toEqual(['location:New York City'])
  })

  test('BIOES, with comments', () => {
    const text = '# id 1 domain=train\nAnna S-PER\nsaw O\nNew B-LOC\nYork E-LOC\n\n# sent 2\nOslo S-LOC\n'
    const { examples, scheme } = readConll(text, 'a.conll')
    expect(scheme).toBe('bioes')
    expect(examples.map(shownSpans)).toEqual([['PER:Anna', 'LOC:New York'], ['LOC:Oslo']])
  })

  test('says when spans break the scheme', () => {
    const { notes } = readConll('a B-X\nb O\nc I-X\nd B-X\n', 'a.conll')
    expect(notes).toEqual([
      'a.conll: 1 spans begin otherwise than IOB2 (BIO) says; read as conlleval reads them',
    ])
  })

  test.each([
    ['a O\nb X O\n', 'a.conll:2: expected 2 columns, the token first and its tag last, found "b X O"'],
    ['a O\nb\n', 'a.conll:2: expected 2 columns'],
    ['a O\nb PER\n', 'a.conll:2: expected a tag such as O, B-PER or I-PER, found "PER"'],
    ['a O\nb B-\n', 'a.conll:2: expected a tag'],
    ['\n-DOCSTART- O\n\n', 'a.conll: expected tokens and tags in columns, found none'],
  ])('%j is refused', (text, message) => {
    expect(() => readConll(text, 'a.conll')).toThrow(DataError)
    expect(() => readConll(text, 'a.conll')).toThrow(message)
  })

  test('any sentences come back from any scheme', () => {
    const sentence = fc.array(
      fc.tuple(fc.stringMatching(/^[^\s#-][^\s]{0,5}$/), fc.constantFrom('O', 'B-X', 'I-X', 'B-Y', 'I-Y')),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(
        fc.array(sentence, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('iob1', 'iob2', 'bioes' as const),
        (sentences, scheme) => {
          const text = (rows: readonly (readonly (readonly string[])[])[]) =>
            rows.map((row) => row.map((cells) => cells.join(' ')).join('\n')).join('\n\n')
          const { examples } = readConll(text(sentences), 'x')
          const again = examples.map(({ tokens, spans }) =>
            tagsOf(spans, tokens.length, scheme as 'iob1').map((tag, i) => [tokens[i], tag]),
          )
          expect(readConll(text(again), 'x').examples.map(({ spans }) => spans)).toEqual(
            examples.map(({ spans }) => spans),
          )
        },
      ),
    )
  })
})

describe('JSON lines with spans', () => {
  test.each([
    ['spaCy', '{"text": "Anna saw 👍 New York.", "entities": [[11, 19, "LOC"], [0, 4, "PER"]]}'],
    ['spaCy, pairs', '["Anna saw 👍 New York.", {"entities": [[0, 4, "PER"], [11, 19, "LOC"]]}]'],
    [
      'Prodigy',
      '{"text": "Anna saw 👍 New York.", "spans": [{"start": 0, "end": 4, "label": "PER"}, {"start": 11, "end": 19, "label": "LOC"}]}',
    ],
    [
      'Doccano, old',
      '{"id": 1, "text": "Anna saw 👍 New York.", "labels": [[0, 4, "PER"], [11, 19, "LOC"]]}',
    ],
    [
      'Doccano',
      '{"id": 1, "text": "Anna saw 👍 New York.", "label": [[0, 4, "PER"], [11, 19, "LOC"]], "Comments": []}',
    ],
    [
      'Doccano, relations',
      '{"text": "Anna saw 👍 New York.", "relations": [], "entities": [{"id": 0, "label": "PER", "start_offset": 0, "end_offset": 4}, {"id": 1, "label": "LOC", "start_offset": 11, "end_offset": 19}]}',
    ],
  ])('%s', (_, line) => {
    const { examples, notes } = readSpanLines(`\n${line}\n`, 'a.jsonl', words)
    expect(notes).toEqual([])
    expect(examples[0].tokens).toEqual(['Anna', 'saw', '👍', 'New', 'York', '.'])
    expect(shownSpans(examples[0])).toEqual(['PER:Anna', 'LOC:New York'])
    expect(examples[0].line).toBe(2)
  })

  test('keeps intents, and widens spans to words with a note', () => {
    const line =
      '{"text": "play some jazzmusic now", "intent": "play", "spans": [{"start": 10, "end": 14, "label": "genre"}]}'
    const { examples, notes } = readSpanLines(line, 'a.jsonl', words)
    expect(examples[0].label).toBe('play')
    expect(shownSpans(examples[0])).toEqual(['genre:jazzmusic'])
    expect(notes).toEqual(['a.jsonl: 1 spans begin or end inside a word and were widened to whole words'])
    const two =
      '{"text": "abcd", "label": "x", "spans": [{"start": 0, "end": 2, "label": "A"}, {"start": 2, "end": 4, "label": "B"}]}'
    expect(readSpanLines(two, 'a.jsonl', words).examples.map(shownSpans)).toEqual([['A:abcd']])
  })

  test.each([
    [
      '{"text": "ab", "entities": [[0, 3, "X"]]}',
      'a.jsonl:1: expected a span inside the 2 characters of the text, found 0 to 3',
    ],
    ['{"text": "ab", "entities": [[1, 1, "X"]]}', 'expected a span inside'],
    ['{"text": "ab", "entities": [[0, 1]]}', 'expected spans such as [0, 5, "PER"]'],
    [
      '{"text": "a b", "entities": [[0, 3, "X"], [2, 3, "Y"]]}',
      'expected spans that do not overlap, found "a b" and "b"',
    ],
    ['{"text": "ab"}', 'a.jsonl:1: expected a text with spans such as {"text"'],
    ['{"text": "", "entities": []}', 'expected a text with spans'],
    ['nonsense', 'a.jsonl:1: expected a text with spans'],
    ['', 'a.jsonl: expected texts with spans, found none'],
  ])('%s is refused', (line, message) => {
    expect(() => readSpanLines(line, 'a.jsonl', words)).toThrow(message)
  })
})

describe('data sets of tagged texts', () => {
  const random = new Random(1)

  test('seq.in, seq.out and label in folders, parts by name', async () => {
    const data = await readTaggedFiles(
      files({
        'train/seq.in': 'fly to Oslo\nhi\n',
        'train/seq.out': 'O O B-city\nO\n',
        'train/label': 'flight\ngreet\n',
        'valid/seq.in': 'to Rome',
        'valid/seq.out': 'O B-city',
        'valid/label': 'flight',
        'test/seq.in': 'in May',
        'test/seq.out': 'O B-month',
        'test/label': 'flight',
        'README.md': 'about',
      }),
      'atis',
      { random },
    )
    expect(data.detection).toMatchObject({
      format: 'seq.in and seq.out and label, IOB2 (BIO) tags',
      scheme: 'iob2',
      sizes: { train: 2, valid: 1, test: 1 },
      split: 'given',
      notes: ['the test part has spans of types that no training row has (month): counted as wrong'],
    })
    expect([data.types, data.labels]).toEqual([['city'], ['flight', 'greet']])
    expect(data.train.map(({ label, spans }) => [label, spans.length])).toEqual([
      ['flight', 1],
      ['greet', 0],
    ])
  })

  test.each([
    [{ 'seq.in': 'a b\nc', 'seq.out': 'O O' }, 'seq.out:2: expected as many rows as seq.in (2), found 1'],
    [{ 'seq.in': 'a b', 'seq.out': 'O' }, 'seq.out:1: expected 2 tags, one per word of seq.in, found 1'],
    [{ 'seq.in': 'a\n\nb', 'seq.out': 'O\nO\nO' }, 'seq.in:2: expected a text, found an empty line'],
    [{ 'seq.in': 'a', 'seq.out': 'x' }, 'seq.out:1: expected a tag such as O'],
    [{ 'seq.in': 'a', 'seq.out': 'O', label: 'x\ny' }, 'label:2: expected as many rows'],
  ])('%j is refused', async (contents, message) => {
    await expect(readTaggedRows(files(contents as Record<string, string>), 'root')).rejects.toThrow(message)
  })

  test('files of parts in one folder, whatever their endings, others left out', async () => {
    const data = await readTaggedFiles(
      files({
        'wnut17train.conll': 'Oslo\tB-location\nis\tO\n',
        'emerging.dev.conll': 'Rome\tB-location\n',
        'emerging.test.annotated': 'Bern\tB-location\n',
        'notes.txt': 'nothing of interest\n',
      }),
      'wnut17',
      { random },
    )
    expect(data.detection.sizes).toEqual({ train: 1, valid: 1, test: 1 })
    expect(data.detection.notes).toEqual(['left out 1 file of wnut17 without tagged texts'])
  })

  test('the files of CoNLL 2003', async () => {
    const data = await readTaggedFiles(
      files({ 'eng.train': conll2003, 'eng.testa': 'Bonn I-LOC\n', 'eng.testb': 'Kiel I-LOC\n' }),
      'conll',
      { random },
    )
    expect(data.detection.sizes).toEqual({ train: 2, valid: 1, test: 1 })
    expect(data.test[0].text).toBe('Kiel')
  })

  test('one file is cut into parts, seeded; others may be named', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `{"text": "city ${i}", "entities": [[0, 4, "X"]]}`)
    const read = () =>
      readTaggedFiles([file('a.jsonl', lines.join('\n'))], 'a.jsonl', { random: new Random(1) })
    const data = await read()
    expect(data.detection).toMatchObject({ split: 'automatic', sizes: { train: 32, valid: 4, test: 4 } })
    expect(await read()).toEqual(data)
    const given = await readTaggedFiles([file('a.jsonl', lines.join('\n'))], 'a.jsonl', {
      random,
      valid: [file('b.conll', 'x O\n')],
      test: [file('c.conll', 'y O\n')],
    })
    expect(given.detection.sizes).toEqual({ train: 40, valid: 1, test: 1 })
  })

  test('without spans there is nothing to learn', async () => {
    await expect(readTaggedFiles([file('a.conll', 'a O\n')], 'a.conll', { random })).rejects.toThrow(
      'a.conll: expected training rows with spans, found none',
    )
    await expect(readTaggedFiles(files({ 'a.txt': 'x', 'b.txt': 'y' }), 'root', { random })).rejects.toThrow(
      'root: expected tagged texts, found no file that could hold any',
    )
    await expect(readTaggedRows([file('a.conll', 'a O\nb PER X\n')], 'a.conll')).rejects.toThrow('a.conll:2:')
  })
})
