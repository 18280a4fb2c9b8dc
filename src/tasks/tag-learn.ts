import { tagsOf } from '../codecs/tags.js'
import { CharacterGrams } from '../data/character-grams.js'
import { labelSet } from '../data/example.js'
import type { TaggedExample } from '../data/tagged.js'
import { Vocabulary } from '../data/vocabulary.js'
import { WordFeatures } from '../data/word-features.js'
import { DataError } from '../errors.js'
import { accuracy } from '../metrics/accuracy.js'
import { majority } from '../metrics/majority.js'
import { spanScores } from '../metrics/span-scores.js'
import { SequenceTagger } from '../models/tagger.js'
import { type EncodedWord, WordEncoder } from '../models/word-encoder.js'
import type { Random } from '../random/index.js'
import type { Engine } from '../tensor/index.js'
import type { Metrics, Trainable } from '../train/index.js'
import { targetsOf } from './classify-rows.js'
import { putInto, withReadyVectors } from './ready-vectors.js'
import type { Decided } from './settings.js'
import { TagLookup } from './tag-lookup.js'
import { decideTagSettings, type TagSettings } from './tag-settings.js'
import { TagSet } from './tag-tags.js'
import { charactersOf, cutByUnicode, hideTokens, normaliser, TokenReader } from './tag-words.js'
import { Tagger, type TaggerBaselines } from './tagger.js'
import type { Learned, LearningJob } from './task.js'
import { fitTask, identityOf, lessonBatches } from './task-training.js'

/** A text to learn from: what the network reads, and the numbers of its tags and labels. */
interface Lesson {
  readonly words: readonly EncodedWord[]
  readonly tags: Int32Array
  readonly labels: readonly number[]
}

/** Learns to tag texts: vocabularies, network and `fit`, all from the job's seed. */
export async function learnToTag(
  job: LearningJob<TaggedExample, TagSettings>,
): Promise<Learned<TaggedExample, TagSettings> & { readonly model: Tagger }> {
  const { train: examples } = job.data
  const { text } = job.settings
  const normal = normaliser(text)
  const seen = Vocabulary.of(
    examples.map(({ tokens }) => tokens.map(normal)),
    { minimumCount: text.minimumCount },
  )
  const settings = decideTagSettings(job.settings, {
    texts: examples.length,
    words: seen.size,
    unicode: cutByUnicode(examples),
  })
  const labels = [...new Set(examples.flatMap(({ label }) => (label ? targetsOf(label) : [])))].sort()
  if (labels.length === 1)
    throw new DataError(
      `expected texts with at least two labels to tell apart, or without any; all have "${labels[0].slice(0, 80)}"`,
    )
  const { vocabulary, vectors } = await withReadyVectors(job, seen, normal)
  const reader = readerOf(examples, vocabulary, settings)
  const tags = TagSet.of(examples, settings.model.scheme)
  const sizes = {
    rows: reader.features.rows,
    characters: reader.characters.size,
    tags: tags.names.length,
    labels: labels.length,
  }
  const network = buildTagger(job.engine, sizes, settings, job.random.split('weights'))
  if (vectors)
    putInto(network.parameters()['embedding.words.weight'], vectors, (word) => vocabulary.id(word), job)
  const model = new Tagger({ reader, network, tags, labels, settings, baselines: baselinesOf(examples) })
  return { model, fit: await train(model, job), settings }
}

/** The numbers of rows and columns of a tagger's tables. */
export interface TaggerSizes {
  /** Of the word table. */
  readonly rows: number
  readonly characters: number
  readonly tags: number
  readonly labels: number
}

/** The network of the settings, with weights drawn from `random`. */
export function buildTagger(
  engine: Engine,
  sizes: TaggerSizes,
  { model }: Pick<Decided<TagSettings>, 'model'>,
  random: Random,
): SequenceTagger<EncodedWord> {
  const { cell, hiddenSize, layers, bidirectional, crf, pooling } = model
  const { characterSize: size, characterReader: reader, characterUnits: units } = model
  const embedding = new WordEncoder({
    engine,
    random: random.split('embedding'),
    words: { count: sizes.rows, size: model.embeddingSize },
    ...(size > 0 && { characters: { count: sizes.characters, size, reader, cell, units } }),
  })
  return new SequenceTagger<EncodedWord>({
    engine,
    random,
    embedding,
    tags: sizes.tags,
    labels: sizes.labels,
    crf,
    layers: Array.from({ length: layers }, () => ({ cell, size: hiddenSize })),
    bidirectional,
    pooling,
    inputDropout: model.variationalDropout,
    recurrentDropout: model.recurrentDropout,
    weightDrop: model.weightDrop,
    zoneout: model.zoneout,
    dropout: { input: model.inputDropout, layers: model.layerDropout, head: model.headDropout },
  })
}

function readerOf(
  examples: readonly TaggedExample[],
  vocabulary: Vocabulary,
  { text }: Decided<TagSettings>,
): TokenReader {
  const grams = { buckets: text.gramBuckets, shortest: text.shortestGram, longest: text.longestGram }
  const characters = Vocabulary.of(examples.flatMap(({ tokens }) => tokens.map(charactersOf)))
  return new TokenReader(new WordFeatures(vocabulary, new CharacterGrams(grams)), characters, text)
}

function baselinesOf(examples: readonly TaggedExample[]): TaggerBaselines {
  const labels = examples.flatMap(({ label }) => label ?? [])
  return {
    lookup: TagLookup.of(
      examples.map(({ tokens, spans }) => ({ tokens, tags: tagsOf(spans, tokens.length, 'iob2') })),
    ),
    majority: labels.length > 0 ? majority(labels) : null,
  }
}

async function train(model: Tagger, job: LearningJob<TaggedExample, TagSettings>) {
  const { data } = job
  const { settings } = model
  const hasValidation = data.valid.length > 0
  return fitTask<readonly Lesson[]>({
    job,
    settings: settings.train,
    model: trainable(model),
    data: lessonBatches(lessonsOf(model, data.train), ({ words }) => words.length, settings.train.batchSize),
    monitor: { metric: 'score', better: 'higher', within: halfStandardError(data.valid) },
    identity: identityOf(
      settings,
      data.train.map(({ tokens, spans, label }) => JSON.stringify([tokens, spans, label])),
      model.reader.features.vocabulary.words,
    ),
    ...(hasValidation && { validate: () => validate(model, data.valid) }),
  })
}

function lessonsOf({ reader, tags, labels }: Tagger, examples: readonly TaggedExample[]): Lesson[] {
  const places = new Map(labels.map((label, index) => [label, index]))
  return examples.map((example) => {
    const words = reader.read(example.tokens)
    const targets = example.label ? targetsOf(example.label) : []
    return {
      words,
      tags: tags.read(example).subarray(0, words.length),
      labels: targets.flatMap((label) => places.get(label) ?? []),
    }
  })
}

function trainable({ network, engine, settings }: Tagger): Trainable<readonly Lesson[]> {
  const { labelWeight, labelSmoothing: smoothing } = settings.train
  return {
    engine,
    parameters: () => network.parameters(),
    size: (lessons) => lessons.length,
    loss(lessons, training) {
      const hidden = training?.random.split('words')
      const texts = lessons.map(({ words }) =>
        hidden ? hideTokens(words, settings.model.wordDropout, hidden) : words,
      )
      const targets = { tags: lessons.map(({ tags }) => tags), labels: lessons.map(({ labels }) => labels) }
      return network.loss(network.forward(texts, training), targets, { labelWeight, smoothing })
    },
  }
}

/** Half the standard error of a share of the validation spans: an epoch that far below the record may well be as good. */
function halfStandardError(rows: readonly TaggedExample[]): (share: number) => number {
  const spans = rows.reduce((sum, example) => sum + example.spans.length, 0)
  return (share) => 0.5 * Math.sqrt((share * (1 - share)) / Math.max(1, spans))
}

/** `score` decides which epoch is best: span F1, or its mean with the accuracy of the labels where texts have labels. */
function validate(model: Tagger, rows: readonly TaggedExample[]): Metrics {
  const outlines = model.outline(rows)
  const { f1 } = spanScores(
    rows.map(({ spans }) => spans),
    outlines.map(({ spans }) => spans),
  )
  const labelled = rows.flatMap(({ label }, row) => (label ? [{ gold: labelSet(label), row }] : []))
  if (model.labels.length === 0 || labelled.length === 0) return { score: f1, f1 }
  const intentAccuracy = accuracy(
    labelled.map(({ gold }) => gold),
    labelled.map(({ row }) => outlines[row].label ?? ''),
  )
  return { score: (f1 + intentAccuracy) / 2, f1, intentAccuracy }
}
