import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.js'
import type { Optimizer } from '../../src/optim/index.js'
import { adagrad, adam, adamw, rmsprop, sgd } from '../../src/optim/index.js'
import type { Engine, Tensor } from '../../src/tensor/index.js'
import { differentiate, gradientTarget, multiply, sum } from '../../src/tensor/index.js'
import { expectStored, readFixture, type Stored } from '../fixture.js'
import { onEveryBackend, useEngine } from '../tensor/engines.js'
import { expectClose, numbers } from '../tensor/values.js'

const learningRate = 0.05
const gradientScale = 0.5

/** The update of one element, from its gradient, the number of the step (from 1) and a memory of its own. */
type Rule = (p: number, g: number, step: number, memory: { a: number; b: number }) => number

function adamRule(weightDecay: number, decoupled: boolean, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8): Rule {
  return (p, gradient, step, memory) => {
    const g = decoupled ? gradient : gradient + weightDecay * p
    memory.a = beta1 * memory.a + (1 - beta1) * g
    memory.b = beta2 * memory.b + (1 - beta2) * g * g
    const mean = memory.a / (1 - beta1 ** step)
    const variance = memory.b / (1 - beta2 ** step)
    return p - learningRate * (mean / (Math.sqrt(variance) + epsilon) + (decoupled ? weightDecay * p : 0))
  }
}

function sgdRule(momentum: number, weightDecay: number, nesterov: boolean): Rule {
  return (p, gradient, _, memory) => {
    const g = gradient + weightDecay * p
    memory.a = momentum * memory.a + g
    return p - learningRate * (nesterov ? g + momentum * memory.a : memory.a)
  }
}

function rmspropRule(momentum = 0, weightDecay = 0, alpha = 0.99, epsilon = 1e-8): Rule {
  return (p, gradient, _, memory) => {
    const g = gradient + weightDecay * p
    memory.a = alpha * memory.a + (1 - alpha) * g * g
    memory.b = momentum * memory.b + g / (Math.sqrt(memory.a) + epsilon)
    return p - learningRate * memory.b
  }
}

function adagradRule(learningRateDecay = 0, weightDecay = 0, epsilon = 1e-10): Rule {
  return (p, gradient, step, memory) => {
    const g = gradient + weightDecay * p
    memory.a += g * g
    return p - ((learningRate / (1 + (step - 1) * learningRateDecay)) * g) / (Math.sqrt(memory.a) + epsilon)
  }
}

const optimizers: [string, () => Optimizer, Rule][] = [
  ['sgd', () => sgd(), sgdRule(0, 0, false)],
  ['sgd with weight decay', () => sgd({ weightDecay: 0.1 }), sgdRule(0, 0.1, false)],
  ['sgd with momentum', () => sgd({ momentum: 0.9 }), sgdRule(0.9, 0, false)],
  [
    'sgd with Nesterov momentum',
    () => sgd({ momentum: 0.8, nesterov: true, weightDecay: 0.1 }),
    sgdRule(0.8, 0.1, true),
  ],
  ['rmsprop', () => rmsprop(), rmspropRule()],
  [
    'rmsprop with momentum and weight decay',
    () => rmsprop({ momentum: 0.9, weightDecay: 0.1, alpha: 0.9, epsilon: 1e-3 }),
    rmspropRule(0.9, 0.1, 0.9, 1e-3),
  ],
  ['adagrad', () => adagrad(), adagradRule()],
  [
    'adagrad with decay',
    () => adagrad({ learningRateDecay: 0.1, weightDecay: 0.1, epsilon: 1e-3 }),
    adagradRule(0.1, 0.1, 1e-3),
  ],
  ['adam', () => adam(), adamRule(0, false)],
  ['adam with weight decay', () => adam({ weightDecay: 0.1 }), adamRule(0.1, false)],
  [
    'adam with other constants',
    () => adam({ beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }),
    adamRule(0, false, 0.5, 0.9, 1e-3),
  ],
  ['adamw', () => adamw(), adamRule(0.01, true)],
  ['adamw with more weight decay', () => adamw({ weightDecay: 0.5 }), adamRule(0.5, true)],
]

/** A parameter of seeded numbers. */
function parameterOf(engine: Engine, size: number): Tensor {
  const parameter = engine.parameter([size])
  parameter.set(numbers([size], 'parameter'))
  return parameter
}

/** Gives a parameter the gradient of one step. */
function setGradient(parameter: Tensor, step: number): number[] {
  const values = numbers([parameter.size], `gradient ${step}`)
  parameter.clearGradient()
  gradientTarget(parameter)?.gradient.set(values)
  return values
}

onEveryBackend((engine) => {
  it.each(optimizers)('%s takes the steps of its equation', (_, make, rule) => {
    for (const size of [1, 15, 17, 33]) {
      const optimizer = make()
      const weight = parameterOf(engine(), size)
      let expected = Array.from(weight.data)
      const memories = expected.map(() => ({ a: 0, b: 0 }))
      for (let step = 1; step <= 5; step++) {
        const gradient = setGradient(weight, step)
        optimizer.step({ weight }, { learningRate, gradientScale })
        expected = expected.map((p, i) => rule(p, gradient[i] * gradientScale, step, memories[i]))
        expectClose(weight, expected, 2e-6)
      }
      expect(optimizer.steps).toBe(5)
      expect(weight.version).toBe(6)
      optimizer.dispose()
      weight.dispose()
    }
  })
})

interface Steps {
  learningRate: number
  start: Stored
  gradients: Stored[]
  weights: Stored[]
}

const fixture = readFixture<Record<string, Steps>>('optimizers')

/** The names in `fixtures/optimizers.json`, and the same options here. */
const pytorch: [string, () => Optimizer][] = [
  ['sgd', () => sgd()],
  ['sgd with L2', () => sgd({ weightDecay: 0.1 })],
  ['sgd with momentum', () => sgd({ momentum: 0.9 })],
  ['sgd with Nesterov momentum and L2', () => sgd({ momentum: 0.8, nesterov: true, weightDecay: 0.1 })],
  ['rmsprop', () => rmsprop()],
  [
    'rmsprop with momentum and L2',
    () => rmsprop({ momentum: 0.9, alpha: 0.9, epsilon: 1e-3, weightDecay: 0.1 }),
  ],
  ['adagrad', () => adagrad()],
  ['adagrad with decay and L2', () => adagrad({ learningRateDecay: 0.1, epsilon: 1e-3, weightDecay: 0.1 })],
  ['adam', () => adam()],
  ['adam with L2', () => adam({ beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1 })],
  ['adamw', () => adamw()],
  ['adamw with more weight decay', () => adamw({ weightDecay: 0.5 })],
]

onEveryBackend((engine) => {
  it.each(pytorch)('%s takes the steps of PyTorch', (name, make) => {
    const { start, gradients, weights, learningRate } = fixture[name]
    const weight = engine().parameter([start.values.length])
    weight.set(start.values)
    const optimizer = make()
    gradients.forEach((gradient, step) => {
      weight.clearGradient()
      gradientTarget(weight)?.gradient.set(gradient.values)
      optimizer.step({ weight }, { learningRate })
      expectStored(weight, weights[step], `weights after step ${step + 1}`)
    })
    optimizer.dispose()
    weight.dispose()
  })
})

describe('an optimizer', () => {
  const engine = useEngine({ backend: 'wasm', threads: 1 })

  it.each(optimizers)('%s continues with the same bits from saved state', (_, make) => {
    const at = engine()
    const [through, resumed] = [parameterOf(at, 17), parameterOf(at, 17)]
    const first = make()
    for (let step = 1; step <= 3; step++) {
      setGradient(through, step)
      first.step({ weight: through }, { learningRate })
    }
    resumed.set(through.data)
    const second = make()
    second.attach({ weight: resumed })
    expect(Object.keys(second.state())).toEqual(Object.keys(first.state()))
    for (const [name, tensor] of Object.entries(first.state())) second.state()[name].set(tensor.data)
    second.steps = first.steps
    for (let step = 4; step <= 6; step++)
      for (const [optimizer, weight] of [[first, through] as const, [second, resumed] as const]) {
        setGradient(weight, step)
        optimizer.step({ weight }, { learningRate })
      }
    expect(Array.from(resumed.data)).toEqual(Array.from(through.data))
    for (const thing of [first, second, through, resumed]) thing.dispose()
  })

  it('names its state after the parameters', () => {
    const parameters = { 'rnn.weight': engine().parameter([2, 3]), bias: engine().parameter([2]) }
    const names = (optimizer: Optimizer) => {
      optimizer.attach(parameters)
      return Object.entries(optimizer.state()).map(([name, tensor]) => `${name} ${tensor.shape}`)
    }
    expect(names(sgd())).toEqual([])
    expect(names(sgd({ momentum: 0.9 }))).toEqual(['rnn.weight.velocity 2,3', 'bias.velocity 2'])
    expect(names(rmsprop())).toEqual(['rnn.weight.meanSquare 2,3', 'bias.meanSquare 2'])
    expect(names(adagrad())).toEqual(['rnn.weight.squares 2,3', 'bias.squares 2'])
    expect(names(adam())).toEqual([
      'rnn.weight.mean 2,3',
      'rnn.weight.variance 2,3',
      'bias.mean 2',
      'bias.variance 2',
    ])
  })

  it('leaves a parameter without a gradient as it is', () => {
    const [used, unused] = [parameterOf(engine(), 3), parameterOf(engine(), 3)]
    const before = Array.from(unused.data)
    const optimizer = adamw({ weightDecay: 1 })
    differentiate(engine(), () => sum(multiply(used, used)))
    optimizer.step({ used, unused }, { learningRate })
    expect(Array.from(unused.data)).toEqual(before)
    expect(Object.keys(optimizer.state())).toEqual(['used.mean', 'used.variance'])
    optimizer.zeroGradients({ used, unused })
    expect(used.gradient).toBeUndefined()
  })

  it('makes a loss small', () => {
    for (const make of [() => sgd({ momentum: 0.9 }), adam, adamw]) {
      const weight = parameterOf(engine(), 17)
      const optimizer = make()
      const step = () => {
        const loss = differentiate(engine(), () => sum(multiply(weight, weight)))
        optimizer.step({ weight }, { learningRate: 0.02 })
        optimizer.zeroGradients({ weight })
        return loss
      }
      const first = step()
      for (let i = 0; i < 300; i++) step()
      expect(step()).toBeLessThan(first / 1000)
    }
  })

  it('passes NaN on', () => {
    for (const make of [sgd, adam, rmsprop, adagrad]) {
      const weight = parameterOf(engine(), 2)
      gradientTarget(weight)?.gradient.set([Number.NaN, 1])
      make().step({ weight }, { learningRate })
      expect(Array.from(weight.data, Number.isNaN)).toEqual([true, false])
    }
  })

  it('refuses constants out of range and a parameter that changed', () => {
    expect(() => sgd({ momentum: 1 })).toThrow('sgd: got momentum 1; expected at least 0 and less than 1')
    expect(() => sgd({ nesterov: true })).toThrow('sgd: nesterov got momentum 0; expected more than 0')
    expect(() => rmsprop({ alpha: 1 })).toThrow('rmsprop: got alpha 1; expected at least 0 and less than 1')
    expect(() => adagrad({ learningRateDecay: -1 })).toThrow('adagrad: got learningRateDecay -1')
    expect(() => adam({ beta2: -0.1 })).toThrow('adam: got beta2 -0.1')
    expect(() => adamw({ weightDecay: Number.NaN })).toThrow(UsageError)
    const optimizer = adam()
    optimizer.attach({ weight: engine().parameter([2]) })
    expect(() => optimizer.attach({ weight: engine().parameter([3]) })).toThrow(
      'optimizer: parameter weight has shape [3] and its state [2]',
    )
  })
})
