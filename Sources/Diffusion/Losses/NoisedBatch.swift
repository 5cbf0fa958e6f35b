import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// One batch of training: clean points, times, noise, and the noised points x_t = α(t) x_0 + σ(t) z.
///
/// The buffers are made once and refilled at each step; `prefix` gives views for a shorter last batch.
package final class NoisedBatch {
  package let count: Int
  /// x_0 and x_t, shape [count] and that of a point.
  package let clean: Tensor
  package let noised: Tensor
  /// z ~ N(0, I), shaped alike.
  package let noise: Tensor
  /// Shape [count].
  package let times: Tensor
  package let sigma: Tensor
  package let alpha: Tensor
  /// What ‖σ s + z‖² is multiplied with: λ(t)/σ(t)²; 1 for the usual weighting λ = σ².
  package let weights: Tensor
  /// Classes, int64, where the network has them.
  package let labels: Tensor?
  /// Random vectors of each example, one behind the other, [count, probes · d], where the loss needs some.
  package let probes: Tensor?
  /// The seed of the run and the number of each example, float64 of shape [count, 2], where the network draws
  /// random numbers.
  package let examples: Tensor?

  /// - Parameters:
  ///   - shape: of a data point.
  ///   - probes: random vectors an example.
  ///   - isNumbered: whether the network draws random numbers.
  package init(
    capacity: Int, shape: Shape, isLabelled: Bool = false, probes: Int = 0, isNumbered: Bool = false
  ) throws {
    let points = try Shape(checking: [capacity] + shape)
    count = capacity
    clean = try .zeros(points)
    noised = try .zeros(points)
    noise = try .zeros(points)
    times = try .zeros([capacity])
    sigma = try .zeros([capacity])
    alpha = try .zeros([capacity])
    weights = try .zeros([capacity])
    labels = isLabelled ? try .zeros([capacity], .int64) : nil
    examples = isNumbered ? try .zeros([capacity, 2], .float64) : nil
    let d = shape.elementCount
    self.probes =
      probes > 0
      ? try .zeros(Shape(checking: [capacity, (Count(probes) * Count(d)).value])) : nil
  }

  /// All of them, in the order that `init(_:)` takes them.
  private(set) lazy var tensors =
    [clean, noised, noise, times, sigma, alpha, weights]
    + [labels, probes, examples].compactMap(\.self)

  init(_ tensors: [Tensor]) {
    count = tensors[0].shape[0]
    clean = tensors[0]
    noised = tensors[1]
    noise = tensors[2]
    times = tensors[3]
    sigma = tensors[4]
    alpha = tensors[5]
    weights = tensors[6]
    labels = tensors.dropFirst(7).first { $0.dtype == .int64 }
    probes = tensors.dropFirst(7).first { $0.dtype == .float32 }
    examples = tensors.dropFirst(7).first { $0.dtype == .float64 }
  }

  /// The first rows, in the same memory.
  package func prefix(_ count: Int) -> NoisedBatch {
    count == self.count ? self : NoisedBatch(tensors.map { $0.slice(axis: 0, 0..<count) })
  }

  /// x_t = α(t) x_0 + σ(t) z from what the other buffers hold.
  package func mixNoise() {
    let d = clean.shape.dropFirst().reduce(1, *)
    let x0 = clean.pointer(Float.self)
    let z = noise.pointer(Float.self)
    let x = noised.pointer(Float.self)
    let sigmas = sigma.pointer(Float.self)
    let alphas = alpha.pointer(Float.self)
    // A loop of its own for numbers, which the compiler makes eight wide.
    if d == 1 {
      for i in 0..<count { x[i] = alphas[i] * x0[i] + sigmas[i] * z[i] }
      return
    }
    for i in 0..<count {
      let scale = sigmas[i]
      let factor = alphas[i]
      for k in i * d..<(i + 1) * d { x[k] = factor * x0[k] + scale * z[k] }
    }
  }
}
