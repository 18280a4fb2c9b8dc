import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nearest, UsageError } from '../errors.js'
import { loadModel, saveModel } from '../formats/model-folder.js'
import { Replier } from '../tasks/replier.js'
import { repliesIn } from '../tasks/reply-files.js'
import { withModel } from './model.js'
import { print, say } from './terminal.js'

/** What `unrolled replies` is told besides the model. */
export interface RepliesArguments {
  readonly from?: string
  readonly add?: readonly string[]
  readonly remove?: readonly string[]
  readonly json?: boolean
}

/** `unrolled replies`: the dictionary of a model of the task reply; exchanges it without learning anew and saves the model. */
export async function replies(folder: string, given: RepliesArguments): Promise<void> {
  const { from, add = [], remove = [], json = false } = given
  await withModel(folder, async (model) => {
    if (!(model instanceof Replier))
      throw new UsageError(
        `${folder}: expected a model with a dictionary (unrolled train reply), got a model of the task ${model.task}`,
      )
    const before = from === undefined ? model.replies : await repliesIn(from)
    if (from !== undefined || add.length > 0 || remove.length > 0) {
      const removed = new Set(remove.map((reply) => placeIn(before, reply)))
      model.setReplies([...before.filter((_, place) => !removed.has(place)), ...add])
      save(folder, model)
      say(`${model.replies.length.toLocaleString('en')} replies, saved in ${folder}`)
    }
    print(json ? JSON.stringify({ model: folder, replies: model.replies }) : model.replies.join('\n'))
  })
}

function placeIn(replies: readonly string[], reply: string): number {
  const place = replies.findIndex((other) => other.toLowerCase() === reply.trim().toLowerCase())
  if (place >= 0) return place
  const guess = nearest(reply, replies)
  throw new UsageError(
    `--remove: "${reply}" is not in the dictionary${guess ? `; did you mean "${guess}"?` : ''}`,
  )
}

/** Saves the model where it was, with a word in its card, where it has one, that the scores there are older. */
function save(folder: string, model: Replier): void {
  const { metrics } = loadModel(folder)
  const file = join(folder, 'README.md')
  const card = existsSync(file) ? readFileSync(file, 'utf8') : `# A model of the task ${model.task}\n`
  const remark = 'The dictionary was changed after these scores were measured.'
  const changed = card.includes(remark) ? card : card.replace('\n## Use', `\n${remark}\n\n## Use`)
  saveModel(folder, { ...model.store(), metrics, card: changed })
}
