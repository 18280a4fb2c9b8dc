/** A priority queue (binary heap): `pop` takes out the item that comes `before` all others. */
export class Heap<T> {
  readonly #items: T[] = []

  constructor(readonly before: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    const items = this.#items
    let place = items.push(item) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.before(item, items[parent])) break
      items[place] = items[parent]
      place = parent
    }
    items[place] = item
  }

  /** The first item, undefined when there is none. */
  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.before(items[child + 1], items[child])) child++
      if (!this.before(items[child], last)) break
      items[place] = items[child]
      place = child
    }
    items[place] = last
    return first
  }
}
