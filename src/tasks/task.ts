import type { DataFile } from '../data/data-file.js'
import type { Detection } from '../data/dataset.js'
import type { VectorSource } from '../data/word-vectors.js'
import type { Attribution, Fault } from '../decoding/attribution.js'
import type { JsonObject, StoredModel } from '../formats/index.js'
import type { Inspection } from '../inspect/index.js'
import type { Gold } from '../metrics/gold.js'
import type { SummedMetric } from '../metrics/summed.js'
import type { Random } from '../random/index.js'
import type { Engine, Tensor } from '../tensor/index.js'
import type { FitOptions, FitResult } from '../train/index.js'
import type { SettingConflict, SettingTree } from './settings.js'

/** The rows of a data set by their use; `valid` and `test` may be empty. */
export interface DataParts<Row> {
  readonly train: readonly Row[]
  /** Training rows that stay in files, for tasks that can read them so; `train` is then empty. */
  readonly source?: RowSource<Row>
  readonly valid: readonly Row[]
  readonly test: readonly Row[]
}

/** Rows that are read anew, block by block, each time somebody goes through them. */
export interface RowSource<Row> extends AsyncIterable<readonly Row[]> {
  /** How many rows. */
  readonly length: number
}

/** How well a model does on some rows, and what simple rules reach on the same rows. */
export interface Evaluation {
  readonly rows: number
  /** The scores by name, the headline score first. */
  readonly scores: Readonly<Record<string, number>>
  /** The headline score of rules that need no network. */
  readonly baselines: Readonly<Record<string, number>>
  /** Whatever else the task knows: tables, histograms. */
  readonly details: JsonObject
}

/** An output that was searched for beside what it should have been. */
export interface AttributedRow {
  readonly source: string
  readonly target: string
  readonly written: string
  /** score(y*): what the search would have ranked the target by. */
  readonly targetScore: number
  /** score(ŷ): what it ranked its output by. */
  readonly writtenScore: number
  /** Who is at fault; `'none'` where the output is right, `'forbidden'` where the search may not write the target. */
  readonly fault: Fault
  /** The option of the search by which it may not; absent where it may. */
  readonly forbiddenBy?: string
}

/** Beam or model? For each row, and as shares of all the wrong ones. */
export interface RowAttribution extends Omit<Attribution, 'faults'> {
  /** The search whose outputs these are, and by what it ranked them. */
  readonly search: {
    readonly width: number
    readonly lengthNormalisation: number
    readonly coveragePenalty: number
  }
  readonly rows: readonly AttributedRow[]
}

/** What a task can do that searches for its outputs: tell whether the search or the model is at fault for the wrong ones. */
export interface Attributing<Row, Model> {
  /** The scores of the outputs and who is at fault for them, from one search. */
  evaluate(model: Model, rows: readonly Row[]): { evaluation: Evaluation; attribution: RowAttribution }
  /** An attribution for people. */
  report(attribution: RowAttribution): string
}

/** What a model wrote for rows beside what it should have, for scores by length. */
export interface RowOutputs {
  /** The length of each source. */
  readonly lengths: readonly number[]
  /** What rows are called, such as their files, where they have names. */
  readonly names?: readonly (string | undefined)[]
  /** What the lengths count: `words`, `characters`. */
  readonly unit: string
  readonly targets: readonly string[]
  readonly written: readonly string[]
  /** How they can be scored, from 0 to 100, the headline score first. */
  readonly metrics: Readonly<Record<string, SummedMetric<Gold, string>>>
}

/** What a model said of rows beside what is right, and the headline score of it: for comparing models on the same rows. */
export interface RowAnswers {
  /** The name of the score. */
  readonly score: string
  readonly metric: SummedMetric<unknown, unknown>
  /** The settings of the model that the metric reads texts by, by name: with others the same answers score otherwise. */
  readonly rules?: Readonly<Record<string, string | boolean>>
  readonly right: readonly unknown[]
  readonly answers: readonly unknown[]
}

/** How an input is inspected. */
export interface InspectionOptions {
  /** For headings; the input by default. */
  readonly title?: string
  /** How many steps back the model should remember; the whole input by default. */
  readonly span?: number
}

/** A trained model as the command line sees it; a task's own class adds what its users call. `Input` is what it answers: a text, a sound … */
// biome-ignore lint/suspicious/noExplicitAny: what is generic over tasks passes inputs on without looking at them
export interface TaskModel<Row = unknown, Input = any> {
  /** The name of its task. */
  readonly task: string
  readonly engine: Engine
  /** How the files were read that it has learned from, where later ones have to be read alike: settings of `read`. */
  readonly readAs?: Readonly<Record<string, unknown>>
  parameters(): Record<string, Tensor>
  /** Scores it on rows. */
  evaluate(rows: readonly Row[]): Evaluation
  /** What it says about an input, as plain JSON. */
  answer(input: Input): JsonObject
  /** What happens inside while it reads an input. */
  inspect(input: Input, options?: InspectionOptions): Inspection
  /** All of it but the scores, ready for `packModel`. */
  store(): Pick<StoredModel, 'tensors' | 'config'>
  /** Releases its memory on the engine. */
  dispose(): void
}

/** Ready-made vectors by the setting that names them: those of words that are read, and those of words that a task writes. */
export type VectorName = 'vectors' | 'targetVectors'

/** Ready-made vectors with which words begin, for tasks that take them. */
export type VectorSources = { readonly [Name in VectorName]?: VectorSource | undefined }

/** Everything a task needs to learn. */
export interface LearningJob<Row, Settings> extends VectorSources {
  readonly engine: Engine
  readonly data: DataParts<Row>
  readonly settings: Settings
  readonly random: Random
  /** Passed on to `fit` as they are. */
  readonly fit: Pick<FitOptions<unknown>, 'on' | 'store' | 'signal'>
}

/** What came of learning. */
export interface Learned<Row, Settings> {
  readonly model: TaskModel<Row>
  readonly fit: FitResult
  /** The settings with every `auto` decided. */
  readonly settings: Settings
}

/**
 * A task: what is learned from what. A new one is a file that exports this, and a line in `registry.ts`; everything shared
 * (command line, run folders, settings, model folders) works through it and knows no task by name.
 */
export interface Task<
  Row,
  Settings,
  Model extends TaskModel<Row> = TaskModel<Row>,
  Parts extends DataParts<Row> = DataParts<Row>,
> {
  readonly name: string
  /** One line for `--help`: "text → label: intents, sentiment, topics". */
  readonly summary: string
  /** What to type when a model is there, without `unrolled`; MODEL stands for its folder. */
  readonly commands: readonly string[]
  readonly settings: SettingTree
  /** The first of the settings, each valid by itself, that does not go with the others. */
  conflict?(settings: Settings): SettingConflict | undefined
  /** The sections of the settings that may change after the training, such as how a search goes; none by default. */
  readonly adjustable?: readonly string[]
  /** The tables whose words can begin with ready-made vectors: which of the job's sources `learn` looks at. */
  readonly takesVectors?: readonly VectorName[]
  /** The scores shown after each epoch, the headline score first. */
  readonly headlines: readonly string[]
  /** Rows that the caller has in memory, checked and split. */
  rowsOf(given: unknown, random: Random): Parts
  learn(job: LearningJob<Row, Settings>): Promise<Learned<Row, Settings> & { readonly model: Model }>
  /** A model as it was stored; `place` names its folder in errors. */
  restore(engine: Engine, stored: StoredModel, place: string): Model
  /** An evaluation for people. */
  report(evaluation: Evaluation): string
  /** An answer for people, one line. */
  line(answer: JsonObject): string
  /** Only of tasks that draw their evaluations: a picture in SVG. Throws a `UsageError` where there is nothing to draw. */
  draw?(evaluation: Evaluation): string
  /** Only of tasks that search for their outputs. */
  readonly attribution?: Attributing<Row, Model>
  /** Only of tasks whose outputs are texts. */
  outputs?(model: Model, rows: readonly Row[]): RowOutputs
  /** Only of tasks whose headline score is a sum over rows. */
  answers?(model: Model, rows: readonly Row[]): RowAnswers
}

/** How a task finds its rows in files. It stands apart from the task because a page needs none of the formats. */
export interface TaskFiles<Row> {
  /** How files are read: the section `read` of a configuration. */
  readonly settings: SettingTree
  /** Those of the settings that name a file or folder. */
  readonly paths?: readonly string[]
  /** The data set in files: what `--data`, `--valid` and `--test` name. */
  read(files: NamedFiles, options: FileOptions): Promise<{ data: DataParts<Row>; detection: Detection }>
  /** The rows to be scored: what `evaluate` is given. */
  readScored(
    files: readonly DataFile[],
    root: string,
    options: Omit<FileOptions, 'random'>,
  ): Promise<{ rows: readonly Row[]; detection: Detection }>
  /** Only of tasks whose models make something new. */
  // biome-ignore lint/suspicious/noExplicitAny: the command line passes models and prompts on without looking at them
  readonly generation?: Generation<any, any>
  /** Only of tasks whose inputs are files: what a model answers, read from one as its `readAs` says. Without it inputs are texts. */
  readInput?(file: DataFile, readAs?: TaskModel['readAs']): Promise<unknown>
  /** Which files of a folder are inputs; all of them without it. */
  isInput?(path: string): boolean
}

/** How models of a task make something new: `unrolled generate`. */
export interface Generation<Model, Prompt> {
  /** What it is told besides the prompt, as `generate` calls it: the options of the command line that it takes. */
  readonly options: readonly string[]
  /**
   * Makes something that begins with the prompt: a text or, where inputs are files, what `readInput` gives. `show` is told pieces of a text
   * as they come. Throws a `UsageError` for an option out of range.
   */
  generate(
    model: Model,
    prompt: Prompt | undefined,
    options: Readonly<Record<string, number | boolean>>,
    show: (text: string) => void,
  ): Generated
}

/** Something that a model has made. */
export interface Generated {
  /** What `--json` prints. */
  readonly json: JsonObject
  /** It in characters, in lines of at most so many; absent where all was shown as it came. */
  text?(width: number): string
  /** How it is written into a file, by the ending of the file's name; without it there is nothing to write. */
  readonly files?: Readonly<Record<string, () => string | Uint8Array>>
}

/** The files of a data set and what to call it. */
export interface NamedFiles {
  readonly root: string
  readonly data: readonly DataFile[]
  /** An empty list: no rows choose the best epoch, those that the data names are learned from. */
  readonly valid?: readonly DataFile[]
  readonly test?: readonly DataFile[]
}

/** How files are read. */
export interface FileOptions {
  /** Decides which rows are held out. */
  readonly random: Random
  /** The values of the settings under `read`. */
  readonly read: Readonly<Record<string, unknown>>
}
