/** Numbers from 0 to 1 as bytes from 0 to 255, to the nearest; what lies outside is cut off. */
export function imageBytes(data: Float32Array): Uint8Array {
  return Uint8Array.from(data, (value) => Math.round(255 * Math.max(0, Math.min(1, value))))
}
