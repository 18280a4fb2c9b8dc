/** A continuation that a beam search looked at, for pictures of the search. */
export interface TreeNode {
  /** Its place in the list of nodes; 0 is the start. */
  readonly id: number
  /** The node that it continues; -1 for the start. */
  readonly parent: number
  readonly token: number
  /** Tokens from the start to here. */
  readonly length: number
  /** log P of this token. */
  readonly logProb: number
  /** Σ log P up to here. */
  readonly sum: number
  /** Its score: what the search ranked it by where it ended; else what it would be if it were whole, without a coverage penalty. */
  readonly score: number
  /**
   * What became of it: `'kept'` in the beam, `'ended'` with the end token or because nothing could follow, `'dropped'` for
   * better ones, or `'beaten'`: kept but then left alone, because no continuation could have come before what had ended.
   */
  readonly fate: 'kept' | 'ended' | 'dropped' | 'beaten'
}

/** The nodes of one search in the order in which they were looked at; children come after their parents. */
export class Tree {
  readonly nodes: { -readonly [K in keyof TreeNode]: TreeNode[K] }[] = []

  /** Adds a node and returns its number. */
  add(node: Omit<TreeNode, 'id'>): number {
    const id = this.nodes.length
    this.nodes.push({ id, ...node })
    return id
  }
}
