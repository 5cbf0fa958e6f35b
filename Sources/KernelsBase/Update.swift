/// Optimiser steps over flat arrays of parameters.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

extension Kernels {
  /// Gradient descent with momentum in PyTorch's form (Sutskever et al. 2013, with the rate
  /// outside of the velocity).
  public static func sgd(
    _ parameters: FloatOut, _ gradient: FloatIn, velocity: FloatOut?, rate: Float, momentum: Float,
    _ n: Int
  ) {
    if let velocity {
      let momentum = F16(repeating: momentum)
      map(FloatIn(velocity), gradient, velocity, n) { fma(momentum, $0, $1) }
      axpy(-rate, FloatIn(velocity), parameters, n)
    } else {
      axpy(-rate, gradient, parameters, n)
    }
  }

  /// Adam (Kingma & Ba 2015, Algorithm 1), with weight decay in the gradient or decoupled
  /// (Loshchilov & Hutter 2019, Algorithm 2).
  public static func adam(
    _ parameters: FloatOut, _ gradient: FloatIn, _ m: FloatOut, _ v: FloatOut, _ step: AdamStep,
    _ n: Int
  ) {
    let shrink = F16(repeating: step.shrink)
    let decay = F16(repeating: step.decay)
    let size = F16(repeating: -step.size)
    let inverseRoot = F16(repeating: step.inverseRoot)
    let beta1 = F16(repeating: step.beta1)
    let beta2 = F16(repeating: step.beta2)
    let rest1 = F16(repeating: step.rest1)
    let rest2 = F16(repeating: step.rest2)

    @inline(__always) func advance(_ p: inout F16, _ g: F16, _ m: inout F16, _ v: inout F16) {
      let g = fma(decay, p, g)
      m = fma(beta1, m, rest1 * g)
      v = fma(beta2, v, rest2 * g * g)
      p = fma(size, m / fma(v.squareRoot(), inverseRoot, F16(repeating: step.epsilon)), p * shrink)
    }

    var i = 0
    while i &+ 16 <= n {
      var (p, mean, square) = (load(parameters, i), load(m, i), load(v, i))
      advance(&p, load(gradient, i), &mean, &square)
      store(p, parameters, i)
      store(mean, m, i)
      store(square, v, i)
      i &+= 16
    }
    if i < n {
      let rest = n &- i
      var p = loadPart(FloatIn(parameters) + i, rest)
      var mean = loadPart(FloatIn(m) + i, rest)
      var square = loadPart(FloatIn(v) + i, rest)
      advance(&p, loadPart(gradient + i, rest), &mean, &square)
      storePart(p, parameters + i, rest)
      storePart(mean, m + i, rest)
      storePart(square, v + i, rest)
    }
  }
}
