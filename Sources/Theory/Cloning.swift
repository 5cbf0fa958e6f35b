import Catalog
import Glibc
import Processes
import Tensors

/// The chance that two trajectories that part at time t end in one class, for two equal normal classes at ±m:
///   φ(t) = ½ ∫ (G₊² + G₋²)/(G₊ + G₋) dy,  G± = N(y; ±‖m‖ α, σ² + std² α²).
/// In units of the width of G it is E[1/(1 + e^(−2δy))] over y ~ N(δ, 1), δ = ‖m‖ α/√(σ² + std² α²).
enum Cloning {
  static let entry = Entry.function(
    "cloning",
    "The chance that two clones of a trajectory end in one class, for two normal classes.",
    .arg("t", "time at which the trajectory is cloned", in: .nonNegative),
    .option("separation", "‖m‖, from 0 to the mean of a class", in: .nonNegative),
    .option("std", default: 1, "of a class along m", in: .nonNegative),
    .option("sde", default: nil, diffusionSummary),
    returns: "φ(t), from ½ where nothing is decided to 1",
    details: "By the trapezoidal rule, to 1e-12.",
    source: "Biroli et al. 2024, Eq. 6",
    example: "return theory.cloning(math.log(16), {separation = 16})"
  ) { (t: Double, separation: Double, std: Double, sde: SDE?) in
    let (alpha, sigma) = try marginal(t, sde)
    let width = hypot(sigma, std * alpha)
    // Without noise and width all is decided.
    if width == 0 { return separation > 0 ? 1.0 : 0.5 }
    return agreement(separation * alpha / width)
  }

  static func agreement(_ delta: Double) -> Double {
    let step = 1 / 128.0
    return (-1280...1280).reduce(0) { sum, k in
      let z = Double(k) * step
      let weight = exp(-z * z / 2) / (2 * Double.pi).squareRoot() * step
      return sum + weight / (1 + exp(-2 * delta * (delta + z)))
    }
  }
}

/// The potential in which the overlap q = m·x/√d moves, and its curvature at 0:
///   V = q²/2 − 2 μ̃² ln cosh(q e^−t √d),  V″(0) = 1 − 2 d μ̃² e^−2t,
/// one well before t = ½ ln(2 d μ̃²) on the way back, two after it.
enum ClassPotential {
  static let entry = Entry.function(
    "class_potential", "The potential of the overlap with the classes, one well or two.",
    .arg("q", "overlap m·x/√d, a number or a list of them"),
    .arg("t", "time of the Ornstein–Uhlenbeck process", in: .nonNegative),
    .option("mu", "μ̃, with ‖m‖² = d μ̃²", in: .nonNegative),
    .option("dimension", "d", in: .positive),
    returns: "V(q), float64 tensor [n]; its second derivative at q = 0",
    source: "Biroli et al. 2024, §II",
    example: "return theory.class_potential({-1, 0, 1}, 1, {mu = 1, dimension = 100})"
  ) { (q: OneOf<Double, [Double]>, t: Double, mu: Double, dimension: Count) in
    let places: [Double] =
      switch q {
      case .first(let one): [one]
      case .second(let list): list
      }
    let root = Double(dimension.value).squareRoot()
    let values = places.map { q in
      // ln cosh without overflow.
      let u = abs(q * exp(-t) * root)
      return q * q / 2 - 2 * mu * mu * (u + log1p(exp(-2 * u)) - log(2))
    }
    return Several(
      try Tensor(values), 1 - 2 * Double(dimension.value) * mu * mu * exp(-2 * t))
  }
}
