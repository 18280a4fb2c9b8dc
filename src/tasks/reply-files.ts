import type { DataFile } from '../data/data-file.js'
import type { Encoding } from '../data/decode.js'
import { problem } from '../data/problem.js'
import { streamLines } from '../data/text-lines.js'
import { filesOf } from '../formats/files.js'
import { requireReplies } from './reply-rows.js'
import { optional, text } from './settings.js'
import type { TaskFiles } from './task.js'
import { translateFiles } from './translate-files.js'
import type { PairRow } from './translate-rows.js'

/** Messages with their replies in files, as pairs of texts are read, and the dictionary in a file of its own. */
export const replyFiles: TaskFiles<PairRow> = {
  settings: {
    ...translateFiles.settings,
    replies: optional(
      text('', 'A file with the replies to choose from, one a line; null: those of the training rows'),
    ),
  },
  paths: ['replies'],
  async read(files, { random, read: { replies, ...read } }) {
    const dictionary =
      typeof replies === 'string' ? await repliesIn(replies, read.encoding as Encoding) : undefined
    const { data, detection } = await translateFiles.read(files, { random, read })
    requireReplies(data.train, files.root)
    return { data: { ...data, ...(dictionary && { replies: dictionary }) }, detection }
  },
  async readScored(files, root, { read: { replies: _, ...read } }) {
    return translateFiles.readScored(files, root, { read })
  },
}

/** The lines of a file that are not blank. Throws a `DataError` when there are none. */
export async function repliesIn(path: string, encoding: Encoding = 'utf-8'): Promise<string[]> {
  const replies: string[] = []
  for (const file of await filesOf(path)) for (const line of await linesOf(file, encoding)) replies.push(line)
  if (replies.length === 0) throw problem(path, 0, 'replies, one a line', 'none')
  return replies
}

async function linesOf(file: DataFile, encoding: Encoding): Promise<string[]> {
  const lines: string[] = []
  for await (const { text } of streamLines(file, encoding)) if (text.trim() !== '') lines.push(text.trim())
  return lines
}
