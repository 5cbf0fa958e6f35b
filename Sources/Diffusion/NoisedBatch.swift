import Autodiff
import Models
import Processes
import Tensors

/// One batch of training: clean points, times, noise, and the noised points x_t = r(t) x_0 + std(t) z.
///
/// The buffers are made once and refilled at each step; `prefix` gives views for a shorter last batch.
package final class NoisedBatch {
  package let count: Int
  /// x_0 and x_t, shape [count, d].
  package let clean: Tensor
  package let noised: Tensor
  /// z ~ N(0, I), shape [count, d].
  package let noise: Tensor
  /// Shape [count].
  package let times: Tensor
  package let std: Tensor
  package let mean: Tensor
  /// What ‖std · s + z‖² is multiplied with: λ(t)/std(t)²; 1 for the usual weighting λ = std².
  package let weights: Tensor

  package init(capacity: Int, dimension: Int) throws {
    count = capacity
    clean = try .zeros([capacity, dimension])
    noised = try .zeros([capacity, dimension])
    noise = try .zeros([capacity, dimension])
    times = try .zeros([capacity])
    std = try .zeros([capacity])
    mean = try .zeros([capacity])
    weights = try .zeros([capacity])
  }

  /// All of them, in the order that `init(_:)` takes them.
  private(set) lazy var tensors = [clean, noised, noise, times, std, mean, weights]

  init(_ tensors: [Tensor]) {
    count = tensors[0].shape[0]
    clean = tensors[0]
    noised = tensors[1]
    noise = tensors[2]
    times = tensors[3]
    std = tensors[4]
    mean = tensors[5]
    weights = tensors[6]
  }

  private init(_ whole: NoisedBatch, count: Int) {
    self.count = count
    clean = whole.clean.slice(axis: 0, 0..<count)
    noised = whole.noised.slice(axis: 0, 0..<count)
    noise = whole.noise.slice(axis: 0, 0..<count)
    times = whole.times.slice(axis: 0, 0..<count)
    std = whole.std.slice(axis: 0, 0..<count)
    mean = whole.mean.slice(axis: 0, 0..<count)
    weights = whole.weights.slice(axis: 0, 0..<count)
  }

  /// The first rows, in the same memory.
  package func prefix(_ count: Int) -> NoisedBatch {
    count == self.count ? self : NoisedBatch(self, count: count)
  }

  /// x_t = r(t) x_0 + std(t) z from what the other buffers hold.
  package func mixNoise() {
    let d = clean.shape[1]
    let x0 = clean.pointer(Float.self)
    let z = noise.pointer(Float.self)
    let x = noised.pointer(Float.self)
    let s = std.pointer(Float.self)
    let r = mean.pointer(Float.self)
    for i in 0..<count {
      let scale = s[i]
      let factor = r[i]
      for k in i * d..<(i + 1) * d { x[k] = factor * x0[k] + scale * z[k] }
    }
  }
}
