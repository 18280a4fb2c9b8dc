/** The least of protocol buffers that an ONNX model needs: a field's number and kind, then its value. */
const whole = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...whole(value >> 7)]
const number = (field: number, value: number) => [...whole(field << 3), ...whole(value)]
const bytes = (field: number, content: readonly number[]) => [
  (field << 3) | 2,
  ...whole(content.length),
  ...content,
]
const text = (field: number, value: string) => bytes(field, [...new TextEncoder().encode(value)])

/** A tensor's name and shape: floats. */
function tensorOf(name: string, shape: readonly number[]): number[] {
  const sides = shape.flatMap((side) => bytes(1, number(1, side)))
  return [...text(1, name), ...bytes(2, bytes(1, [...number(1, 1), ...bytes(2, sides)]))]
}

/**
 * An ONNX model of one node: the mean of each 2 x 2 pixels of an image [1, 3, side, side], per colour (`AveragePool`), or what another operator
 * without attributes makes of it.
 */
export function poolingModel(
  side: number,
  { operator = 'AveragePool', output = [1, 3, side / 2, side / 2] } = {},
): Uint8Array {
  const ints = (name: string) =>
    bytes(5, [...text(1, name), ...number(8, 2), ...number(8, 2), ...number(20, 7)])
  const node = [
    ...text(1, 'pixels'),
    ...text(2, 'features'),
    ...text(4, operator),
    ...(operator === 'AveragePool' ? [...ints('kernel_shape'), ...ints('strides')] : []),
  ]
  const graph = [
    ...bytes(1, node),
    ...text(2, 'eye'),
    ...bytes(11, tensorOf('pixels', [1, 3, side, side])),
    ...bytes(12, tensorOf('features', output)),
  ]
  const operators = [...text(1, ''), ...number(2, 13)]
  return Uint8Array.from([...number(1, 8), ...bytes(7, graph), ...bytes(8, operators)])
}
