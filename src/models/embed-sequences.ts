import type { TokenLayer } from '../layers/index.js'
import type { Packed } from '../tensor/index.js'
import { PackedLayout } from '../tensor/index.js'

/** The vectors of the tokens of some sequences, packed. Throws a `ShapeError` that names a sequence without tokens. */
export function embedSequences<T>(
  embedding: Pick<TokenLayer<T>, 'forward'>,
  sequences: readonly ArrayLike<T>[],
): Packed {
  const layout = PackedLayout.of(sequences.map(({ length }) => length))
  const tokens = new Array<T>(layout.rows)
  layout.forEachRow((row, position, step) => {
    tokens[row] = sequences[layout.order[position]][step]
  })
  return { data: embedding.forward(tokens), layout }
}
