import type { Random } from '../random/random.js'
import type { Tensor } from '../tensor/index.js'
import { add, multiply, oneMinus, scale } from '../tensor/index.js'
import type { Cell, State } from './cell.js'
import { choiceMask } from './masks.js'

/** One rate for the whole state, or one for h and one for c. */
type Rates = number | { h?: number; c?: number }

/** A cell whose state keeps some of its old elements at every step, chosen by `random` and the number of the step. */
export function zoneoutInTraining<S extends State>(
  cell: Cell<S>,
  rates: Rates,
  random: Random,
  firstStep: number,
): Cell<S> {
  let step = firstStep
  return mixing(cell, rates, () => {
    const draws = random.split(step++)
    return (name, rate, before, after) => {
      const taken = choiceMask(after.engine, after.shape, rate, draws.split(name))
      return add(multiply(taken, after), multiply(oneMinus(taken), before))
    }
  })
}

/** A cell whose state takes the mean of zoneout: rate · old + (1 - rate) · new. */
export function zoneoutInUse<S extends State>(cell: Cell<S>, rates: Rates): Cell<S> {
  return mixing(
    cell,
    rates,
    () => (_, rate, before, after) => add(scale(before, rate), scale(after, 1 - rate)),
  )
}

type Mix = (name: string, rate: number, before: Tensor, after: Tensor) => Tensor

// The cell without its fused operation, with a step that mixes the states before and after; `begin` is called at every step.
function mixing<S extends State>(cell: Cell<S>, rates: Rates, begin: () => Mix): Cell<S> {
  const { sequence: _, ...rest } = cell
  return {
    ...rest,
    step(parameters, x, state, seen) {
      const mix = begin()
      const after = cell.step(parameters, x, state, seen)
      const mixed = cell.stateNames
        .map((name) => [name, rateOf(rates, name)] as const)
        .filter(([, rate]) => rate > 0)
        .map(([name, rate]) => [name, mix(name, rate, state[name], after[name])])
      return { ...after, ...Object.fromEntries(mixed) }
    },
  }
}

function rateOf(rates: Rates, name: string): number {
  if (typeof rates === 'number') return rates
  return name === 'h' || name === 'c' ? (rates[name] ?? 0) : 0
}
