export { lengthBatches, sortedBatches } from './batches.js'
export { CharacterGrams, fnv1a, type GramOptions } from './character-grams.js'
export type { DataFile } from './data-file.js'
export {
  type Dataset,
  type DatasetOptions,
  type Detection,
  datasetOf,
  readFiles,
  readRows,
} from './dataset.js'
export { decodeText, type Encoding } from './decode.js'
export { formats } from './detect.js'
export { type Example, labelSet, type Part, parts } from './example.js'
export type { Columns, ExamplesByPart, FieldOptions, Format, Rows } from './format.js'
export { holdOut, type Split } from './split.js'
export type { ReadOptions } from './unit.js'
export { Vocabulary, type VocabularyJson, type VocabularyOptions } from './vocabulary.js'
export { type Bag, WordFeatures, type WordFeaturesJson } from './word-features.js'
export { type WordOptions, Words } from './words.js'
