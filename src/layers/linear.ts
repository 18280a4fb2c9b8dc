import { orthogonalValues, uniformValues } from '../random/initialization.js'
import type { Tensor } from '../tensor/index.js'
import { linear } from '../tensor/index.js'
import type { LayerOptions } from './layer.js'

/** How a linear layer is made. */
export interface LinearOptions extends LayerOptions {
  /** Whether there is a bias; true by default. */
  bias?: boolean
  /** `'pytorch'` (default): everything from U(-1/√inputs, 1/√inputs). `'orthogonal'`: orthogonal weights, bias 0. */
  initialization?: 'pytorch' | 'orthogonal'
}

/**
 * y = x Wᵀ + b, PyTorch's `nn.Linear`: x [rows, inputs], weight [outputs, inputs], bias [outputs], y [rows, outputs].
 *
 * ```ts
 * const head = new Linear(128, 26, { engine, random: random.split('head') })
 * const logits = head.forward(pooled)
 * ```
 */
export class Linear {
  readonly weight: Tensor
  readonly bias: Tensor | undefined

  constructor(inputs: number, outputs: number, options: LinearOptions) {
    const { engine, random, bias = true, initialization = 'pytorch' } = options
    this.weight = engine.parameter([outputs, inputs])
    this.bias = bias ? engine.parameter([outputs]) : undefined
    if (initialization === 'orthogonal') {
      this.weight.set(orthogonalValues(outputs, inputs, random.split('weight')))
      return
    }
    const bound = 1 / Math.sqrt(inputs)
    this.weight.set(uniformValues(this.weight.size, bound, random.split('weight')))
    this.bias?.set(uniformValues(outputs, bound, random.split('bias')))
  }

  /** `weight` and, where there is one, `bias`. */
  parameters(): Record<string, Tensor> {
    return { weight: this.weight, ...(this.bias && { bias: this.bias }) }
  }

  /** Throws a `ShapeError` unless the last axis of `x` has `inputs` elements. */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias)
  }
}
