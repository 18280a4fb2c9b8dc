import { jobs } from '../kernels/jobs.js'

/** The name of a kernel operation. */
export type JobName = keyof typeof jobs

/** The names of an operation's fields that the caller fills in: all but the work area. */
export type JobField<N extends JobName> = Exclude<keyof (typeof jobs)[N]['fields'] & string, 'scratch'>

/** Every field of an operation: counts, flags, places (0 = absent) and real numbers. */
export type JobFields<N extends JobName> = { readonly [F in JobField<N>]: number }

interface FieldLayout {
  name: string
  real: boolean
  word: number
}

const layouts = new Map<string, FieldLayout[]>(
  Object.entries(jobs).map(([name, job]) => {
    let word = 1
    const fields = Object.entries(job.fields).map(([field, kind]) => {
      const layout = { name: field, real: kind === 'r', word }
      word += layout.real ? 2 : 1
      return layout
    })
    return [name, fields]
  }),
)

const real = new Float64Array(1)
const halves = new Uint32Array(real.buffer)

/** The words of the largest record. */
export const largestRecord = Math.max(...Object.values(jobs).map((job) => job.words))

/** Writes an operation and its fields as a record of words, at `place`. */
export function writeRecord<N extends JobName>(
  words: Uint32Array,
  place: number,
  name: N,
  fields: JobFields<N>,
  scratch: number,
): void {
  words[place] = jobs[name].code
  const values: Readonly<Record<string, number>> = fields
  for (const field of layouts.get(name) as FieldLayout[])
    writeField(words, place, field, field.name === 'scratch' ? scratch : values[field.name])
}

/** Overwrites one field of the record at `place`. */
export function writeRecordField<N extends JobName>(
  words: Uint32Array,
  place: number,
  name: N,
  field: JobField<N>,
  value: number,
): void {
  for (const layout of layouts.get(name) as FieldLayout[])
    if (layout.name === field) writeField(words, place, layout, value)
}

function writeField(words: Uint32Array, place: number, field: FieldLayout, value: number): void {
  if (!field.real) {
    words[place + field.word] = value
    return
  }
  real[0] = value
  words[place + field.word] = halves[0]
  words[place + field.word + 1] = halves[1]
}
