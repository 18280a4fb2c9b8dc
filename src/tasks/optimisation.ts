import type { Optimizer, Schedule } from '../optim/index.js'
import {
  adagrad,
  adam,
  adamw,
  constant,
  cosine,
  linearDecay,
  plateau,
  rmsprop,
  sgd,
  stepDecay,
  warmUp,
} from '../optim/index.js'
import { auto, choice, integer, number } from './settings.js'

/** An optimizer as a setting. */
interface OptimizerChoice {
  make(weightDecay: number): Optimizer
  /** A good learning rate for it, in relation to Adam's. */
  readonly rate: number
  /** The weight decay that suits it. */
  readonly weightDecay: number
}

const optimizers: Readonly<Record<string, OptimizerChoice>> = {
  adamw: { make: (weightDecay) => adamw({ weightDecay }), rate: 1, weightDecay: 0.1 },
  adam: { make: (weightDecay) => adam({ weightDecay }), rate: 1, weightDecay: 0 },
  rmsprop: { make: (weightDecay) => rmsprop({ weightDecay }), rate: 0.5, weightDecay: 0 },
  adagrad: { make: (weightDecay) => adagrad({ weightDecay }), rate: 5, weightDecay: 0 },
  sgd: {
    make: (weightDecay) => sgd({ momentum: 0.9, nesterov: true, weightDecay }),
    rate: 20,
    weightDecay: 0,
  },
}

/** What a schedule is made from. */
interface ScheduleSize {
  /** Updates of the whole training. */
  readonly steps: number
  /** The share of the learning rate that is left at the end. */
  readonly finalRate: number
  /** Epochs without a better validation before the training stops. */
  readonly patience: number
}

/** What stairs that are to end at 0 come to instead: a rate that falls by a factor never gets there. */
const leastRate = 0.001

const schedules: Readonly<Record<string, (size: ScheduleSize) => Schedule>> = {
  cosine: ({ steps, finalRate }) => cosine(steps, finalRate),
  linear: ({ steps, finalRate }) => linearDecay(steps, finalRate),
  step: ({ steps, finalRate }) => stepDecay(Math.ceil(steps / 5), Math.max(finalRate, leastRate) ** (1 / 4)),
  constant: () => constant(),
  plateau: ({ patience, finalRate }) =>
    plateau({ factor: 0.5, patience: Math.floor(patience / 4), floor: finalRate }),
}

/** What differs from task to task in how weights are moved. */
interface Movement {
  /** The learning rate that `auto` means for Adam, in words where it depends on the data. */
  readonly rate: number | string
  readonly finalRate?: number
  /** The weight decay that `auto` means for AdamW. */
  readonly weightDecay?: number
  readonly clipNorm?: number
  readonly averaging?: number
}

/** The settings of any task that say how its weights are moved. */
export function movementSettings({
  rate,
  finalRate = 0.01,
  weightDecay = 0.1,
  clipNorm = 1,
  averaging = 0.99,
}: Movement) {
  return {
    optimizer: choice(
      'adamw',
      'What turns gradients into steps; sgd: with Nesterov momentum 0.9',
      Object.keys(optimizers),
    ),
    schedule: choice(
      'cosine',
      'How the learning rate falls; step: in five stairs; plateau: by half when validations stand still',
      Object.keys(schedules),
    ),
    warmUp: integer(0, 'Steps in which the learning rate rises first'),
    accumulate: integer(1, 'Batches whose gradients are added up for one step', { minimum: 1 }),
    learningRate: auto(
      number(0, `At the start; auto: for Adam ${rate}; rmsprop half of it, adagrad 5, sgd 20 times`),
    ),
    finalRate: number(finalRate, 'The share of the learning rate that the schedule leaves at the end', {
      maximum: 1,
    }),
    weightDecay: auto(
      number(weightDecay, `Pull of the weights towards zero; auto: ${weightDecay} with adamw, else 0`),
    ),
    clipNorm: number(clipNorm, 'Gradients are scaled down to this norm'),
    averaging: number(
      averaging,
      'Scores and model use a moving average of the weights that keeps this share each step',
      { maximum: 0.99999 },
    ),
  }
}

/** A setting's optimizer. */
export function optimizerNamed(name: string, weightDecay: number): Optimizer {
  return optimizers[name].make(weightDecay)
}

/** The learning rate and the weight decay for an optimizer, from a learning rate that is good for Adam. */
export function optimizerDefaults(
  name: string,
  adamRate: number,
): { learningRate: number; weightDecay: number } {
  const { rate, weightDecay } = optimizers[name]
  return { learningRate: adamRate * rate, weightDecay }
}

/** A setting's schedule, behind `warmUp` steps of warm-up. */
export function scheduleNamed(name: string, warmUpSteps: number, size: ScheduleSize): Schedule {
  const steps = Math.max(1, size.steps - warmUpSteps)
  return warmUp(warmUpSteps, schedules[name]({ ...size, steps }))
}
