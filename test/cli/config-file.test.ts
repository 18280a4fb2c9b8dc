import { describe, expect, it } from 'vitest'
import { applyOverrides, parseConfig, writeConfig } from '../../src/cli/config-file.js'
import { UsageError } from '../../src/errors.js'
import { choice, defaultsOf, integer, resolveSettings } from '../../src/tasks/settings.js'

const tree = {
  task: choice('classify', 'The task', ['classify']),
  model: {
    cell: choice('lstm', 'The cell', ['lstm', 'gru']),
    hiddenSize: integer(64, 'Units', { minimum: 1 }),
  },
}

describe('configuration file', () => {
  it('knows the line of every key', () => {
    const { values, locate } = parseConfig(
      'task: classify\nmodel:\n  cell: gru\n  hiddenSize: -1\n',
      'c.yaml',
    )
    expect(values).toEqual({ task: 'classify', model: { cell: 'gru', hiddenSize: -1 } })
    expect(() => resolveSettings(tree, values, locate)).toThrow(/^c\.yaml:4: model\.hiddenSize: expected/)
  })

  it('says where the text is not YAML', () => {
    expect(() => parseConfig('task: classify\nmodel: [1, 2\n', 'c.yaml')).toThrow(/^c\.yaml:\d+: /)
    expect(() => parseConfig('- 1\n- 2\n', 'c.yaml')).toThrow(UsageError)
  })

  it('lays --set over the file and names it in errors', () => {
    const written = parseConfig('model:\n  cell: gru\n', 'c.yaml')
    const { values, locate } = applyOverrides(written, ['model.hiddenSize=32', 'model.cell=lstm'])
    expect(resolveSettings(tree, values, locate).model).toEqual({ cell: 'lstm', hiddenSize: 32 })
    const wrong = applyOverrides(written, ['model.hiddenSize=-32'])
    expect(() => resolveSettings(tree, wrong.values, wrong.locate)).toThrow(/^--set model\.hiddenSize=-32: /)
    expect(() => applyOverrides(written, ['model.hiddenSize'])).toThrow(UsageError)
  })

  it('writes every default with its help, and reads it back', () => {
    const yaml = writeConfig(tree, defaultsOf(tree), 'Settings.')
    expect(yaml).toContain('# Units (a whole number of at least 1)')
    expect(resolveSettings(tree, parseConfig(yaml, 'c.yaml').values)).toEqual(defaultsOf(tree))
  })
})
