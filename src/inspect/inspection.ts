import type { AttentionMap } from './attention-map.js'
import type { GateActivity } from './gates.js'
import type { GazeMap } from './gaze-map.js'
import type { GradientFlow } from './gradient-flow.js'
import type { HiddenMap } from './hidden-map.js'
import type { Influence } from './influence.js'
import type { SearchTree } from './search-tree.js'
import type { GateRadius } from './spectral-radius.js'
import type { Verdict } from './verdict.js'

/** What the lens tells about one layer, or one direction of it, while it learns. */
export interface LayerReading {
  /** `l0`, `l0_reverse`, `l1` … */
  readonly name: string
  /** The name of its cell. */
  readonly cell: string
  readonly flow: readonly GradientFlow[]
  readonly gates: readonly GateActivity[]
  readonly verdict: Verdict
}

/** What the lens tells about one layer, or one direction of it. */
export interface LayerInspection extends LayerReading {
  readonly radii: readonly GateRadius[]
  readonly states: HiddenMap
}

/** Where the gradients begin: at the loss, or at the last state of the top layer. */
export type GradientStart = 'loss' | 'last'

/** What the lens tells about a model and an input: plain numbers, ready for JSON and for the pictures. */
export interface Inspection {
  /** What is inspected, for headings. */
  readonly title: string
  /** The input, step by step, as it is written under the pictures. */
  readonly steps: readonly string[]
  readonly from: GradientStart
  /** How many steps back the task has to remember; the verdicts are about it. */
  readonly span: number
  readonly layers: readonly LayerInspection[]
  /** Absent for a whole batch. */
  readonly influence?: Influence
  /** What was read of the input for each token that was written; of models that write by attention. */
  readonly attention?: AttentionMap
  /** Where in an image was looked for each token that was written; of models that write about images. */
  readonly gaze?: GazeMap
  /** Everything the search looked at; of models that search for what they write. */
  readonly search?: SearchTree
  /** The verdict on the model: that of the layer through which most of the gradient comes back. */
  readonly verdict: Verdict
}
