import type { VideoRow } from '../data/frames.js'
import { readFrames, readVideoFiles, readVideos } from '../data/read-frames.js'
import type { TaskFiles } from './task.js'

/** Videos in JSON lines, their frames there or in safetensors files beside them. */
export const videoFiles: TaskFiles<VideoRow> = {
  settings: {},
  async read({ root, data, valid, test }, { random }) {
    const parts = { ...(valid && { valid }), ...(test && { test }) }
    const { detection, ...videos } = await readVideoFiles(data, root, { ...parts, random })
    return { data: videos, detection }
  },
  readScored: (files, root) => readVideos(files, root),
  readInput: readFrames,
  isInput: (path) => /\.(safetensors|json)(\.gz)?$/i.test(path),
}
