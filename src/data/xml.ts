import { problem, shown } from './problem.js'

/** A piece of an XML document: a tag, or text between tags. A tag such as `<a/>` opens and closes. */
export type XmlEvent =
  | {
      readonly kind: 'open'
      readonly name: string
      readonly attributes: ReadonlyMap<string, string>
      readonly line: number
    }
  | { readonly kind: 'close'; readonly name: string; readonly line: number }
  | { readonly kind: 'text'; readonly text: string; readonly line: number }

/** No tag or comment is longer; a document with one is damaged. */
const LONGEST = 2 ** 20

/**
 * Reads an XML document that comes in pieces and gives its tags and texts, so that it may be larger than memory. It checks that
 * every tag is closed; entities are the five of XML and numbers; declarations and comments are passed over.
 */
export class XmlReader {
  #rest = ''
  #line = 1
  readonly #open: string[] = []

  constructor(readonly file: string) {}

  /** The events that another piece completes. */
  *push(piece: string): Generator<XmlEvent> {
    this.#rest += piece
    let place = 0
    for (;;) {
      const end = this.#endOfToken(place)
      if (end < 0) break
      const token = this.#rest.slice(place, end)
      const line = this.#line
      for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) this.#line++
      yield* this.#events(token, line)
      place = end
    }
    this.#rest = this.#rest.slice(place)
    if (this.#rest.length > LONGEST)
      throw problem(this.file, this.#line, 'the end of what begins here', shown(this.#rest.slice(0, 60)))
  }

  /** Says that the document is over. */
  finish(): void {
    const missing = this.#open.at(-1)
    if (this.#rest.trim() !== '' || missing !== undefined)
      throw problem(
        this.file,
        this.#line,
        missing === undefined ? 'a complete document' : `</${missing}>`,
        'the end of the file',
      )
  }

  /** The end of the tag, comment or text at a place; -1 while it is not there yet. A text ends where the next tag begins. */
  #endOfToken(place: number): number {
    const rest = this.#rest
    if (place >= rest.length) return -1
    if (rest[place] !== '<') return rest.indexOf('<', place)
    for (const [begin, end] of delimited) {
      const head = rest.slice(place, place + begin.length)
      if (head === begin) {
        const found = rest.indexOf(end, place + begin.length)
        return found < 0 ? -1 : found + end.length
      }
      if (begin.startsWith(head)) return -1 // the piece ends inside `<!--`
    }
    tagEnd.lastIndex = place
    return tagEnd.test(rest) ? tagEnd.lastIndex : -1
  }

  *#events(token: string, line: number): Generator<XmlEvent> {
    if (token.startsWith(CDATA)) yield { kind: 'text', text: token.slice(CDATA.length, -3), line }
    else if (!token.startsWith('<')) yield { kind: 'text', text: this.#unescaped(token, line), line }
    else if (token.startsWith('</')) yield this.#closing(token, line)
    else if (!token.startsWith('<?') && !token.startsWith('<!')) yield* this.#opening(token, line)
  }

  #closing(token: string, line: number): XmlEvent {
    const name = token.slice(2, -1).trim()
    const expected = this.#open.pop()
    if (name !== expected)
      throw problem(this.file, line, expected === undefined ? 'no closing tag' : `</${expected}>`, token)
    return { kind: 'close', name, line }
  }

  *#opening(token: string, line: number): Generator<XmlEvent> {
    const whole = /^<([^\s/>]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>$/.exec(token)
    if (whole === null) throw problem(this.file, line, 'a tag such as <tuv xml:lang="en">', shown(token))
    const [, name, list, closed] = whole
    const attributes = new Map<string, string>()
    for (const [, key, double, single] of list.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
      attributes.set(key, this.#unescaped(double ?? single, line))
    yield { kind: 'open', name, attributes, line }
    if (closed === '') this.#open.push(name)
    else yield { kind: 'close', name, line }
  }

  #unescaped(text: string, line: number): string {
    return text.replace(/&([^;\s&]{0,10});?/g, (whole, name: string) => {
      const code = /^#(?:x([0-9a-f]+)|(\d+))$/i.exec(name)
      const number = code === null ? undefined : Number.parseInt(code[1] ?? code[2], code[1] ? 16 : 10)
      const value =
        number === undefined ? entities[name] : number <= 0x10ffff ? String.fromCodePoint(number) : undefined
      if (value === undefined || !whole.endsWith(';'))
        throw problem(this.file, line, 'one of the entities &amp; &lt; &gt; &quot; &apos; &#…;', shown(whole))
      return value
    })
  }
}

const CDATA = '<![CDATA['
const delimited = [
  [CDATA, ']]>'],
  ['<!--', '-->'],
  ['<?', '?>'],
] as const
const tagEnd = /(?:[^>"']|"[^"]*"|'[^']*')*>/y
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
