import type { Json } from './events.js'

/**
 * The differences between two settings, one line each: `seed was 1, now 2`. The order of keys does not matter.
 *
 * @example
 * settingsDifferences({ a: { b: 1 } }, { a: { b: 2 } })   // ['a.b was 1, now 2']
 */
export function settingsDifferences(before: Json, now: Json, name = ''): string[] {
  if (isRecord(before) && isRecord(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)])
    return [...keys].flatMap((key) =>
      settingsDifferences(valueAt(before, key), valueAt(now, key), name ? `${name}.${key}` : key),
    )
  }
  if (Array.isArray(before) && Array.isArray(now) && before.length === now.length)
    return before.flatMap((value: Json, i) => settingsDifferences(value, now[i] as Json, `${name}[${i}]`))
  const [was, is] = [JSON.stringify(before), JSON.stringify(now)]
  return was === is ? [] : [`${name || 'settings'} was ${was}, now ${is}`]
}

type JsonRecord = { readonly [key: string]: Json }

function isRecord(value: Json): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Absent and null are the same: JSON knows no undefined. */
function valueAt(record: JsonRecord, key: string): Json {
  return Object.hasOwn(record, key) ? (record[key] ?? null) : null
}
