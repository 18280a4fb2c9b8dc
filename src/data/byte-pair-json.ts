import { DataError } from '../errors.js'
import { byteCharacters } from './bytes.js'
import { isObject, type JsonObject } from './json-lines.js'
import { problem, shown } from './problem.js'

/** The object in a Hugging Face `tokenizer.json` of a byte-level BPE tokenizer. */
export type TokenizerJson = Readonly<Record<string, unknown>>

interface Parts {
  readonly tokens: readonly string[]
  readonly merges: readonly (readonly [number, number])[]
  readonly specials: readonly string[]
  readonly prefixBlank: boolean
}

/** What a `tokenizer.json` holds; merges as texts with a blank between, which all versions of its readers take. */
export function bytePairsToJSON({ tokens, merges, specials, prefixBlank }: Parts): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: prefixBlank, trim_offsets: true, use_regex: true }
  const ids = new Map(tokens.map((token, id) => [token, id]))
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map((content) => ({
      id: ids.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges: merges.map(([left, right]) => `${tokens[left]} ${tokens[right]}`),
    },
  }
}

/** The parts of a tokenizer from a `tokenizer.json`. Throws `DataError` for what is damaged or not supported. */
export function bytePairsFromJSON(json: unknown, where: string): Parts {
  if (!isObject(json)) throw problem(where, 0, 'the object of a tokenizer.json', shown(json))
  const model = json.model
  if (!isObject(model) || (model.type !== undefined && model.type !== 'BPE'))
    throw problem(`${where}: model`, 0, 'a BPE model', isObject(model) ? shown(model.type) : shown(model))
  if (json.normalizer !== null && json.normalizer !== undefined)
    throw problem(`${where}: normalizer`, 0, 'none, as in GPT-2', shown(json.normalizer))
  for (const name of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'])
    if (model[name]) throw problem(`${where}: model.${name}`, 0, 'none', shown(model[name]))
  if (model.byte_fallback === true || model.ignore_merges === true)
    throw problem(`${where}: model`, 0, 'neither byte_fallback nor ignore_merges', 'one of them')
  const prefixBlank = prefixOf(json.pre_tokenizer, `${where}: pre_tokenizer`)
  const { tokens, specials } = tokensOf(json, model, where)
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const bare = byteCharacters.find((character) => !ids.has(character))
  if (bare !== undefined) throw problem(`${where}: model.vocab`, 0, `a token ${shown(bare)}`, 'none')
  return {
    tokens,
    specials,
    prefixBlank,
    merges: mergesOf(model.merges, tokens, ids, `${where}: model.merges`),
  }
}

function prefixOf(value: unknown, where: string): boolean {
  if (!isObject(value) || value.type !== 'ByteLevel' || value.use_regex === false)
    throw problem(where, 0, 'ByteLevel with its own expression (use_regex), as in GPT-2', shown(value))
  return value.add_prefix_space === true
}

function tokensOf(json: JsonObject, model: JsonObject, where: string) {
  if (!isObject(model.vocab))
    throw problem(`${where}: model.vocab`, 0, 'tokens and their ids', shown(model.vocab))
  const added = json.added_tokens ?? []
  if (!Array.isArray(added)) throw problem(`${where}: added_tokens`, 0, 'a list', shown(added))
  const ids = new Map<string, unknown>(Object.entries(model.vocab))
  const specials = added.map((item: unknown, index) => {
    const place = `${where}: added_tokens[${index}]`
    if (!isObject(item) || typeof item.content !== 'string' || item.content === '')
      throw problem(place, 0, 'a token with its content', shown(item))
    if (item.special === false)
      throw problem(place, 0, 'a special token', `a common one, ${shown(item.content)}`)
    if (item.single_word || item.lstrip || item.rstrip)
      throw problem(place, 0, 'a token without single_word, lstrip and rstrip', shown(item.content))
    if (ids.has(item.content) && ids.get(item.content) !== item.id)
      throw problem(place, 0, `the id of ${shown(item.content)} in the vocabulary`, shown(item.id))
    ids.set(item.content, item.id)
    return item.content
  })
  const tokens = new Array<string>(ids.size)
  for (const [token, id] of ids) {
    if (
      typeof id !== 'number' ||
      !Number.isSafeInteger(id) ||
      id < 0 ||
      id >= ids.size ||
      tokens[id] !== undefined
    )
      throw new DataError(
        `${where}: model.vocab: expected each id from 0 to ${ids.size - 1} once, found ${shown(token)} with ${shown(id)}`,
      )
    tokens[id] = token
  }
  return { tokens, specials }
}

/** Merges are `"a b"` or, in newer files, `["a", "b"]`. */
function mergesOf(
  value: unknown,
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  where: string,
): [number, number][] {
  if (!Array.isArray(value)) throw problem(where, 0, 'a list of pairs', shown(value))
  return value.map((merge: unknown, index) => {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge
    const [left, right] = Array.isArray(pair) && pair.length === 2 ? pair.map((token) => ids.get(token)) : []
    if (left === undefined || right === undefined || !ids.has(tokens[left] + tokens[right]))
      throw problem(`${where}[${index}]`, 0, 'two tokens that make a third', shown(merge))
    return [left, right]
  })
}
