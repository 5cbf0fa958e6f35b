import Glibc
import KernelsBase
import Runtime
import Tensors

/// An exponential average of parameters over their updates: the mean of θ₁ … θ_k with weights ∝ β^{k−j}, as
/// Adam corrects its means, so that the start, which is no estimate of anything, does not weigh in (Kingma
/// and Ba 2015, section 3). It lies in memory of the caller's, who may store it.
package struct ParameterAverage {
  private let decay: Double
  private let average: UnsafeMutableBufferPointer<Float>

  /// - Parameters: `decay`, β; `average`, where it lies.
  package init(decay: Double, in average: UnsafeMutableBufferPointer<Float>) {
    self.decay = decay
    self.average = average
  }

  /// - Parameter updates: k, with the one that made these parameters.
  package func add(_ parameters: UnsafePointer<Float>, updates: Int) {
    guard let target = average.baseAddress else { return }
    let weight = Float((1 - decay) / (1 - pow(decay, Double(updates))))
    WorkerPool.shared.runWhole(count: average.count, grain: 1 << 15) { range in
      kernels.lerp(target + range.lowerBound, parameters + range.lowerBound, weight, range.count)
    }
  }
}
