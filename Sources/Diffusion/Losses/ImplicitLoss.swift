import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Implicit score matching: (1/n) Σ wᵢ σᵢ² (‖s‖² + 2 tr ∇s) at (x_tᵢ, tᵢ), twice Hyvärinen's tr ∇s + ½ ‖s‖² by w σ², which
/// is explicit score matching up to a constant, by integration by parts.
///
/// Hyvärinen 2005, Theorem 1. The trace is exact, d reverse sweeps, or E[vᵀ ∇s v] over random v (Hutchinson 1990).
package struct ImplicitLoss: Loss {
  package struct Options: OptionGroup {
    package var probes: Count?
    package var weights = NoiseWeights()
    package init() {}
    package static let options: [Option<Options>] =
      [
        Option(
          "probes", \.probes,
          "Rademacher vectors an example for the trace of ∇s (Hutchinson); the exact trace where absent",
          in: .positive)
      ] + Option.group(\.weights)
  }

  /// Each axis is a reverse sweep.
  static let mostExactDimensions = 128

  package static let constructor = "implicit"
  package static let entry = constructorEntry(
    "Implicit score matching: the squared error of the score without its target, by its divergence.",
    details:
      "Of noised points, as all losses. The exact trace takes d sweeps, for d up to \(mostExactDimensions).",
    source: "Hyvärinen 2005, Theorem 1; Hutchinson 1990",
    example: """
      m = nn.score_mlp{sde = sde.vp(), seed = 1}
      x = random.stream(1):normal{100, 1}
      return train(m, x, {steps = 20, seed = 1, loss = loss.implicit()})
      """)

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var takesScoreWeight: Bool { options.weights.weight == nil }
  package var functions: [Callback] { options.weights.functions }
  package var probes: Probes? {
    options.probes.map { Probes(count: $0.value, law: .rademacher) }
  }

  package func check(_ setting: LossSetting) throws {
    try setting.requireScore()
    try options.weights.check(setting.score)
    let d = setting.score.dimension
    guard options.probes != nil || d <= ImplicitLoss.mostExactDimensions else {
      throw UserError(
        "the loss implicit needs probes for d above \(ImplicitLoss.mostExactDimensions), got d = \(d): "
          + "loss.implicit{probes = 1}")
    }
  }

  package func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    try options.weights.values(of: examples, setting)
  }

  package func objective(_ setting: LossSetting) throws -> any Objective {
    AutodiffObjective(setting) { batch, score in
      try scoreDivergence(batch, score, setting.process) { f, pullBack in
        let trace =
          try batch.probes == nil
          ? exactTrace(f, pullBack) : probedTrace(f, batch, pullBack)
        return try sum(square(flattenedPoints(f)), axis: 1) + trace * batch.sigma * 2
      }
    }
  }
}

typealias PullBack = (Tensor) throws -> [Tensor]

/// (1/n) Σ wᵢ qᵢ, with q made of f = σ s and of vectors pulled back through its slope in x: σ² tr ∇s = σ tr ∇f.
func scoreDivergence(
  _ batch: NoisedBatch, _ score: any ScoreFunction, _ process: any DiffusionProcess,
  _ values: (_ f: Tensor, _ pullBack: @escaping PullBack) throws -> Tensor
) throws -> Tensor {
  try withPullback([batch.noised]) {
    try score.scoreTimesSigma($0[0], batch.times, sigma: batch.sigma, process: process)
  } _: { f, pullBack in
    try withoutActuallyEscaping(pullBack) { pullBack in
      try sum(batch.weights * values(f, pullBack)) / Double(batch.count)
    }
  }
}

/// tr ∇f of each row, shape [n].
func exactTrace(_ f: Tensor, _ pullBack: PullBack) throws -> Tensor {
  let d = f.shape.dropFirst().reduce(1, *)
  var total: Tensor?
  for axis in 0..<d {
    let unit = try Tensor((0..<d).map { $0 == axis ? 1 as Float : 0 })
    let row = try convert(unit, to: f.dtype).reshaped(to: [1] + Array(f.shape.dropFirst()))
    let flow = try flattenedPoints(pullBack(broadcast(row, to: f.shape))[0])
    let slope = try select(flow, axis: 1, axis)
    total = try total.map { try $0 + slope } ?? slope
  }
  guard let total else { throw UserError("points must have at least one number") }
  return total
}

/// (1/m) Σ vᵀ ∇f v of each row over its m probes, shape [n].
func probedTrace(_ f: Tensor, _ batch: NoisedBatch, _ pullBack: PullBack) throws -> Tensor {
  try averagedOverProbes(f, batch) { v in
    try sum(flattenedPoints(pullBack(v)[0]) * flattenedPoints(v), axis: 1)
  }
}

/// The mean of a function of a probe of each row, shape [n].
func averagedOverProbes(
  _ f: Tensor, _ batch: NoisedBatch, _ value: (_ v: Tensor) throws -> Tensor
) throws -> Tensor {
  guard let probes = batch.probes else { throw UserError("the batch has no probes") }
  let d = f.shape.dropFirst().reduce(1, *)
  let count = probes.shape[1] / d
  var total: Tensor?
  for place in 0..<count {
    let v = try reshape(
      slice(probes, axis: 1, place * d..<(place + 1) * d), to: Array(f.shape))
    let part = try value(v)
    total = try total.map { try $0 + part } ?? part
  }
  guard let total else { throw UserError("the batch has no probes") }
  return try total / Double(count)
}
