/** Tasks: what is learned from what. What needs files is imported by its own name: `train-files.js`, `registry-files.js`. */
export type { CaptionRow, Picture, RegionFeatures } from './caption-rows.js'
export type { CaptionSettings } from './caption-settings.js'
export type { Caption, Captioner, CaptionOptions } from './captioner.js'
export { classify } from './classify.js'
export type { TextRow } from './classify-rows.js'
export { type ClassifySettings, classifySettings } from './classify-settings.js'
export { type Configuration, configurationTree, resolveConfiguration } from './configuration.js'
export { demoIntents, demoQuestions, demoRows } from './demo-intents.js'
export { type ForecastSettings, forecastSettings } from './forecast-settings.js'
export type { ForecastSnapshot, ForecastStream, StreamObservation } from './forecast-stream.js'
export type { GeneratedText, GenerateTextOptions } from './lm-generate.js'
export type { LmSettings } from './lm-settings.js'
export type { ComposedMusic, ComposeOptions } from './music-compose.js'
export type { DrawnStep, NextNote } from './music-form.js'
export type { GivenPiece, MusicModel, MusicScore } from './music-model.js'
export type { MusicSettings } from './music-settings.js'
export type { MusicStream } from './music-stream.js'
export type { NextSnapshot, NextStream } from './next-stream.js'
export {
  type AnyTask,
  type ModelOf,
  type SettingsOf,
  type TaskName,
  taskNamed,
  taskNames,
} from './registry.js'
export type { Replier, Suggestion } from './replier.js'
export type { ReplySettings } from './reply-settings.js'
export { restoreModel } from './restore.js'
export { type Run, type RunOptions, runTask, type Summary } from './run.js'
export type { ForecastStep, SeriesForecast, SeriesForecaster } from './series-forecaster.js'
export { defaultsOf, resolveSettings, type Setting, type SettingTree } from './settings.js'
export type { SpanRow, TaggedRow, TokenRow } from './tag-rows.js'
export type { TagSettings } from './tag-settings.js'
export type { SpanPrediction } from './tag-spans.js'
export type { TagStream } from './tag-stream.js'
export type { Tagger, Tagging } from './tagger.js'
export type {
  AttributedRow,
  Attributing,
  DataParts,
  Evaluation,
  InspectionOptions,
  LearningJob,
  RowAnswers,
  RowAttribution,
  RowOutputs,
  Task,
  TaskFiles,
  TaskModel,
} from './task.js'
export { type Prediction, TextClassifier } from './text-classifier.js'
export type { NextToken, TextModel, TextScore } from './text-model.js'
export { TextStream } from './text-stream.js'
export type { RowOf, RowsOf, Sections, TrainOptions } from './train.js'
export type { Signal, SignalFile, TranscribeRow } from './transcribe-rows.js'
export type { TranscribeSettings } from './transcribe-settings.js'
export type {
  PartialTranscript,
  TranscribeSnapshot,
  TranscribeStream,
  TranscribeStreamOptions,
} from './transcribe-stream.js'
export type {
  TimedToken,
  TranscribeOptions,
  Transcriber,
  Transcript,
  WordKnowledge,
} from './transcriber.js'
export type { PairRow } from './translate-rows.js'
export type { TranslateSettings } from './translate-settings.js'
export type {
  TranslateOptions,
  TranslateSearch,
  Translation,
  TranslationSampling,
  Translator,
} from './translator.js'
export type { TriggerModel } from './trigger-model.js'
export type { TriggerKind, TriggerRow } from './trigger-rows.js'
export type { TriggerSettings } from './trigger-settings.js'
export type { HeardWord, TriggerStream } from './trigger-stream.js'
export type { LabelRun, VideoModel } from './video-model.js'
export type { VideoSettings } from './video-settings.js'
export type { VideoStream } from './video-stream.js'
