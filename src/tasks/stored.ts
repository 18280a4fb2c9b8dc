import { DataError, FormatError, UsageError } from '../errors.js'
import type { Json, JsonObject } from '../formats/index.js'

/** Runs a reader of stored values: what it finds wrong is wrong with the format, not with the user's input. */
export function asFormatError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof UsageError || (error instanceof DataError && !(error instanceof FormatError)))
      throw new FormatError(error.message, { cause: error })
    throw error
  }
}

/** A stored object; an empty one in the place of anything else. */
export function storedObject(json: Json | undefined): JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {}
}
