import Autodiff
import Catalog
import KernelsBase
import Runtime
import Tensors

/// Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε) with bias-corrected
/// m̂, v̂ (Kingma and Ba 2015, Algorithm 1). `weight_decay` is decoupled, θ ← θ − η λ θ (Loshchilov and
/// Hutter 2019).
struct Adam: UpdateRule {
  static let entry = Entry.function(
    "adam", "Adam, with decoupled weight decay where asked.",
    .option(
      "rate", default: .constant(1e-3), "learning rate η, a number or a function of the step"),
    .option("beta1", default: 0.9, "decay of the mean of g", in: .within(0..<1)),
    .option("beta2", default: 0.999, "decay of the mean of g²", in: .within(0..<1)),
    .option("epsilon", default: 1e-8, "keeps the division finite", in: .positive),
    .option("weight_decay", default: 0, "λ", in: .nonNegative),
    source: "Kingma and Ba 2015, Algorithm 1; Loshchilov and Hutter 2019",
    example: "return optim.adam{rate = function(step) return 1e-3 * math.min(1, step / 500) end}"
  ) {
    (rate: RateSchedule, beta1: Double, beta2: Double, epsilon: Double, decay: Double) in
    Optimizer(Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay), rate: rate)
  }

  let beta1: Double
  let beta2: Double
  let epsilon: Double
  let weightDecay: Double

  var name: String { "adam" }
  var settings: [(String, Double)] {
    [("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)]
      + (weightDecay == 0 ? [] : [("weight_decay", weightDecay)])
  }

  func makeState(count: Int) throws -> any OptimizerState {
    State(rule: self, mean: try .zeros([count]), square: try .zeros([count]), count)
  }

  private final class State: OptimizerState {
    let rule: Adam
    let mean: Tensor
    let square: Tensor
    let count: Int

    init(rule: Adam, mean: Tensor, square: Tensor, _ count: Int) {
      self.rule = rule
      self.mean = mean
      self.square = square
      self.count = count
    }

    func update(
      _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Double,
      step: Int
    ) {
      let m = mean.pointer(Float.self)
      let v = square.pointer(Float.self)
      let settings = AdamStep(
        step: step, rate: rate, betas: (rule.beta1, rule.beta2), epsilon: rule.epsilon,
        weightDecay: rule.weightDecay, decoupled: true)
      WorkerPool.shared.runWhole(count: count, grain: 1 << 15) { range in
        let start = range.lowerBound
        kernels.adam(
          parameters + start, gradient + start, m + start, v + start, settings, range.count)
      }
    }
  }
}
