import { classifySettings } from './classify-settings.js'
import { auto, choice, integer, number, type SettingValues } from './settings.js'

/** The settings of the task `reply`; each line is also the comment in `unrolled.yaml`. */
export const replySettings = {
  text: {
    ...classifySettings.text,
    digits: choice(
      'keep',
      'keep: "at 5" and "at 6" are different replies; zero: numbers of one shape are one word',
      ['keep', 'zero'],
    ),
  },
  replies: {
    minimumCount: integer(1, 'The dictionary has the replies that so many training rows have', {
      minimum: 1,
    }),
    most: integer(1000, 'Replies of the dictionary at most, the most frequent ones', { minimum: 2 }),
  },
  model: {
    ...classifySettings.model,
    inputDropout: number(0.2, 'Dropout on the word vectors', { maximum: 0.95 }),
    headDropout: number(0.2, 'Dropout before the layer that gives the vector', { maximum: 0.95 }),
    vectorSize: integer(128, 'Numbers of the vector that stands for a message or a reply', { minimum: 2 }),
    scale: number(8, 'What the cosine of two vectors is multiplied by before the softmax', { minimum: 1 }),
  },
  train: {
    ...classifySettings.train,
    batchSize: auto(
      integer(
        64,
        'Pairs of one step; the replies of the others are the wrong ones; auto: 32 below 2,000 pairs, else 100',
        {
          minimum: 2,
        },
      ),
    ),
    labelSmoothing: number(0.1, 'Share of each target spread over all replies of the batch', {
      maximum: 0.9,
    }),
  },
  reject: {
    temperature: auto(
      number(
        1,
        'Scores are divided by it, so that they are as sure as they are right; auto: fits the validation rows, or 1 where they say nothing',
        {
          minimum: 0.01,
        },
      ),
    ),
    threshold: auto(
      number(
        0.5,
        'Where the best reply is less sure none fits; auto: keeps 95 % of the right ones, or 0.5 where there are none',
        {
          maximum: 1,
        },
      ),
    ),
  },
}

/** The values of `replySettings`. */
export type ReplySettings = SettingValues<typeof replySettings>
