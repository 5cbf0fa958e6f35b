import Catalog
import Glibc
import Models
import Processes
import Targets
import Tensors

/// The least denoising loss any model can reach: that of the exact score.
///
/// With the weighting λ(t) the loss is E_t λ(t) E ‖s(x_t, t) + z/std(t)‖². For s = ∇ ln p_t,
/// E‖std s + z‖² = d − std² E‖∇ ln p_t(x_t)‖² (Vincent 2011; Li et al. 2023, Eqs. 5, 7), so the bound is
///   ∫ dt λ(t)/std² (d − std² E‖∇ ln p_t‖²) / (t₁ − t₀),
/// by Gauss–Legendre quadrature in t and the trapezoidal rule in x. Without a weighting λ = std², as the
/// paper's code has it.
enum DSMBayesLoss {
  static let entry = Entry.function(
    "dsm_bayes_loss", "The denoising loss of the exact score: what no model can go below.",
    .arg("target"), .arg("sde", "the diffusion"),
    .option("weight", default: nil, "λ(t), a function of a tensor of times; std² where absent"),
    .option("nodes", default: 128, "times of the quadrature", in: .within(8...1024)),
    returns: "the loss",
    details: "One dimension, t uniform on the diffusion's training times.",
    source: "Li et al. 2023, Eqs. 5–7; Vincent 2011",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return metric.dsm_bayes_loss(mix, sde.ve_power())
      """
  ) { (target: Target, sde: SDE, weight: Callback?, nodes: Int) in
    try checkOneDimensional(target)
    let times = gaussLegendre(nodes, on: sde.process.trainingTimes)
    let weights = try checkedWeights(weight, at: times.map(\.x))
    let length = sde.process.trainingTimes.upperBound - sde.process.trainingTimes.lowerBound
    return try times.indices.reduce(0) { total, i in
      let variance = sde.process.std(times[i].x) * sde.process.std(times[i].x)
      let loss = try 1 - variance * meanSquaredScore(target.noised(sde, at: times[i].x))
      return total + times[i].weight / length * loss * (weights.map { $0[i] / variance } ?? 1)
    }
  }

  /// λ at the nodes, checked.
  private static func checkedWeights(_ weight: Callback?, at times: [Double]) throws -> [Double]? {
    guard let weight else { return nil }
    let values = try weight.call(Tensor(times), returning: Tensor.self, name: "weight")
    guard values.shape == [times.count] else {
      throw UserError(
        "weight must return a tensor of shape [\(times.count)] for \(times.count) times, got "
          + "\(values.shape)")
    }
    let numbers = try values.doubles()
    if let wrong = numbers.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw UserError("weight must return numbers of 0 or more, got \(formatNumber(wrong))")
    }
    return numbers
  }

  /// E‖∇ ln p‖² under p, on a grid finer than its narrowest part.
  static func meanSquaredScore(_ p: any Distribution) throws -> Double {
    let range = try wideRange(of: p)
    let width = range.upperBound - range.lowerBound
    let wanted = 8 * width / (try p.finestScale())
    let count = Int(min(max(wanted, 2000), 1e6))
    let step = width / Double(count)
    let x = try Tensor(
      (0...count).map { range.lowerBound + step * Double($0) }, shape: [count + 1, 1])
    let logP = try p.logDensity(x).doubles()
    let scores = try p.score(x).doubles()
    return zip(logP, scores).reduce(0) { $0 + exp($1.0) * $1.1 * $1.1 } * step
  }
}
