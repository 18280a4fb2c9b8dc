export { accuracy, accuracyMetric } from './accuracy.js'
export { align, alignmentText, type Edit, type EditKind } from './alignment.js'
export { type ArpaNames, arpaLines } from './arpa.js'
export { ArpaModel, type ArpaState } from './arpa-model.js'
export { type Autoregression, autoregression, type FittedAutoregression } from './autoregression.js'
export { type BleuOptions, type BleuScore, type BleuSmoothing, bleu, bleuMetric } from './bleu.js'
export { type BleuTokenizer, bleuTokenizers } from './bleu-tokenizers.js'
export {
  type BootstrapOptions,
  bootstrap,
  type Comparison,
  type Interval,
  pairedBootstrap,
} from './bootstrap.js'
export { type LengthBin, type LengthBinOptions, scoresByLength } from './by-length.js'
export { type Calibration, type ConfidenceBin, calibration, confidenceHistogram } from './calibration.js'
export { type ChrfOptions, type ChrfScore, chrf, chrfMetric } from './chrf.js'
export {
  type ClassificationScores,
  type ClassScores,
  classificationScores,
  macroF1,
  type PrecisionRecall,
} from './classification.js'
export { type Confusion, type ConfusionMatrix, confusionMatrix, confusions } from './confusion.js'
export { type GaussianForecast, gaussianCrps, type StudentTForecast, studentTCrps } from './crps.js'
export {
  chooseThreshold,
  type DetectedScene,
  type DetectionErrors,
  type DetPoint,
  detectionErrors,
  detFrontier,
  type SpokenWord,
} from './detections.js'
export { type DieboldMariano, type DieboldMarianoOptions, dieboldMariano } from './diebold-mariano.js'
export {
  characterErrorRate,
  type ErrorRate,
  type ErrorRateOptions,
  errorRateMetric,
  wordErrorRate,
} from './error-rate.js'
export { type ExactMatchOptions, exactMatch, exactMatchMetric } from './exact-match.js'
export {
  climatology,
  drift,
  type FittedBaseline,
  type ForecastBaseline,
  persistence,
  seasonalNaive,
} from './forecast-baselines.js'
export { countedGold, type Gold, isRight } from './gold.js'
export { majority } from './majority.js'
export { type LabelledWords, NaiveBayes, type NaiveBayesJson } from './naive-bayes.js'
export { NearestTexts, type NearestTextsJson } from './nearest-texts.js'
export { NgramModel, type NgramOptions, type StoredNgrams } from './ngram-model.js'
export { normalQuantile } from './normal.js'
export { NoteFloors, type NoteRates } from './note-floors.js'
export { mae, mape, mase, rmse, smape } from './point-forecasts.js'
export { coverage, pinball, quantileCrps } from './quantile-forecasts.js'
export { type RankingScores, rankingScores, rankOf } from './ranking.js'
export {
  chooseRejection,
  type Rejection,
  type RejectionOptions,
  rejectionAt,
  rejectionCurve,
} from './rejection.js'
export { type SpanScores, type SpanTypeScores, spanMetric, spanScores, tagScores } from './span-scores.js'
export { studentQuantile } from './student-t.js'
export type { SummedMetric } from './summed.js'
export { fitTemperature } from './temperature.js'
