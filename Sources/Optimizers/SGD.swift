import Autodiff
import Catalog
import Tensors

/// Stochastic gradient descent with momentum: v ← μ v + g, θ ← θ − η v (PyTorch's convention).
package struct SGD: UpdateRule {
  package struct Options: OptionGroup {
    package var rate: RateSchedule?
    package var momentum = 0.0
    package var transforms = TransformOptions()

    package init() {}

    package static let options: [Option<Options>] =
      [
        Option(required: "rate", \.rate, "learning rate η, a number or a function of the step"),
        Option("momentum", \.momentum, "μ", in: .within(0..<1)),
      ] + Option.group(\.transforms)
  }

  package static let constructor = "sgd"
  package static let entry = constructorEntry(
    "Stochastic gradient descent, with momentum where asked.",
    source: "Robbins and Monro 1951; Polyak 1964", example: "return optim.sgd{rate = 0.5}")

  package let options: Options
  package let rate: RateSchedule
  package var transforms: TransformOptions { options.transforms }

  package init(_ options: Options) throws {
    self.options = options
    rate = try options.required(\.rate, "rate")
  }

  package func makeState(count: Int) throws -> any OptimizerState {
    let velocity = options.momentum == 0 ? nil : try Tensor.zeros([count])
    return State(momentum: Float(options.momentum), velocity: velocity, count)
  }

  private final class State: OptimizerState {
    let momentum: Float
    let velocity: Tensor?
    let count: Int

    init(momentum: Float, velocity: Tensor?, _ count: Int) {
      self.momentum = momentum
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
      kernels.sgd(
        parameters, gradient, velocity: velocity?.pointer(Float.self), rate: Float(rate),
        momentum: momentum, count)
    }
  }
}
