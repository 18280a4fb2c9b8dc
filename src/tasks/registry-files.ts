import { captionFiles } from './caption-files.js'
import { classifyFiles } from './classify-files.js'
import { forecastFiles } from './forecast-files.js'
import { lmFiles } from './lm-files.js'
import { musicFiles } from './music-files.js'
import type { TaskName } from './registry.js'
import { replyFiles } from './reply-files.js'
import { tagFiles } from './tag-files.js'
import type { TaskFiles } from './task.js'
import { transcribeFiles } from './transcribe-files.js'
import { translateFiles } from './translate-files.js'
import { triggerFiles } from './trigger-files.js'
import { videoFiles } from './video-files.js'

/** How each task reads its files. */
// biome-ignore lint/suspicious/noExplicitAny: as in registry.ts, rows are passed on without looking at them
export const taskFiles: Readonly<Record<TaskName, TaskFiles<any>>> = {
  classify: classifyFiles,
  tag: tagFiles,
  lm: lmFiles,
  reply: replyFiles,
  translate: translateFiles,
  transcribe: transcribeFiles,
  forecast: forecastFiles,
  music: musicFiles,
  trigger: triggerFiles,
  video: videoFiles,
  caption: captionFiles,
}
