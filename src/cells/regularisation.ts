import { UsageError } from '../errors.js'
import type { Random } from '../random/random.js'
import type { Packed } from '../tensor/index.js'
import { dropout, multiply } from '../tensor/index.js'
import type { Cell, Parameters, State } from './cell.js'
import { dropoutMask, firstRows, forEveryStep } from './masks.js'
import { zoneoutInTraining, zoneoutInUse } from './zoneout.js'

/**
 * Noise that keeps a recurrent layer from learning its examples by heart: rates from 0 (none, the default) up to, not including, 1.
 * Any cell takes it; everything but zoneout is off outside of training.
 *
 * ```ts
 * new Stack({ engine, random, inputSize: 8, layers: [{ cell: 'lstm', size: 32 }], zoneout: { h: 0.05, c: 0.5 }, weightDrop: 0.3 })
 * ```
 */
export interface Regularisation {
  /**
   * The probability with which an element of the state stays what it was instead of taking its new value, drawn at every step; for all
   * of the state or for h and c apart (a rate for c is refused by a cell without c). In use the mean takes its place,
   * rate · old + (1 - rate) · new, in streams too. Layers with zoneout run step by step. Source: Krueger et al. (2016), "Zoneout".
   */
  zoneout?: number | { h?: number; c?: number }
  /**
   * DropConnect on the recurrent matrix: the share of `weight_hh` that is zero in one call of the layer, the same at all steps.
   * Source: Merity, Keskar and Socher (2017), "Regularizing and optimizing LSTM language models", after Wan et al. (2013).
   */
  weightDrop?: number
  /**
   * Variational dropout on the input: one mask for each sequence, the same at all its steps.
   * Source: Gal and Ghahramani (2016), "A theoretically grounded application of dropout in recurrent neural networks".
   */
  inputDropout?: number
  /** The same on h where it meets recurrent weights. Layers with it are trained step by step. Source: Gal and Ghahramani (2016). */
  recurrentDropout?: number
}

/** What a run over sequences is made of. */
export interface Run<S extends State> {
  cell: Cell<S>
  parameters: Parameters
  x: Packed
}

/** The run with its noise: in training that of `random`; without it what is left of it in use, the mean of zoneout. */
export function regularised<S extends State>(
  run: Run<S>,
  regularisation: Regularisation,
  random: Random | undefined,
  firstStep: number,
): Run<S> {
  checkRegularisation(run.cell, run.parameters, regularisation)
  if (!random) return { ...run, cell: inUse(run.cell, regularisation) }
  const { weightDrop = 0, inputDropout = 0, recurrentDropout = 0, zoneout = 0 } = regularisation
  let { cell, parameters, x } = run
  if (recurrentDropout > 0) cell = withMaskedState(run, recurrentDropout, random.split('recurrent'))
  if (anyRate(zoneout)) cell = zoneoutInTraining(cell, zoneout, random.split('zoneout'), firstStep)
  if (inputDropout > 0) x = withMaskedInput(x, inputDropout, random.split('input'))
  if (weightDrop > 0) {
    const weight_hh = dropout(parameters.weight_hh, weightDrop, random.split('weights'))
    parameters = { ...parameters, weight_hh }
  }
  return { cell, parameters, x }
}

/** The cell as it computes outside of training: itself, unless it has zoneout. */
export function inUse<S extends State>(cell: Cell<S>, { zoneout = 0 }: Regularisation): Cell<S> {
  return anyRate(zoneout) ? zoneoutInUse(cell, zoneout) : cell
}

/** Throws a `UsageError` for a rate outside [0, 1), for zoneout of a state and for masks on recurrent weights that the cell does not have. */
export function checkRegularisation<S extends State>(
  { name, stateNames }: Cell<S>,
  parameters: Parameters,
  { zoneout = 0, ...others }: Regularisation,
): void {
  const rates = { ...others, ...(typeof zoneout === 'number' ? { zoneout } : prefixed(zoneout)) }
  for (const [option, rate] of Object.entries(rates))
    if (!(rate >= 0 && rate < 1))
      throw new UsageError(`${name}: ${option} is ${rate}; expected at least 0 and less than 1`)
  if (typeof zoneout !== 'number') checkStates(name, stateNames, zoneout)
  if (parameters.weight_hh) return
  for (const option of ['weightDrop', 'recurrentDropout'] as const)
    if (others[option])
      throw new UsageError(
        `${name}: ${option} is ${others[option]}, but this cell has no recurrent matrix weight_hh; expected 0`,
      )
}

function checkStates(name: string, stateNames: readonly string[], rates: Readonly<Record<string, number>>) {
  const possible = ['h', 'c'].filter((state) => stateNames.includes(state))
  for (const [state, rate] of Object.entries(rates))
    if (!possible.includes(state) && (rate > 0 || (state !== 'h' && state !== 'c')))
      throw new UsageError(
        `${name}: zoneout.${state} is ${rate}, but this cell has no state ${state} to be zoned out; expected rates for ${possible.join(' and ')} only`,
      )
}

function prefixed(rates: { h?: number; c?: number }): Record<string, number> {
  return Object.fromEntries(Object.entries(rates).map(([state, rate]) => [`zoneout.${state}`, rate ?? 0]))
}

function anyRate(zoneout: NonNullable<Regularisation['zoneout']>): boolean {
  return typeof zoneout === 'number' ? zoneout > 0 : (zoneout.h ?? 0) > 0 || (zoneout.c ?? 0) > 0
}

// The recurrent products see h through one mask for each sequence.
function withMaskedState<S extends State>(
  { cell, parameters, x }: Run<S>,
  rate: number,
  random: Random,
): Cell<S> {
  const { h } = cell.zeroState(parameters, x.layout.batch)
  const mask = dropoutMask(h.engine, h.shape, rate, random)
  const { sequence: _, ...rest } = cell
  return {
    ...rest,
    step: (parameters, x, state, seen = state.h) =>
      cell.step(parameters, x, state, multiply(seen, firstRows(mask, seen.shape[0]))),
  }
}

function withMaskedInput({ data, layout }: Packed, rate: number, random: Random): Packed {
  const mask = dropoutMask(data.engine, [layout.batch, data.shape[1]], rate, random)
  return { data: multiply(data, forEveryStep(mask, layout)), layout }
}
