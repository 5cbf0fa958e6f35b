import Autodiff
import Catalog
import KernelsBase
import Runtime
import Tensors

/// Stochastic gradient descent with momentum: v ← μ v + g, θ ← θ − η v (PyTorch's convention). With Nesterov's
/// momentum θ ← θ − η (g + μ v): the velocity as it will be when the same gradient comes once more (Sutskever et al. 2013).
package struct SGD: UpdateRule {
  package struct Options: OptionGroup {
    package var rate: RateSchedule?
    package var momentum = 0.0
    package var nesterov = false
    package var transforms = TransformOptions()

    package init() {}

    package static let options: [Option<Options>] =
      [
        Option(required: "rate", \.rate, "learning rate η: " + RateSchedule.expectation),
        Option("momentum", \.momentum, "μ", in: .within(0..<1)),
        Option("nesterov", \.nesterov, "Nesterov's momentum; momentum must be above 0"),
      ] + Option.group(\.transforms)

    package func check() throws {
      guard !nesterov || momentum > 0 else {
        throw UserError("nesterov needs a momentum above 0, got \(formatNumber(momentum))")
      }
    }
  }

  package static let constructor = "sgd"
  package static let entry = constructorEntry(
    "Stochastic gradient descent, with momentum where asked.",
    source: "Robbins and Monro 1951; Polyak 1964; Nesterov 1983; Sutskever et al. 2013",
    example: "return optim.sgd{rate = 0.5, momentum = 0.9, nesterov = true}")

  package let options: Options
  package let rate: RateSchedule
  package var transforms: TransformOptions { options.transforms }

  package init(_ options: Options) throws {
    self.options = options
    rate = try options.required(\.rate, "rate")
  }

  package func makeState(count: Int) throws -> any OptimizerState {
    let velocity = options.momentum == 0 ? nil : try Tensor.zeros([count])
    return State(options, velocity: velocity, count)
  }

  private final class State: OptimizerState {
    let momentum: Double
    let isNesterov: Bool
    let velocity: Tensor?
    let count: Int

    init(_ options: Options, velocity: Tensor?, _ count: Int) {
      (momentum, isNesterov) = (options.momentum, options.nesterov)
      self.velocity = velocity
      self.count = count
    }

    var tensors: [(name: String, tensor: Tensor)] {
      velocity.map { [("velocity", $0)] } ?? []
    }

    func update(
      _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Double,
      step: Int
    ) {
      let v = velocity?.pointer(Float.self)
      // Of the velocity, and with Nesterov's of the gradient besides.
      let own = Float(isNesterov ? rate * momentum : rate)
      WorkerPool.shared.runWhole(count: count, grain: 1 << 15) { range in
        let start = range.lowerBound
        kernels.sgd(
          parameters + start, gradient + start, velocity: v.map { $0 + start }, rate: own,
          momentum: Float(momentum), range.count)
        if isNesterov {
          kernels.sgd(
            parameters + start, gradient + start, velocity: nil, rate: Float(rate), momentum: 0,
            range.count)
        }
      }
    }
  }
}
