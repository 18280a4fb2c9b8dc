import { describe, expect, it } from 'vitest'
import { readAudacityLabels } from '../../src/data/index.js'
import { DataError } from '../../src/errors.js'

describe('label tracks of Audacity', () => {
  it('are stretches with names', () => {
    const text = '0.500000\t1.250000\tactivate\r\n\\\t200.0\t4000.0\r\n\r\n3,5\t3,5\t\n4\t5\n6\t7\ta\tb\n'
    expect(readAudacityLabels(text, 'a.txt')).toEqual([
      { start: 0.5, end: 1.25, label: 'activate', line: 1 },
      { start: 3.5, end: 3.5, label: '', line: 4 },
      { start: 4, end: 5, label: '', line: 5 },
      { start: 6, end: 7, label: 'a\tb', line: 6 },
    ])
    expect(readAudacityLabels('', 'a.txt')).toEqual([])
  })

  it.each([
    [
      '0.5 1.25 activate',
      'a.txt:1: expected start, end and label, separated by tabs (a label track), found "0.5 1.25 activate"',
    ],
    ['0\t1\tx\n0:30\t1\ty', 'a.txt:2: expected a time in seconds, from 0 on, found "0:30"'],
    ['-1\t1', 'a.txt:1: expected a time in seconds, from 0 on, found "-1"'],
    ['NaN\t1', 'a.txt:1: expected a time in seconds, from 0 on, found "NaN"'],
    ['\t1', 'a.txt:1: expected a time in seconds, from 0 on, found an empty text'],
    ['2\t1\tx', 'a.txt:1: expected an end from 2 seconds on, found 1'],
  ])('%j is refused', (text, message) => {
    expect(() => readAudacityLabels(text, 'a.txt')).toThrow(new DataError(message))
  })
})
