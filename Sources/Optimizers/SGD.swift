import Autodiff
import Catalog
import Tensors

/// Stochastic gradient descent with momentum: v ← μ v + g, θ ← θ − η v (PyTorch's convention).
struct SGD: UpdateRule {
  static let entry = Entry.function(
    "sgd", "Stochastic gradient descent, with momentum where asked.",
    .option("rate", "learning rate η, a number or a function of the step"),
    .option("momentum", default: 0, "μ", in: .within(0..<1)),
    source: "Robbins and Monro 1951; Polyak 1964", example: "return optim.sgd{rate = 0.5}"
  ) { (rate: RateSchedule, momentum: Double) in Optimizer(SGD(momentum: momentum), rate: rate) }

  let momentum: Double

  var name: String { "sgd" }
  var settings: [(String, Double)] { momentum == 0 ? [] : [("momentum", momentum)] }

  func makeState(count: Int) throws -> any OptimizerState {
    State(
      momentum: Float(momentum), velocity: momentum == 0 ? nil : try Tensor.zeros([count]), count)
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
