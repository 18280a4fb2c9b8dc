import { describe, expect, test } from 'vitest'
import { readFiles } from '../../src/data/index.js'
import { withoutEntities } from '../../src/data/rasa.js'
import type { ReadOptions } from '../../src/data/unit.js'
import { Random } from '../../src/random/random.js'
import { file, rows } from './files.js'

/** The rows of one text, as [text, label] pairs in the order of the file. */
async function read(name: string, text: string, options: ReadOptions = {}): Promise<[string, string][]> {
  return (await rows(name, text, options)).map((row) => [row.text, row.label])
}

describe('JSON lines', () => {
  test.each([
    ['text', 'label'],
    ['utterance', 'intent'],
    ['sentence', 'category'],
    ['Query', 'Class'],
    ['wording', 'kind'],
  ])('finds %s and %s', async (text, label) => {
    const lines = ['greet', 'bye', 'greet', 'bye', 'greet'].map((kind, i) =>
      JSON.stringify({ id: i, [label]: kind, [text]: `a text about ${kind} ${i}` }),
    )
    expect((await read('a.jsonl', lines.join('\n'))).map(([, kind]) => kind)).toEqual([
      'greet',
      'bye',
      'greet',
      'bye',
      'greet',
    ])
  })

  test('takes numbers, booleans and lists as labels and lists of words as texts', async () => {
    const text =
      '{"text":["hi","there"],"label":1}\n\r\n{"text":"so","label":true}\n{"text":"x","label":["a","b"]}'
    expect(await read('a.json', text)).toEqual([
      ['hi there', '1'],
      ['so', 'true'],
      ['x', 'a#b'],
    ])
  })

  test('prefers readable labels to codes and obeys the caller', async () => {
    const text = '{"text":"hi","label":0,"label_text":"greet"}\n{"text":"ciao","label":1,"label_text":"bye"}'
    expect((await read('a.jsonl', text))[0]).toEqual(['hi', 'greet'])
    expect((await read('a.jsonl', text, { label: 'label' }))[0]).toEqual(['hi', '0'])
    await expect(read('a.jsonl', text, { label: 'lable' })).rejects.toThrow(
      'a.jsonl: expected a column "lable", found text, label, label_text; did you mean "label"?',
    )
  })
})

describe('CSV and TSV', () => {
  test('with a header, quotes, line breaks in cells and a byte order mark', async () => {
    const text = '\ufeffid,intent,text\r\n1,greet,"Hello, ""you"""\r\n\r\n2,bye,"see\nyou"\r\n'
    expect(await rows('a.csv', text)).toEqual([
      { text: 'Hello, "you"', label: 'greet', file: 'a.csv', line: 2 },
      { text: 'see\nyou', label: 'bye', file: 'a.csv', line: 4 },
    ])
  })

  test('without a header takes the long column as text and the repeating one as label', async () => {
    const lines = [1, 2, 3, 4, 5, 6].map(
      (i) => `${i};${i % 2 ? 'greet' : 'bye'};some words to say number ${i}`,
    )
    const found = await readFiles([file('a.csv', lines.join('\n'))], 'a.csv', { random: new Random(1) })
    expect(found.detection.columns).toEqual({ text: '3', label: '2', header: false })
    expect(found.detection.rows[0]).toEqual({
      text: 'some words to say number 1',
      label: 'greet',
      file: 'a.csv',
      line: 1,
    })
  })

  test('knows a header by words that occur nowhere else in their column', async () => {
    const lines = [
      'Text der Anfrage,Klasse',
      'hallo du da,gruss',
      'servus miteinander,gruss',
      'bis bald,ende',
      'ade nun,ende',
    ]
    expect((await read('a.csv', lines.join('\n')))[0]).toEqual(['hallo du da', 'gruss'])
  })

  test('takes quotation marks in tab-separated files as they are, unless every cell closes its own', async () => {
    expect(await read('a.tsv', 'label\ttext\nham\t"no way he said\nspam\twin "cash" now\n')).toEqual([
      ['"no way he said', 'ham'],
      ['win "cash" now', 'spam'],
    ])
    expect((await read('a.tsv', 'label\ttext\nham\t"quoted text"\nspam\tx y\n'))[0]).toEqual([
      'quoted text',
      'ham',
    ])
  })

  test('recognises tabs without an extension (the SMS spam collection)', async () => {
    expect(
      (
        await read(
          'SMSSpamCollection',
          'ham\tGo until jurong point\nspam\tFree entry in 2\nham\tOk lar\nham\tU dun say\nspam\tWinner now\n',
        )
      )[1],
    ).toEqual(['Free entry in 2', 'spam'])
  })

  test('obeys a column that names the parts', async () => {
    const text = 'text,label,split\na b,x,train\nc d,y,train\ne f,x,test\ng h,y,dev\n'
    const found = await readFiles([file('a.csv', text)], 'a.csv', { random: new Random(1) })
    expect(found.detection.sizes).toEqual({ train: 2, valid: 1, test: 1 })
    expect(found.detection.split).toBe('given')
  })
})

describe('JSON', () => {
  const greetings = [
    ['hi there', 'greet'],
    ['hello', 'greet'],
    ['good bye', 'bye'],
  ]
  test.each([
    [
      'a list of objects',
      [
        { text: 'hi there', intent: 'greet' },
        { text: 'hello', intent: 'greet' },
        { text: 'good bye', intent: 'bye' },
      ],
    ],
    ['a list of pairs', greetings],
    ['texts by label', { greet: ['hi there', 'hello'], bye: ['good bye'] }],
    [
      'tags and patterns',
      {
        intents: [
          { tag: 'greet', patterns: ['hi there', 'hello'], responses: ['yo'] },
          { tag: 'bye', patterns: ['good bye'] },
        ],
      },
    ],
    [
      'Rasa',
      {
        rasa_nlu_data: {
          common_examples: greetings.map(([text, intent]) => ({ text, intent, entities: [] })),
        },
      },
    ],
    [
      'Snips',
      {
        language: 'en',
        entities: {},
        intents: {
          greet: {
            utterances: [
              { data: [{ text: 'hi ' }, { text: 'there', entity: 'who' }] },
              { data: [{ text: 'hello' }] },
            ],
          },
          bye: { utterances: [{ data: [{ text: 'good bye' }] }] },
        },
      },
    ],
    [
      'Snips, one file per intent',
      {
        greet: [{ data: [{ text: 'hi ' }, { text: 'there' }] }, { data: [{ text: 'hello' }] }],
        bye: [{ data: [{ text: 'good bye' }] }],
      },
    ],
    [
      'intents with utterances at the top',
      {
        greet: { utterances: [{ data: [{ text: 'hi there' }] }, { data: [{ text: 'hello' }] }] },
        bye: { utterances: [{ text: 'good bye' }] },
      },
    ],
  ])('reads %s', async (_, document) => {
    expect(await read('a.json', JSON.stringify(document, null, 2))).toEqual(greetings)
  })

  test('reads parts (CLINC150) and says what it left out', async () => {
    const document = {
      oos_train: [['x', 'oos']],
      train: greetings,
      val: greetings.slice(0, 1),
      test: greetings.slice(2),
    }
    const found = await readFiles([file('a.json', JSON.stringify(document))], 'a.json', {
      random: new Random(1),
    })
    expect(found.detection.sizes).toEqual({ train: 3, valid: 1, test: 1 })
    expect(found.detection.notes).toEqual(['a.json: left out oos_train'])
  })

  test('names the place of a wrong value and the line of a syntax error', async () => {
    await expect(read('a.json', '[\n{"text": "a", "label": "b"},\n{]')).rejects.toThrow(
      /^a\.json:3: expected a JSON document/,
    )
    await expect(read('a.json', '{"greet": ["hi", 3]}')).rejects.toThrow(
      'a.json: greet[1]: expected a text, found 3',
    )
    await expect(read('a.json', '{"name": "x"}\n')).rejects.toThrow(/a\.json/)
  })
})

describe('Rasa YAML', () => {
  const text = `version: "3.1"
nlu:
- intent: ask_weather
  examples: |
    - what is the weather in [Berlin](city)?

    - is it cold in [New York]{"entity": "city", "role": "place"}
- synonym: NYC
  examples: |
    - New York
- intent: greet
  examples:
    - text: hello
      metadata: {sentiment: positive}
    - hi
`
  test('reads examples without their annotations, with their lines', async () => {
    expect(await rows('nlu.yml', text)).toEqual([
      { text: 'what is the weather in Berlin?', label: 'ask_weather', file: 'nlu.yml', line: 5 },
      { text: 'is it cold in New York', label: 'ask_weather', file: 'nlu.yml', line: 7 },
      { text: 'hello', label: 'greet', file: 'nlu.yml', line: 13 },
      { text: 'hi', label: 'greet', file: 'nlu.yml', line: 15 },
    ])
  })

  test('names the line of what is wrong', async () => {
    await expect(read('a.yml', 'nlu:\n- intent: a\n  examples: |\n    - x\n    y z\n')).rejects.toThrow(
      'a.yml:5: expected an example that begins with "- ", found "y z"',
    )
    await expect(read('a.yml', 'nlu:\n- intent: a\n')).rejects.toThrow(
      'a.yml:2: expected examples of the intent "a", found none',
    )
    await expect(read('a.yml', 'nlu:\n- intent: a\n  examples: |\n    -\n')).rejects.toThrow(
      'a.yml:4: expected a text for the intent "a"',
    )
    await expect(read('a.yml', 'nlu: [\n')).rejects.toThrow(/^a\.yml:\d: expected a YAML document/)
    await expect(read('a.yml', `nlu: ${'['.repeat(200)}\n`)).rejects.toThrow(
      'a.yml:1: expected at most 100 collections inside one another, found more',
    )
    await expect(read('a.yml', 'nlu:\n- greet\n')).rejects.toThrow(
      'a.yml:2: expected an entry such as "intent: greet" in the list "nlu:"',
    )
    await expect(read('a.yml', 'stories:\n- x\n')).rejects.toThrow(
      'a.yml:1: expected a list under "nlu:", found none',
    )
  })

  test.each([
    ['[Berlin](city:capital) now', 'Berlin now'],
    ['[a]{"entity": "x"}[{"y": 1}] b', 'a b'],
    ['take [this] as it is', 'take [this] as it is'],
    ['[x](y)[z](w)', 'xz'],
  ])('%s is %s', (marked, plain) => {
    expect(withoutEntities(marked)).toBe(plain)
  })
})

describe('lines', () => {
  test('with __label__', async () => {
    expect(await read('train.txt', '__label__greet hi  there\n__label__a __label__b both\n')).toEqual([
      ['hi  there', 'greet'],
      ['both', 'a#b'],
    ])
    await expect(read('a.ft', '__label__greet hi\nno label\n')).rejects.toThrow(
      'a.ft:2: expected a label such as __label__greet, found "no label"',
    )
    await expect(read('a.ft', '__label__greet\n')).rejects.toThrow(
      'a.ft:1: expected a text after "__label__greet", found an empty text',
    )
  })

  test('with the label first', async () => {
    expect((await read('stsa.binary.dev', "1 a fine film\n0 wo n't do .\n"))[1]).toEqual(["wo n't do .", '0'])
    const words = [
      'positive a nice one',
      'negative an odd one',
      'positive the best',
      'negative a waste',
      'positive so good',
      'negative so bad',
      'positive well made',
      'negative ill made',
    ]
    expect((await read('reviews.txt', words.join('\n')))[3]).toEqual(['a waste', 'negative'])
  })

  test('prose is not taken for labels', async () => {
    const prose = [
      'the cat sat',
      'a dog ran to the cat',
      'the dog sat',
      'a bird sang',
      'the bird flew to a cat',
      'a fish swam',
      'the end',
      'a start',
    ]
    await expect(read('story.txt', prose.join('\n'))).rejects.toThrow(
      /^story\.txt:1: expected one of the formats/,
    )
  })

  test("a named format is taken on the caller's word", async () => {
    expect(await read('x.txt', 'the cat\na dog\n', { format: 'lines' })).toEqual([
      ['cat', 'the'],
      ['dog', 'a'],
    ])
    await expect(read('x.txt', 'a b', { format: 'xml' })).rejects.toThrow(
      'x.txt: expected a format among fasttext, jsonl, json, rasa, tsv, lines, csv, found "xml"',
    )
  })
})
