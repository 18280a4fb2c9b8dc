import { FormatError } from '../errors.js'

/** A few bytes can declare a picture that no memory holds: refuses what declares no pixel, or more than the caller allows, before anything is allocated. */
export function checkImageSize(name: string, width: number, height: number, mostPixels: number): void {
  if (width === 0 || height === 0)
    throw new FormatError(`${name}: expected an image of at least one pixel, found ${width} x ${height}`)
  if (width * height > mostPixels)
    throw new FormatError(
      `${name}: expected an image of at most ${mostPixels.toLocaleString('en')} pixels, found a header that declares ${width.toLocaleString('en')} x ${height.toLocaleString('en')} = ${(width * height).toLocaleString('en')}`,
    )
}
