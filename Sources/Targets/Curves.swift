import Catalog
import Glibc
import Tensors

/// Curves in the plane that people draw samples of: one line each in `entries`.
enum Curves {
  static let entries = [rings, moons, spiral, swissRoll]

  private static let details = """
    With std = 0 the points lie on the curve: there is no density and no score without noise. Score, density \
    and posterior mean under noise are exact, by quadrature along the curve, and pass no gradient.
    """

  private static func std() -> Parameter<Double> {
    .option("std", default: 0.1, "of normal noise about the curve", in: .nonNegative)
  }

  static let rings = Entry.function(
    "rings", "Circles about 0 in the plane, with noise about them.",
    .option("radii", default: [1, 2], "of the circles"), std(),
    .option("weights", default: nil, "0 or more, divided by their sum; equal where absent"),
    returns: "a target of two dimensions", details: details, source: "",
    example: "return target.rings{radii = {1, 2, 3}, std = 0}:model(sde.vp())"
  ) { (radii: [Double], std: Double, weights: [Double]?) in
    guard !radii.isEmpty else { throw UserError("radii must have at least one number, got {}") }
    if let wrong = radii.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw UserError("radii must be positive numbers, got \(formatNumber(wrong))")
    }
    let shares = try checkedShares(weights, count: radii.count, of: "ring")
    let arcs = zip(radii, shares).filter { $1 > 0 }.map { Arc.circle(weight: $1, radius: $0) }
    return Target(CurveDistribution(arcs, name: "rings", std: std))
  }

  static let moons = Entry.function(
    "moons", "Two half circles in the plane that reach into each other, with noise about them.",
    std(), returns: "a target of two dimensions",
    details: "(cos θ, sin θ) and (1 − cos θ, ½ − sin θ), θ from 0 to π. " + details,
    source: "scikit-learn, make_moons", example: "x = target.moons():sample(500, {seed = 1})"
  ) { (std: Double) in
    let arcs: [Arc] = [
      .uniform(weight: 0.5, 0...Double.pi, speed: 1) { SIMD2(cos($0), sin($0)) },
      .uniform(weight: 0.5, 0...Double.pi, speed: 1) { SIMD2(1 - cos($0), 0.5 - sin($0)) },
    ]
    return Target(CurveDistribution(arcs, name: "moons", std: std))
  }

  static let spiral = Entry.function(
    "spiral", "Arms of a spiral about 0 in the plane, with noise about them.",
    .option("arms", default: 2, "how many", in: .within(1...1000)),
    .option("turns", default: 1.5, "of an arm", in: .turns),
    .option("radius", default: 3, "where an arm ends", in: .positive), std(),
    returns: "a target of two dimensions",
    details: """
      An arm is r = radius θ/θ_max with the density of θ in proportion to θ, so that points are spread nearly \
      evenly along it.
      """ + " " + details,
    source: "Grathwohl et al. 2019, FFJORD", example: "x = target.spiral():sample(500, {seed = 1})"
  ) { (arms: Int, turns: Double, radius: Double, std: Double) in
    let end = 2 * Double.pi * turns
    let arcs = (0..<arms).map {
      Arc.spiral(
        weight: 1 / Double(arms), 0...end, a: radius / end,
        turn: 2 * Double.pi * Double($0) / Double(arms), isEven: true)
    }
    return Target(CurveDistribution(arcs, name: "spiral", std: std))
  }

  static let swissRoll = Entry.function(
    "swiss_roll", "A rolled-up line in the plane, or a sheet in space, with noise about it.",
    .option("radius", default: 3, "where the roll ends", in: .positive), std(),
    .option(
      "height", default: nil,
      "of the sheet: a third coordinate, uniform from 0 to height; in the plane where absent"),
    returns: "a target of two dimensions, or of three",
    details: "r = radius θ/4.5π with θ uniform from 1.5π to 4.5π. " + details,
    source: "scikit-learn, make_swiss_roll",
    example: "x = target.swiss_roll():sample(500, {seed = 1})"
  ) { (radius: Double, std: Double, height: Double?) in
    let (first, last) = (1.5 * Double.pi, 4.5 * Double.pi)
    let arc = Arc.spiral(weight: 1, first...last, a: radius / last, turn: 0, isEven: false)
    let roll = CurveDistribution([arc], name: "swiss_roll", std: std)
    guard let height else { return Target(roll) }
    guard height > 0, height.isFinite else {
      throw UserError("height must be a positive number, got \(formatNumber(height))")
    }
    let line = UniformIntervals([0...height], weights: [1])
    return Target(
      ProductDistribution(
        [roll, std > 0 ? try line.noised(mean: 1, std: std) : line], name: "swiss_roll"))
  }
}

extension Domain where Value == Double {
  fileprivate static var turns: Domain {
    Domain("a positive number of at most 100") { $0 > 0 && $0 <= 100 }
  }
}
