export { accuracy } from './accuracy.js'
export { type Calibration, type ConfidenceBin, calibration, confidenceHistogram } from './calibration.js'
export {
  type ClassificationScores,
  type ClassScores,
  classificationScores,
  macroF1,
  type PrecisionRecall,
} from './classification.js'
export { type Confusion, type ConfusionMatrix, confusionMatrix, confusions } from './confusion.js'
export { countedGold, type Gold, isRight } from './gold.js'
export { majority } from './majority.js'
export { type LabelledWords, NaiveBayes, type NaiveBayesJson } from './naive-bayes.js'
export {
  chooseRejection,
  type Rejection,
  type RejectionOptions,
  rejectionAt,
  rejectionCurve,
} from './rejection.js'
