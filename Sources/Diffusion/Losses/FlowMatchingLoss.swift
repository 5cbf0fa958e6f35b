import Autodiff
import Catalog
import Models
import Processes
import Tensors

/// Conditional flow matching: (1/n) Σ wᵢ ‖v(x_tᵢ, tᵢ) − (α′ x_0ᵢ + σ′ zᵢ)‖² with x_t = α x_0 + σ z.
///
/// Lipman et al. 2023, Eq. 9; Liu et al. 2023. With x_0 and z independent it is denoising score matching with
/// w = (σ′ − α′ σ/α)². With `pairing = "optimal_transport"` the noises of a batch are dealt to its points so that
/// Σ ‖x_0ᵢ − zᵢ‖² is least (Pooladian et al. 2023; Tong et al. 2024): paths cross less, and v is the velocity of another
/// flow between the same ends. As the noise then depends on the data, E[z | x_t] is not −σ ∇ log p_t, and no score
/// follows: the model must be one that gives its velocity only.
package struct FlowMatchingLoss: Loss {
  package struct Options: OptionGroup {
    package var pairing = "independent"
    package var weight: Callback?
    package init() {}
    package static let options: [Option<Options>] = [
      Option(
        "pairing", \.pairing, "which noise goes with which point of a batch",
        in: .oneOf(["independent", "optimal_transport"])),
      Option(
        "weight", \.weight,
        "w(t) on the squared error of the velocity: a function of ln(α²/σ²), [n] → [n]; 1 where absent"
      ),
    ]
  }

  /// The assignment takes time as the cube of the rows.
  static let mostPairs = 1024

  package static let constructor = "flow_matching"
  package static let entry = constructorEntry(
    "Conditional flow matching: the squared error of the velocity.",
    details:
      "With independent pairs its value is that of loss.denoising{weight = \"velocity\"}. optimal_transport is "
      + "for batches of up to \(mostPairs) rows, without labels, and for models that predict 'transport', which have a "
      + "velocity and no score: samplers with noise, likelihoods and other losses refuse them.",
    source: "Lipman et al. 2023, Eq. 9; Liu et al. 2023; Pooladian et al. 2023; Tong et al. 2024",
    example: """
      m = nn.residual_mlp{dimension = 2, width = 16, predicts = "transport", sde = sde.linear_flow(), seed = 1}
      x = random.stream(1):normal{100, 2}
      paired = loss.flow_matching{pairing = "optimal_transport"}
      return train(m, x, {steps = 20, seed = 1, loss = paired})
      """)

  package let options: Options
  package init(_ options: Options = Options()) { self.options = options }

  package var takesScoreWeight: Bool { false }
  package var functions: [Callback] { options.weight.map { [$0] } ?? [] }
  private var isTransport: Bool { options.pairing == "optimal_transport" }

  package func check(_ setting: LossSetting) throws {
    guard isTransport else { return }
    guard setting.score.givesVelocityOnly else {
      throw UserError(
        "pairing = 'optimal_transport' needs a model that predicts 'transport', since no score follows from its "
          + "velocity, got one that predicts '\(setting.score.predicts)'")
    }
    guard !setting.isLabelled else {
      throw UserError(
        "pairing = 'optimal_transport' is for data without labels: it would give each class noise of a law of its own"
      )
    }
    guard setting.rows <= FlowMatchingLoss.mostPairs else {
      throw UserError(
        "pairing = 'optimal_transport' takes at most \(FlowMatchingLoss.mostPairs) rows an update (batch times "
          + "noises), got \(setting.rows)")
    }
  }

  package func weights(of examples: ExampleTimes, _ setting: LossSetting) throws -> Tensor? {
    try options.weight.map {
      try checkedWeights($0, of: setting.process.values(.logSNR, of: examples.t), examples.t)
    }
  }

  package func objective(_ setting: LossSetting) throws -> any Objective {
    let objective = AutodiffObjective(setting) { batch, score in
      let m = Marginal(
        setting.process, batch.times, rank: batch.noised.rank, sigma: batch.sigma)
      let v = try score.estimate(
        .velocity, batch.noised, batch.times, process: setting.process)
      let path =
        try m.part(0, of: .velocity, .float32) * batch.clean
        + m.part(1, of: .velocity, .float32) * batch.noise
      return try meanSquares(of: v - path, batch)
    }
    return isTransport ? PreparedObjective(objective) { try $0.pairByTransport() } : objective
  }
}

extension NoisedBatch {
  /// Deals the noises to the points so that Σ ‖x_0ᵢ − zᵢ‖² is least.
  package func pairByTransport() throws {
    // ‖x_0‖² and ‖z‖² are in every pairing, so what is left is −2 ⟨x_0, z⟩.
    let (x, z) = (try flattenedPoints(clean), try flattenedPoints(noise))
    let products = try x.matrixProduct(z.transposed()).doubles()
    let partners = try Assignment.leastCost(products.map { -$0 }, count: count)
    let dealt = try noise.copied()
    let d = z.shape[1]
    let (from, to) = (dealt.pointer(Float.self), noise.pointer(Float.self))
    for (row, partner) in partners.enumerated() {
      (to + row * d).update(from: from + partner * d, count: d)
    }
    mixNoise()
  }
}
