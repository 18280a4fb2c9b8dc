export { readAudacityLabels, type TimeLabel } from './audacity-labels.js'
export type { Amount, MaskOptions } from './audio-augment.js'
export { addNoise, changeGain, changeSpeed, maskFeatures, shiftTime } from './audio-augment.js'
export type { AudioFeatureKind, AudioFeatureOptions } from './audio-features.js'
export { AudioFeatures, type AudioSnapshot, AudioStream, deltas } from './audio-features.js'
export type { MelScale } from './audio-filters.js'
export { mono } from './audio-mono.js'
export {
  normalizeFeatures,
  RunningNormalizer,
  type RunningOptions,
  type RunningState,
  RunningStream,
} from './audio-normalize.js'
export { Resampler, type ResampleSnapshot, ResampleStream, resample } from './audio-resample.js'
export { type SpokenSpan, spokenSpan } from './audio-span.js'
export { lengthBatches, sortedBatches } from './batches.js'
export { type BytePairOptions, BytePairTraining, trainBytePairs } from './byte-pair-training.js'
export { type BytePairEncodeOptions, type BytePairParts, BytePairs } from './byte-pairs.js'
export { CharacterGrams, fnv1a, type GramOptions } from './character-grams.js'
export { readConll } from './conll.js'
export type { DataFile } from './data-file.js'
export { type Dataset, type Detection, datasetOf } from './dataset.js'
export { decodeText, type Encoding } from './decode.js'
export { formats } from './detect.js'
export { type Example, labelSet, type Part, parts } from './example.js'
export type { Columns, ExamplesByPart, FieldOptions, Format, Rows } from './format.js'
export type { Frame, LabelledFrames, LabelledVideo, VideoRow } from './frames.js'
export { type Frequency, frequencyOf, frequencyText, laterBy, timeText } from './frequency.js'
export { type Box, colour, crop, grayscale, type ImageSize, normalizeImage, resize } from './images.js'
export { type ExtractorOptions, FeatureExtractor } from './onnx-extractor.js'
export type { PairOptions, TextPair } from './pair.js'
export { readPairLines, readParallel, readTabbedPairs } from './pair-lines.js'
export {
  chordName,
  type Piece,
  type PieceNote,
  pitchName,
  type Roll,
  type RollPiece,
  rollOf,
  type ScorePiece,
  type Step,
} from './piece.js'
export { type DatasetOptions, readFiles, readRows } from './read-files.js'
export { readVideoFiles, type VideoDataset, type VideoDatasetOptions } from './read-frames.js'
export {
  type PairDataset,
  type PairDatasetOptions,
  type PairDetection,
  type PairReadOptions,
  type PairSource,
  pairSources,
  readPairFiles,
} from './read-pairs.js'
export { type PieceDataset, type PieceDatasetOptions, readPieceFiles } from './read-pieces.js'
export {
  type FoundSeries,
  type GapPolicy,
  type SeriesOptions,
  seriesOfTable,
} from './read-series.js'
export {
  readTaggedFiles,
  readTaggedRows,
  type TaggedDataset,
  type TaggedDatasetOptions,
  type TaggedDetection,
  type TaggedReadOptions,
} from './read-tagged.js'
export {
  readScoredUtterances,
  readUtterances,
  type UtteranceOptions,
  type UtteranceSet,
} from './read-utterances.js'
export {
  type DrawSceneOptions,
  drawScene,
  type Scene,
  type SceneShape,
  sceneColours,
  sceneShapes,
} from './scenes.js'
export { type GivenSeries, seriesOf, type TimeSeries } from './series.js'
export type { SeriesColumnOptions, SeriesColumns } from './series-columns.js'
export { readSeriesTable, type SeriesTable } from './series-table.js'
export {
  type SceneClip,
  type SceneOptions,
  type SceneParts,
  type SoundScene,
  sceneClip,
  soundScene,
} from './sound-scenes.js'
export { readSpanLines } from './span-lines.js'
export { holdOut, type Split } from './split.js'
export { type StreamBatch, type StreamBatches, streamBatches } from './stream-batches.js'
export type { TaggedExample, TaggedRows } from './tagged.js'
export {
  streamLineBlocks,
  streamLines,
  streamText,
  type TextFiles,
  type TextLine,
  textFiles,
} from './text-lines.js'
export {
  CharacterTokenizer,
  CharacterTraining,
  type TokenizerTraining,
  tokenizerFromJSON,
  WordTokenizer,
  type WordTokenizerOptions,
  WordTraining,
} from './text-tokenizers.js'
export { readTmx } from './tmx.js'
export type { EncodedText, Tokenizer } from './tokenizer.js'
export type { ReadOptions } from './unit.js'
export type { Utterance } from './utterance.js'
export { Vocabulary, type VocabularyJson, type VocabularyOptions } from './vocabulary.js'
export { type Bag, WordFeatures, type WordFeaturesJson } from './word-features.js'
export { SettledJoints, WordJoints } from './word-joints.js'
export { readVectors, type VectorOptions, type VectorSource, WordVectors } from './word-vectors.js'
export { type WordOptions, type WordSpan, Words } from './words.js'
