import { expect, it } from 'vitest'
import { UnrolledError } from '../../src/errors.js'
import { prepareEach, type TrainEvent } from '../../src/train/index.js'

const rows = Array.from({ length: 40 }, (_, i) => i)

it('does something with each row in order, and tells how far it is', async () => {
  const events: TrainEvent[] = []
  const doubled = await prepareEach(
    rows,
    { what: 'Rows', on: (event) => events.push(event) },
    async (row) => 2 * row,
  )
  expect(doubled).toEqual(rows.map((row) => 2 * row))
  expect(events.map((event) => event.type === 'prepare' && [event.what, event.done, event.total])).toEqual([
    ['Rows', 16, 40],
    ['Rows', 32, 40],
    ['Rows', 40, 40],
  ])
  expect(await prepareEach([], { what: 'Rows' }, () => 1)).toEqual([])
})

it('stops when it is told to', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  const work = prepareEach(rows, { what: 'Rows', signal: stop.signal }, (row) => {
    seen.push(row)
    if (row === 3) stop.abort()
  })
  await expect(work).rejects.toThrow(UnrolledError)
  await expect(work).rejects.toThrow('Interrupted after 16 of 40 rows; nothing was learned yet.')
  expect(seen).toHaveLength(16)
})
