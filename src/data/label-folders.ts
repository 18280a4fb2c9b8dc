import { type DataFile, foldersOf, partInFolders, stemOf } from './data-file.js'
import { decodeText, linesOf } from './decode.js'
import { type Example, type Part, partOfWord } from './example.js'
import { grouped } from './group.js'
import { problem } from './problem.js'
import type { ReadOptions, Unit } from './unit.js'

/** A file, the label its path gives it and the part it belongs to. */
interface Labelled {
  readonly file: DataFile
  readonly part: Part | 'all'
  readonly label: string
}

/** Rows of the Large Movie Review set that have no label. */
const UNLABELLED = 'unsup'

/**
 * Labels told by paths: a folder per label with a file per example (`greet/1.txt`), or a file per label with an example per
 * line (`greet.txt`, or `greet/examples.txt` when every folder holds one file); either may be inside folders named by parts.
 */
export function labelFolders(files: readonly DataFile[]): { units: Unit[]; left: number } {
  const placed = files.map((file) => ({
    file,
    part: partInFolders(file.path)?.part ?? ('all' as const),
    folders: labelFoldersOf(file.path),
  }))
  const common = commonDepth(placed.map(({ folders }) => folders))
  const inFolders = placed.filter(({ folders }) => folders.length > common && folders[common] !== UNLABELLED)
  const chosen = inFolders.length > 0 ? inFolders : placed
  const labelled = chosen.map(
    ({ file, part, folders }): Labelled => ({
      file,
      part,
      label: inFolders.length > 0 ? folders.slice(common).join('/') : stemOf(file.path),
    }),
  )
  const counts = new Map<string, number>()
  for (const { part, label } of labelled)
    counts.set(`${part}/${label}`, (counts.get(`${part}/${label}`) ?? 0) + 1)
  const perLine = [...counts.values()].every((count) => count === 1)
  const units = [...grouped(labelled, ({ part }) => part)].map(([part, members]): Unit => {
    const title = inFolders.length > 0 ? 'a folder per label' : 'a file per label'
    return {
      part,
      key: inFolders.length > 0 ? 'label/*' : 'label.txt',
      path: members[0].file.path,
      read: async (options) => ({
        examples: { all: await readAll(members, perLine, options) },
        title: `${title}, ${perLine ? 'an example per line' : 'an example per file'}`,
      }),
    }
  })
  return { units, left: files.length - labelled.length }
}

/** The folders that may be labels: those below the one that names a part. */
function labelFoldersOf(path: string): string[] {
  const folders = foldersOf(path)
  return folders.slice(folders.findLastIndex((folder) => partOfWord(folder) !== undefined) + 1)
}

/** How many leading folders all paths share, while each keeps one after them. */
function commonDepth(paths: readonly (readonly string[])[]): number {
  let depth = 0
  while (
    paths.length > 0 &&
    paths.every((path) => path.length > depth + 1 && path[depth] === paths[0][depth])
  )
    depth++
  return depth
}

const AT_ONCE = 64

async function readAll(
  files: readonly Labelled[],
  perLine: boolean,
  options: ReadOptions,
): Promise<Example[]> {
  const examples: Example[] = []
  for (let i = 0; i < files.length; i += AT_ONCE) {
    const some = await Promise.all(files.slice(i, i + AT_ONCE).map((file) => readOne(file, perLine, options)))
    for (const rows of some) for (const row of rows) examples.push(row)
  }
  return examples
}

async function readOne(
  { file, label }: Labelled,
  perLine: boolean,
  options: ReadOptions,
): Promise<Example[]> {
  const text = decodeText(await file.bytes(), file.name, options.encoding)
  if (text.trim() === '') throw problem(file.name, 1, `an example of "${label}"`, 'an empty file')
  if (!perLine) return [{ text: text.trim(), label, file: file.name, line: 1 }]
  return linesOf(text).flatMap((line, index) =>
    line.trim() === '' ? [] : [{ text: line.trim(), label, file: file.name, line: index + 1 }],
  )
}
