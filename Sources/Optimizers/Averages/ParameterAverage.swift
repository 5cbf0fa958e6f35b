import Glibc
import KernelsBase
import Runtime
import Tensors

/// The average of one model's parameters by a rule. It lies in memory of the caller's, who may store it and who puts the
/// initial parameters there.
package struct ParameterAverage {
  private let rule: any AverageRule
  private let examples: Int
  private let average: UnsafeMutableBufferPointer<Float>

  /// - Parameters:
  ///   - examples: of an update.
  ///   - average: where it lies.
  package init(
    _ rule: any AverageRule, examples: Int, in average: UnsafeMutableBufferPointer<Float>
  ) {
    (self.rule, self.examples, self.average) = (rule, examples, average)
  }

  /// - Parameter updates: k, with the one that made these parameters.
  package func add(_ parameters: UnsafePointer<Float>, updates: Int) {
    guard let target = average.baseAddress else { return }
    let share = 1 - rule.decay(at: updates, examples: examples)
    let sum = rule.holdsInitial ? 1 : 1 - rule.product(through: updates, examples: examples)
    let weight = Float(share / sum)
    WorkerPool.shared.runWhole(count: average.count, grain: 1 << 15) { range in
      kernels.lerp(target + range.lowerBound, parameters + range.lowerBound, weight, range.count)
    }
  }

  /// The weight of the initial parameters after so many updates.
  package func initialShare(after updates: Int) -> Double {
    if updates == 0 { return 1 }
    return rule.holdsInitial ? rule.product(through: updates, examples: examples) : 0
  }
}
