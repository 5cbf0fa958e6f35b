import KernelsBase
import Tensors

/// Gradient accumulation: the mean of k gradients stands for that of a batch k times as large, of which
/// one part after the other is in memory.
final class Accumulation: GradientTransform {
  private let length: Int
  private let count: Int
  private let mean: Tensor

  /// - Parameters: `length`, k; `count`, the number of parameters.
  init(of length: Int, count: Int) throws {
    self.length = length
    self.count = count
    mean = try .zeros([count])
  }

  var tensors: [(name: String, tensor: Tensor)] { [("accumulated", mean)] }

  func apply(_ gradient: UnsafeMutablePointer<Float>, step: Int) -> Bool {
    let m = mean.pointer(Float.self)
    let place = (step - 1) % length + 1
    // m ← m + (g − m)/place
    if place == 1 {
      m.update(from: gradient, count: count)
    } else {
      kernels.lerp(m, gradient, 1 / Float(place), count)
    }
    guard place == length else { return false }
    gradient.update(from: m, count: count)
    return true
  }
}
