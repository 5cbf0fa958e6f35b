import Catalog
import Tensors

/// Adam with weight decay beside the gradient, not in it: θ ← θ − η λ θ, then θ ← θ − η m̂/(√v̂ + ε) (Loshchilov and Hutter
/// 2019, Algorithm 2, with the schedule in η).
package struct AdamW: UpdateRule {
  package struct Options: OptionGroup {
    package var adam = Adam.Options { $0.weightDecay = 0.01 }

    package init() {}

    package static let options: [Option<Options>] = Option.group(\.adam)
  }

  package static let constructor = "adamw"
  package static let entry = constructorEntry(
    "Adam with decoupled weight decay.",
    source: "Loshchilov and Hutter 2019, Algorithm 2",
    example:
      "return optim.adamw{rate = rate.cosine{rate = 1e-3, steps = 10000}, weight_decay = 0.05}")

  package let options: Options
  package var rate: RateSchedule { options.adam.rate }
  package var transforms: TransformOptions { options.adam.transforms }

  package init(_ options: Options) { self.options = options }

  package func makeState(count: Int) throws -> any OptimizerState {
    try Adam(options.adam).makeState(count: count)
  }
}
