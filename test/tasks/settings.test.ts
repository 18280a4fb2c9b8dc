import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import {
  assignPath,
  auto,
  choice,
  defaultsOf,
  flag,
  integer,
  number,
  optional,
  resolveSettings,
  settingPaths,
  text,
} from '../../src/tasks/settings.js'

const tree = {
  model: {
    cell: choice('lstm', 'The cell', ['lstm', 'gru']),
    hiddenSize: auto(integer(64, 'Units', { minimum: 1 })),
    dropout: number(0.5, 'Dropout', { maximum: 0.9 }),
    bidirectional: flag(true, 'Both directions'),
  },
  train: { seconds: optional(number(0, 'Time limit')), note: text('', 'A note') },
}

describe('settings', () => {
  it('fills every default in', () => {
    expect(resolveSettings(tree, {})).toEqual(defaultsOf(tree))
    expect(defaultsOf(tree)).toEqual({
      model: { cell: 'lstm', hiddenSize: 'auto', dropout: 0.5, bidirectional: true },
      train: { seconds: null, note: '' },
    })
  })

  it('takes what is given and leaves the rest', () => {
    expect(resolveSettings(tree, { model: { hiddenSize: 12 } }).model).toMatchObject({
      hiddenSize: 12,
      cell: 'lstm',
    })
  })

  it.each([
    [{ model: { hidenSize: 3 } }, 'unknown setting "model.hidenSize"; did you mean "model.hiddenSize"?'],
    [{ hiddenSize: 3 }, 'unknown setting "hiddenSize"; did you mean "model.hiddenSize"?'],
    [{ model: { zzz: 3 } }, 'unknown setting "model.zzz"; the keys here are cell, hiddenSize'],
    [
      { model: { hiddenSize: -3 } },
      'model.hiddenSize: expected a whole number of at least 1, or auto, got -3',
    ],
    [{ model: { hiddenSize: 2.5 } }, 'got 2.5'],
    [{ model: { hiddenSize: 'big' } }, 'got "big"'],
    [{ model: { cell: 'lsmt' } }, 'model.cell: expected one of lstm, gru, got "lsmt"'],
    [{ model: { dropout: 1.5 } }, 'model.dropout: expected a number from 0 to 0.9, got 1.5'],
    [{ model: { dropout: Number.NaN } }, 'got NaN'],
    [{ model: { bidirectional: 'yes' } }, 'model.bidirectional: expected true or false, got "yes"'],
    [{ model: 7 }, 'model: expected a section with cell, hiddenSize, dropout, bidirectional, got 7'],
    [{ train: { seconds: -1 } }, 'train.seconds: expected a number of at least 0, or null, got -1'],
  ])('refuses %j', (given, message) => {
    expect(() => resolveSettings(tree, given)).toThrow(UsageError)
    expect(() => resolveSettings(tree, given)).toThrow(message)
  })

  it('begins the message with the place it was written', () => {
    const locate = (path: readonly string[]) => `unrolled.yaml:${path.length}`
    expect(() => resolveSettings(tree, { model: { hiddenSize: -3 } }, locate)).toThrow(
      /^unrolled\.yaml:2: model/,
    )
  })

  it('assigns dotted paths without touching prototypes', () => {
    const target: Record<string, unknown> = { model: { cell: 'gru' } }
    assignPath(target, 'model.hiddenSize', 4)
    assignPath(target, 'train.seconds', 9)
    assignPath(target, '__proto__.polluted', true)
    expect(target).toMatchObject({ model: { cell: 'gru', hiddenSize: 4 }, train: { seconds: 9 } })
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('lists its dotted paths', () => {
    expect(settingPaths(tree)).toContain('model.hiddenSize')
  })
})
