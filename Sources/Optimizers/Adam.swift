import Autodiff
import Catalog
import KernelsBase
import Runtime
import Tensors

/// Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², θ ← θ − η m̂ / (√v̂ + ε) with bias-corrected
/// m̂, v̂ (Kingma and Ba 2015, Algorithm 1). `weight_decay` is decoupled, θ ← θ − η λ θ (Loshchilov and
/// Hutter 2019).
package struct Adam: UpdateRule {
  package struct Options: OptionGroup {
    package var rate = RateSchedule.constant(1e-3)
    package var beta1 = 0.9
    package var beta2 = 0.999
    package var epsilon = 1e-8
    package var weightDecay = 0.0
    package var transforms = TransformOptions()

    package init() {}

    package static let options: [Option<Options>] =
      [
        Option("rate", \.rate, "learning rate η: " + RateSchedule.expectation),
        Option("beta1", \.beta1, "decay of the mean of g", in: .within(0..<1)),
        Option("beta2", \.beta2, "decay of the mean of g²", in: .within(0..<1)),
        Option("epsilon", \.epsilon, "keeps the division finite", in: .positive),
        Option("weight_decay", \.weightDecay, "λ", in: .nonNegative),
      ] + Option.group(\.transforms)
  }

  package static let constructor = "adam"
  package static let entry = constructorEntry(
    "Adam, with decoupled weight decay where asked.",
    source: "Kingma and Ba 2015, Algorithm 1; Loshchilov and Hutter 2019",
    example: "return optim.adam{rate = function(step) return 1e-3 * math.min(1, step / 500) end}")

  package let options: Options
  package var rate: RateSchedule { options.rate }
  package var transforms: TransformOptions { options.transforms }

  package init(_ options: Options) { self.options = options }

  package func makeState(count: Int) throws -> any OptimizerState {
    State(options: options, mean: try .zeros([count]), square: try .zeros([count]), count)
  }

  private final class State: OptimizerState {
    let options: Options
    let mean: Tensor
    let square: Tensor
    let count: Int

    init(options: Options, mean: Tensor, square: Tensor, _ count: Int) {
      self.options = options
      self.mean = mean
      self.square = square
      self.count = count
    }

    var tensors: [(name: String, tensor: Tensor)] { [("mean", mean), ("square", square)] }

    func update(
      _ parameters: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>, rate: Double,
      step: Int
    ) {
      let m = mean.pointer(Float.self)
      let v = square.pointer(Float.self)
      let settings = AdamStep(
        step: step, rate: rate, betas: (options.beta1, options.beta2), epsilon: options.epsilon,
        weightDecay: options.weightDecay, decoupled: true)
      WorkerPool.shared.runWhole(count: count, grain: 1 << 15) { range in
        let start = range.lowerBound
        kernels.adam(
          parameters + start, gradient + start, m + start, v + start, settings, range.count)
      }
    }
  }
}
