import type { Packed, Tensor } from '../tensor/index.js'

/** What a tagger says about a batch. */
export interface TaggerOutput {
  /** A score for every step and tag: packed [rows, tags]. */
  readonly emissions: Packed
  /** A logit for every label of the whole sequence [batch, labels], in the caller's order; undefined without labels. */
  readonly logits: Tensor | undefined
}
