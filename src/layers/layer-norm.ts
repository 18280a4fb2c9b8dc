import type { Engine, Tensor } from '../tensor/index.js'
import { layerNorm } from '../tensor/index.js'

/**
 * (x - mean) / √(variance + epsilon) ⊙ weight + bias over the last axis, PyTorch's `nn.LayerNorm`: x [..., size].
 * Starts with weight 1 and bias 0. Source: Ba, Kiros and Hinton (2016).
 *
 * ```ts
 * const norm = new LayerNorm(128, { engine })
 * norm.forward(x)
 * ```
 */
export class LayerNorm {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly epsilon: number

  constructor(size: number, { engine, epsilon = 1e-5 }: { engine: Engine; epsilon?: number }) {
    this.epsilon = epsilon
    this.weight = engine.parameter([size])
    this.weight.set(new Float64Array(size).fill(1))
    this.bias = engine.parameter([size])
  }

  /** `weight` and `bias`. */
  parameters(): Record<string, Tensor> {
    return { weight: this.weight, bias: this.bias }
  }

  /** Throws a `ShapeError` unless the last axis of `x` has `size` elements. */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, this.epsilon)
  }
}
