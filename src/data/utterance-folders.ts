import { readAudacityLabels } from './audacity-labels.js'
import { baseOf, type DataFile, foldersOf, partInFolders, partInName, stemOf } from './data-file.js'
import { decodeText } from './decode.js'
import { type Part, partOfWord } from './example.js'
import { grouped } from './group.js'
import { isMedia, isSound, requireText, siblingsOf, type UtteranceList } from './utterance.js'

/** Lists for files whose text stands in a file of the same name beside them: `line1.png` and `line1.txt` or `line1.gt.txt`. */
export function textsBeside(files: readonly DataFile[]): UtteranceList[] {
  const byPart = new Map<Part | 'all', [DataFile, DataFile][]>()
  for (const [, members] of grouped(files, ({ path }) => foldersOf(path).join('/'))) {
    const beside = siblingsOf(members, members[0])
    for (const file of members.filter(({ path }) => isMedia(path))) {
      const text = beside.get(`${stemOf(file.path)}.txt`) ?? beside.get(`${stemOf(file.path)}.gt.txt`)
      const part = partOfPath(file.path)
      if (text) byPart.set(part, [...(byPart.get(part) ?? []), [file, text]])
    }
  }
  return [...byPart].map(([part, pairs]) => ({
    part,
    title: 'a text beside each file',
    list: rootOf(pairs[0][1]),
    read: () =>
      Promise.all(
        pairs.map(async ([file, text]) => ({
          paths: [file.path],
          text: requireText(
            decodeText(await text.bytes(), text.name),
            text.name,
            1,
            'for the file beside it',
          ),
          line: 0,
        })),
      ),
  }))
}

/** Lists for recordings with a label track of Audacity's beside them, `talk.wav` and `talk.txt`: an utterance for each label with a text. */
export async function labelTracks(files: readonly DataFile[]): Promise<UtteranceList[]> {
  const lists: UtteranceList[] = []
  for (const file of files.filter(({ path }) => isSound(path))) {
    const track = siblingsOf(files, file).get(`${stemOf(file.path)}.txt`)
    if (!track) continue
    const text = decodeText(await track.bytes(), track.name)
    if (!/^\s*[\d.]+\t[\d.]+\t/.test(text)) continue
    const read = async () =>
      readAudacityLabels(text, track.name)
        .filter(({ label, start, end }) => label.trim() !== '' && end > start)
        .map(({ start, end, label, line }) => ({
          ...{ paths: [baseOf(file.path)], from: start, to: end, line },
          text: requireText(label, track.name, line, 'behind the times'),
        }))
    lists.push({ part: partOfPath(file.path), title: 'label tracks of Audacity', list: track, read })
  }
  return lists
}

/** Lists for folders that are called what their files say, `seven/1.wav`; those that begin with `_` hold something else. */
export function foldersOfWords(files: readonly DataFile[]): UtteranceList[] {
  const placed = files
    .filter(({ path }) => isMedia(path))
    .flatMap((file) => {
      const word = foldersOf(file.path).at(-1)
      if (word === undefined || word.startsWith('_') || partOfWord(word) !== undefined) return []
      return [{ file, word: word.replace(/_/g, ' '), part: partOfPath(file.path) }]
    })
  // a lone folder is more likely called what it is, such as wavs
  if (new Set(placed.map(({ word }) => word)).size < 2) return []
  return [...grouped(placed, ({ part }) => part)].map(([part, members]) => ({
    part,
    title: 'a folder per word',
    list: rootOf(members[0].file),
    read: async () => members.map(({ file, word }) => ({ paths: [file.path], text: word, line: 0 })),
  }))
}

/** The part that a path tells by a word of the file's name, or of a folder's: `dev-clean/84/84-121.trans.txt`. */
export function partOfPath(path: string): Part | 'all' {
  const told = [partInName(baseOf(path)), partInFolders(path), ...foldersOf(path).map(partInName)]
  return told.find((each) => each !== undefined)?.part ?? 'all'
}

/** A file that stands for the root of the data set, from which its paths begin. */
const rootOf = (file: DataFile): DataFile => ({ ...file, path: baseOf(file.path) })
