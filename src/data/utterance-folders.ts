import { readAudacityLabels } from './audacity-labels.js'
import { baseOf, type DataFile, foldersOf, partInFolders, partInName, stemOf } from './data-file.js'
import { decodeText } from './decode.js'
import { type Part, partOfWord } from './example.js'
import { grouped } from './group.js'
import { isPicture, isSound, requireText, siblingsOf, type UtteranceList } from './utterance.js'

/** Lists for files whose text stands in a file of the same name beside them: `line1.png` and `line1.txt` or `line1.gt.txt`. */
export function textsBeside(files: readonly DataFile[]): UtteranceList[] {
  const byPart = new Map<Part | 'all', [DataFile, DataFile][]>()
  for (const [, members] of grouped(files, ({ path }) => foldersOf(path).join('/'))) {
    const beside = siblingsOf(members, members[0])
    for (const file of members.filter(isMedia)) {
      const text = beside.get(`${stemOf(file.path)}.txt`) ?? beside.get(`${stemOf(file.path)}.gt.txt`)
      const part = partOf(file.path)
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
    lists.push({ part: partOf(file.path), title: 'label tracks of Audacity', list: track, read })
  }
  return lists
}

/** Lists for folders that are called what their files say: `seven/1.wav`. */
export function foldersOfWords(files: readonly DataFile[]): UtteranceList[] {
  const placed = files.filter(isMedia).flatMap((file) => {
    const word = foldersOf(file.path).at(-1)
    return word === undefined || partOfWord(word) !== undefined
      ? []
      : [{ file, word, part: partOf(file.path) }]
  })
  return [...grouped(placed, ({ part }) => part)].map(([part, members]) => ({
    part,
    title: 'a folder per word',
    list: rootOf(members[0].file),
    read: async () =>
      members.map(({ file, word }) => ({ paths: [file.path], text: word.replace(/_/g, ' '), line: 0 })),
  }))
}

const isMedia = ({ path }: DataFile) => isSound(path) || isPicture(path)

const partOf = (path: string): Part | 'all' =>
  (partInFolders(path) ?? partInName(baseOf(path)))?.part ?? 'all'

/** A file that stands for the root of the data set, from which its paths begin. */
const rootOf = (file: DataFile): DataFile => ({ ...file, path: baseOf(file.path) })
