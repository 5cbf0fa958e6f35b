// Steps of optimizers over flat arrays.

import Glibc

/// What Adam is told besides its state, each number rounded once: 1 − β₂ taken in single precision
/// would keep five digits.
public struct AdamStep {
  public let beta1: Float
  public let beta2: Float
  /// 1 − β₁ and 1 − β₂.
  public let rest1: Float
  public let rest2: Float
  public let epsilon: Float
  /// η / (1 − β₁ᵏ) and 1 / √(1 − β₂ᵏ) at step k.
  public let size: Float
  public let inverseRoot: Float
  /// What parameters are multiplied by, and how much of them is added to the gradient.
  public let shrink: Float
  public let decay: Float

  /// - Parameters:
  ///   - step: k, from 1.
  ///   - decoupled: shrink the parameters themselves (AdamW) instead of adding to the gradient.
  public init(
    step: Int, rate: Double, betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8,
    weightDecay: Double = 0, decoupled: Bool = false
  ) {
    beta1 = Float(betas.0)
    beta2 = Float(betas.1)
    rest1 = Float(1 - betas.0)
    rest2 = Float(1 - betas.1)
    self.epsilon = Float(epsilon)
    size = Float(rate / (1 - pow(betas.0, Double(step))))
    inverseRoot = Float(1 / (1 - pow(betas.1, Double(step))).squareRoot())
    shrink = decoupled ? Float(1 - rate * weightDecay) : 1
    decay = decoupled ? 0 : Float(weightDecay)
  }
}

/// Optimiser steps over flat arrays.
public protocol UpdateKernels {
  /// v ← momentum v + g, p ← p − rate v (PyTorch's convention); without `velocity`, v = g.
  static func sgd(
    _ parameters: FloatOut, _ gradient: FloatIn, velocity: FloatOut?, rate: Float, momentum: Float,
    _ n: Int)
  /// m ← β1 m + (1 − β1) g, v ← β2 v + (1 − β2) g²,
  /// p ← p − rate (m / c1) / (√(v / c2) + ε) (Kingma & Ba 2015; Loshchilov & Hutter 2019).
  static func adam(
    _ parameters: FloatOut, _ gradient: FloatIn, _ m: FloatOut, _ v: FloatOut, _ step: AdamStep,
    _ n: Int)
}
