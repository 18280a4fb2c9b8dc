interface Shaped {
  readonly shape: readonly number[]
}

/**
 * How the tensors found differ from the tensors expected, by name and shape: one line each for what is missing, unexpected
 * or of another shape. Empty when they fit.
 *
 * @example
 * compareShapes({ bias: { shape: [3] } }, { bias: { shape: [2] } })   // ['wrong shape: bias is [2], expected [3]']
 */
export function compareShapes(
  expected: Readonly<Record<string, Shaped>>,
  found: Readonly<Record<string, Shaped>>,
): string[] {
  const lines: string[] = []
  const show = ({ shape }: Shaped) => `[${shape.join(', ')}]`
  for (const [name, tensor] of Object.entries(expected)) {
    if (!Object.hasOwn(found, name)) lines.push(`missing: ${name} ${show(tensor)}`)
    else if (show(found[name]) !== show(tensor))
      lines.push(`wrong shape: ${name} is ${show(found[name])}, expected ${show(tensor)}`)
  }
  for (const [name, tensor] of Object.entries(found))
    if (!Object.hasOwn(expected, name)) lines.push(`unexpected: ${name} ${show(tensor)}`)
  return lines
}
