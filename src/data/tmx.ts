import type { DataFile } from './data-file.js'
import { type PairOptions, pairOf, type TextPair } from './pair.js'
import { problem, shownList } from './problem.js'
import { streamText } from './text-lines.js'
import { type XmlEvent, XmlReader } from './xml.js'

/** What is inside these tags of a segment is markup of the document it came from, not text. */
const CODES = ['bpt', 'ept', 'ph', 'it', 'ut']

/**
 * The pairs of a translation memory (TMX), one by one, so that the file may be larger than memory. `source` and `target` name
 * languages (`en` also finds `en-GB`); left out, the source is the header's `srclang` and the target the other language of the
 * first unit. A unit without one of the two gives undefined.
 *
 * Throws `DataError` (`file:line`) where the file is no well-formed TMX and when no unit has both languages.
 *
 * @example
 * for await (const pair of readTmx(file, { source: 'en', target: 'fr' })) use(pair)
 */
export async function* readTmx(
  file: DataFile,
  options: PairOptions = {},
): AsyncGenerator<TextPair | undefined> {
  const xml = new XmlReader(file.name)
  const units = new UnitReader(file.name, options)
  for await (const piece of streamText(file))
    for (const event of xml.push(piece)) {
      const unit = units.take(event)
      if (unit !== undefined) yield unit.pair
    }
  xml.finish()
  units.finish()
}

interface Unit {
  readonly pair: TextPair | undefined
}

/** Puts units together from tags and texts. */
class UnitReader {
  #seen = false
  #line = 0
  #language = ''
  #inSegment = false
  #codes = 0
  #texts = new Map<string, string>()
  readonly #languages = new Set<string>()
  #paired = false
  #source: string | undefined
  #target: string | undefined

  constructor(
    readonly file: string,
    { source, target }: PairOptions,
  ) {
    this.#source = source
    this.#target = target
  }

  /** The unit that this event ends, if it does. */
  take(event: XmlEvent): Unit | undefined {
    if (event.kind === 'text') {
      if (this.#inSegment && this.#codes === 0)
        this.#texts.set(this.#language, (this.#texts.get(this.#language) ?? '') + event.text)
      return undefined
    }
    if (!this.#seen && event.name !== 'tmx') throw problem(this.file, event.line, '<tmx>', `<${event.name}>`)
    this.#seen = true
    if (CODES.includes(event.name)) this.#codes += event.kind === 'open' ? 1 : -1
    if (event.name === 'seg') this.#inSegment = event.kind === 'open' && !this.#texts.has(this.#language)
    if (event.kind === 'open') this.#opened(event)
    return event.kind === 'close' && event.name === 'tu' ? { pair: this.#pair() } : undefined
  }

  #opened({ name, attributes, line }: Extract<XmlEvent, { kind: 'open' }>): void {
    if (name === 'header') {
      const language = attributes.get('srclang')
      if (language !== undefined && language !== '*all*') this.#source ??= language
    } else if (name === 'tu') {
      this.#line = line
      this.#texts = new Map()
    } else if (name === 'tuv') {
      const language = attributes.get('xml:lang') ?? attributes.get('lang')
      if (language === undefined) throw problem(this.file, line, 'a language (xml:lang) in <tuv>', 'none')
      this.#language = language
      this.#languages.add(language)
    }
  }

  #pair(): TextPair | undefined {
    const languages = [...this.#texts.keys()]
    const isTarget = (language: string) => this.#target !== undefined && matches(language, this.#target)
    this.#source ??= languages.find((language) => !isTarget(language))
    const source = languages.find((language) => matches(language, this.#source ?? ''))
    this.#target ??= languages.find((language) => language !== source)
    const target = languages.find((language) => language !== source && matches(language, this.#target ?? ''))
    if (source === undefined || target === undefined) return undefined
    this.#paired = true
    const text = (language: string) => (this.#texts.get(language) ?? '').replace(/\s+/g, ' ')
    return pairOf(text(source), text(target), this.file, this.#line)
  }

  /** Says that the file is over. */
  finish(): void {
    if (!this.#seen) throw problem(this.file, 0, 'a TMX document', 'none')
    if (!this.#paired)
      throw problem(
        this.file,
        0,
        `units with the languages ${this.#source ?? 'of a source'} and ${this.#target ?? 'of a target'}`,
        this.#languages.size === 0 ? 'none' : shownList([...this.#languages]),
      )
  }
}

/** `en` matches EN, en-GB and en_US. */
function matches(language: string, wanted: string): boolean {
  const [found, name] = [language, wanted].map((text) => text.toLowerCase().replaceAll('_', '-'))
  return name !== '' && (found === name || found.startsWith(`${name}-`))
}
