// Writes the C++ and the TypeScript view of kernels/jobs.json, so that both sides agree by construction.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const words = { n: 1, o: 1, k: 1, r: 2 }
const cTypes = { n: 'u32', o: 'Place', k: 'u32', r: 'Number' }

/** The generated text of each file, by its path. */
export function renderJobs() {
  const jobs = Object.entries(JSON.parse(fs.readFileSync(new URL('kernels/jobs.json', root), 'utf8'))).filter(
    ([name]) => name !== '//',
  )
  const parsed = jobs.map(([name, fields], code) => ({
    name,
    code,
    fields: fields.map((field) => field.split(':')),
  }))
  const struct = ({ name, fields }) =>
    `struct ${name[0].toUpperCase()}${name.slice(1)}Job { u32 code; ${fields.map(([field, kind]) => `${cTypes[kind]} ${field};`).join(' ')} };`
  // JavaScript and compiled kernels that know different lists would damage memory: each carries the list's hash.
  const hash = `0x${createHash('sha256').update(JSON.stringify(jobs)).digest('hex').slice(0, 8)}`
  const hashHeader = [
    '// Generated from jobs.json by scripts/jobs.mjs. Do not edit.',
    '#pragma once',
    `#define JOBS_HASH ${hash}u`,
    '',
  ].join('\n')
  const header = [
    '// Generated from jobs.json by scripts/jobs.mjs. Do not edit.',
    '#pragma once',
    `enum JobCode { ${parsed.map(({ name }) => `JOB_${name}`).join(', ')} };`,
    ...parsed.map(struct),
    `#define FOR_EACH_JOB(X) ${parsed.map(({ name }) => `X(${name}, ${name[0].toUpperCase()}${name.slice(1)}Job)`).join(' ')}`,
    '',
  ].join('\n')
  const entry = ({ name, code, fields }) =>
    `  ${name}: { code: ${code}, words: ${1 + fields.reduce((sum, [, kind]) => sum + words[kind], 0)}, fields: { ${fields.map(([field, kind]) => `${field}: '${kind}'`).join(', ')} } },`
  const typescript = [
    '// Generated from kernels/jobs.json by scripts/jobs.mjs. Do not edit.',
    '',
    '/** Every kernel operation: its code, its size in words and its fields in order (n count, o place, r real, k key). */',
    'export const jobs = {',
    ...parsed.map(entry),
    '} as const',
    '',
    '/** What compiled kernels answer when they know this very list. */',
    `export const jobsHash = ${hash}`,
    '',
  ].join('\n')
  return {
    'kernels/jobs.h': header,
    'kernels/jobs_hash.h': hashHeader,
    'src/kernels/jobs.ts': typescript,
  }
}

/** Writes the files that changed. */
export function writeJobs() {
  for (const [path, text] of Object.entries(renderJobs())) {
    const file = new URL(path, root)
    if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) fs.writeFileSync(file, text)
  }
}
if (process.argv[1] === fileURLToPath(import.meta.url)) writeJobs()
