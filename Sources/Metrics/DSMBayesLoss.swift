import Catalog
import Glibc
import Models
import Processes
import Runtime
import Targets
import Tensors

/// The least denoising loss any model can reach: that of the exact score.
///
/// With the weighting λ(t) the loss is E_t λ(t) E ‖s(x_t, t) + z/std(t)‖². For s = ∇ ln p_t,
/// E‖std s + z‖² = d − std² E‖∇ ln p_t(x_t)‖² (Vincent 2011; Li et al. 2023, Eqs. 5, 7), so the bound is
///   ∫ dt λ(t)/std² (d − std² E‖∇ ln p_t‖²) / (t₁ − t₀),
/// by Gauss–Legendre quadrature in t and in x. Modes that do not overlap are integrated apart, a single
/// normal law in closed form, E (∂ ln p)² = 1/σ²; so the cost does not depend on their distance. Without a weighting λ = std², as the
/// paper's code has it.
package enum DSMBayesLoss {
  static let entry = Entry.function(
    "dsm_bayes_loss", "The denoising loss of the exact score: what no model can go below.",
    .arg("target"), .arg("sde", "the diffusion"),
    .option("weight", default: nil, "λ(t), a function of a tensor of times; std² where absent"),
    .option("nodes", default: 128, "times of the quadrature", in: .within(8...1024)),
    returns: "the loss",
    details: """
      One dimension, t uniform on the diffusion's training times. Evaluates density and score of the \
      noised target at \(nodesOfPanel) points for each standard deviation of the narrowest component \
      that lies there, at each of `nodes` times: some 200 to 400 points for each group of components \
      that overlap.
      """,
    source: "Li et al. 2023, Eqs. 5–7; Vincent 2011",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.dsm_bayes_loss(mix, sde.ve_power())
      """
  ) { (target: Target, sde: SDE, weight: Callback?, nodes: Int) in
    try checkOneDimensional(target)
    let times = gaussLegendre(nodes, on: sde.process.trainingTimes)
    let weights = try weight.map { try checkedWeights($0, at: times.map(\.x)) }
    let length = sde.process.trainingTimes.upperBound - sde.process.trainingTimes.lowerBound
    return try times.indices.reduce(0) { total, i in
      let variance = sde.process.sigma(at: times[i].x) * sde.process.sigma(at: times[i].x)
      guard variance.isFinite else {
        throw UserError(
          "sde must have a finite variance, got std = \(shortNumber(sde.process.sigma(at: times[i].x))) at "
            + "t = \(shortNumber(times[i].x))")
      }
      let loss = try 1 - variance * meanSquaredScore(target.noised(sde, at: times[i].x))
      return total + times[i].weight / length * loss * (weights.map { $0[i] / variance } ?? 1)
    }
  }

  /// Points of a panel as long as the density needs to change.
  private static let nodesOfPanel = 10

  /// E‖∇ ln p‖² under p.
  package static func meanSquaredScore(_ p: any Distribution) throws -> Double {
    try p.lineParts().reduce(0) { total, part in
      if let std = part.std { return total + part.weight / (std * std) }
      return try total + part.weight * meanSquaredScore(part)
    }
  }

  private static func meanSquaredScore(_ part: LinePart) throws -> Double {
    let unit = gaussLegendre(nodesOfPanel, on: 0...1)
    var nodes: [(x: Double, weight: Double)] = []
    for (range, scale) in part.pieces {
      let length = range.upperBound - range.lowerBound
      let wanted = (length / scale).rounded(.up)
      guard wanted <= 1e6 else {
        throw UserError(
          "the noised target cannot be integrated: from \(shortNumber(range.lowerBound)) to "
            + "\(shortNumber(range.upperBound)) it changes over a length of \(shortNumber(scale))")
      }
      let panels = max(1, Int(clamping: wanted))
      let panel = length / Double(panels)
      try nodes.reserveChecked(panels * unit.count)
      for i in 0..<panels {
        if i & 0x3FF == 0 { try Cancellation.check() }
        let start = range.lowerBound + panel * Double(i)
        nodes += unit.map { (start + panel * $0.x, panel * $0.weight) }
      }
    }
    let x = try Tensor(nodes.polledMap(\.x), shape: [nodes.count, 1])
    let logP = try part.law.logDensity(x).doubles()
    let scores = try part.law.score(x).doubles()
    return try nodes.indices.polledReduce(0) {
      $0 + nodes[$1].weight * exp(logP[$1]) * scores[$1] * scores[$1]
    }
  }
}
