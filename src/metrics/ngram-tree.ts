import { UsageError } from '../errors.js'

/** A tree of n-grams as plain numbers, a row per n-gram: its last token, the row of the n-gram without it, how often it was seen. */
export interface NgramTable {
  readonly tokens: Int32Array
  readonly parents: Int32Array
  readonly counts: Int32Array
}

const FIRST_ROOM = 1024

/**
 * Counts of n-grams of every length in one tree: the children of a node are the tokens that were seen after it. Nodes are numbers, and
 * one hash table finds the child of any node, so that millions of n-grams take a few bytes each.
 */
export class NgramTree {
  /** The empty n-gram. */
  static readonly root = 0
  #nodes = 1
  #tokens = new Int32Array(FIRST_ROOM)
  #parents = new Int32Array(FIRST_ROOM).fill(-1)
  #counts = new Int32Array(FIRST_ROOM)
  /** Σ of the children's counts. */
  #followed = new Int32Array(FIRST_ROOM)
  /** How many children. */
  #followers = new Int32Array(FIRST_ROOM)
  /** Open addressing: the node + 1, 0 where there is none. */
  #slots = new Int32Array(2 * FIRST_ROOM)

  /** An empty tree, or the one that `table` gave. Throws a `UsageError` when that is damaged. */
  constructor(table?: NgramTable) {
    if (!table) return
    const { tokens, parents, counts } = table
    if (parents.length !== tokens.length || counts.length !== tokens.length)
      throw new UsageError('n-grams: expected as many parents and counts as tokens')
    for (let row = 0; row < tokens.length; row++) {
      const fits = parents[row] >= 0 && parents[row] <= row && counts[row] > 0 && tokens[row] >= 0
      if (!fits || this.child(parents[row], tokens[row]) >= 0)
        throw new UsageError(
          `n-grams: row ${row} is damaged: token ${tokens[row]}, parent ${parents[row]}, count ${counts[row]}`,
        )
      this.#add(this.#make(parents[row], tokens[row]), counts[row])
    }
  }

  /** The node of an n-gram one token longer, -1 when it was never seen. */
  child(node: number, token: number): number {
    return this.#slots[this.#slotOf(node, token)] - 1
  }

  /** Counts an n-gram once more, and returns its node. */
  count(node: number, token: number): number {
    const found = this.child(node, token)
    return this.#add(found < 0 ? this.#make(node, token) : found, 1)
  }

  /** How often an n-gram was seen. */
  counted(node: number): number {
    return this.#counts[node]
  }

  /** How often an n-gram was seen with a token behind it. */
  followed(node: number): number {
    return this.#followed[node]
  }

  /** How many different tokens were seen behind an n-gram. */
  followers(node: number): number {
    return this.#followers[node]
  }

  /** How often a token was seen behind an n-gram. */
  countOf(node: number, token: number): number {
    const child = this.child(node, token)
    return child < 0 ? 0 : this.#counts[child]
  }

  /** For each node its length, and the node of the n-gram without its first token. */
  links(): { readonly table: NgramTable; readonly suffixes: Int32Array; readonly lengths: Int32Array } {
    const suffixes = new Int32Array(this.#nodes)
    const lengths = new Int32Array(this.#nodes)
    for (let node = 1; node < this.#nodes; node++) {
      const parent = this.#parents[node]
      lengths[node] = lengths[parent] + 1
      suffixes[node] =
        parent === NgramTree.root
          ? NgramTree.root
          : Math.max(0, this.child(suffixes[parent], this.#tokens[node]))
    }
    return { table: this.table(), suffixes, lengths }
  }

  /** All n-grams, each behind the one that it lengthens. */
  table(): NgramTable {
    const rows = (values: Int32Array) => values.slice(1, this.#nodes)
    return { tokens: rows(this.#tokens), parents: rows(this.#parents), counts: rows(this.#counts) }
  }

  #add(node: number, count: number): number {
    this.#counts[node] += count
    this.#followed[this.#parents[node]] += count
    return node
  }

  #make(parent: number, token: number): number {
    if (this.#nodes === this.#tokens.length) this.#grow()
    const node = this.#nodes++
    this.#tokens[node] = token
    this.#parents[node] = parent
    this.#followers[parent]++
    this.#slots[this.#slotOf(parent, token)] = node + 1
    return node
  }

  // Where the child is, or where it would have to be put.
  #slotOf(parent: number, token: number): number {
    const mask = this.#slots.length - 1
    let slot = Math.imul(Math.imul(parent, 0x9e3779b1) ^ (token + 0x7f4a7c15), 0x85ebca6b)
    slot = (slot ^ (slot >>> 15)) & mask
    for (;;) {
      const node = this.#slots[slot] - 1
      if (node < 0 || (this.#parents[node] === parent && this.#tokens[node] === token)) return slot
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const room = 2 * this.#tokens.length
    const longer = (values: Int32Array) => {
      const copy = new Int32Array(room)
      copy.set(values)
      return copy
    }
    this.#tokens = longer(this.#tokens)
    this.#parents = longer(this.#parents)
    this.#counts = longer(this.#counts)
    this.#followed = longer(this.#followed)
    this.#followers = longer(this.#followers)
    this.#slots = new Int32Array(2 * room)
    for (let node = 1; node < this.#nodes; node++)
      this.#slots[this.#slotOf(this.#parents[node], this.#tokens[node])] = node + 1
  }
}
