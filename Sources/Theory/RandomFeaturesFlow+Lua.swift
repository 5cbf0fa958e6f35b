import Autodiff
import Catalog
import Processes
import Tensors

extension RandomFeaturesFlow {
  private static let example = """
    flow = theory.random_features{dimension = 10, width = 40, count = 20, time = 0.1, sde = sde.ou(), seed = 1}

    """

  struct Options: OptionGroup {
    var dimension: Count = 40
    var width: Count = 640
    var count: Count = 160
    var time = 0.1
    var activation = "tanh"
    var draws: Count?

    static let options: [Option<Options>] = [
      Option("dimension", \.dimension, "d", in: .atLeast(2)),
      Option("width", \.width, "p, the number of features", in: .positive),
      Option("count", \.count, "n, the number of training points", in: .positive),
      Option("time", \.time, "the one time t of the score", in: .nonNegative),
      Option("activation", \.activation, "nonlinearity σ", in: .oneOf(["tanh", "silu"])),
      Option(
        "draws", \.draws,
        "draws of the noise for each training point; absent: its mean, as of infinitely many",
        in: .positive),
    ]
  }

  static let entry = Entry.function(
    "random_features",
    "Random features in high dimension on normal data at one time: spectrum, and losses at any training time.",
    .group(Options.self), .option("sde", "the diffusion"),
    .option("seed", default: nil, "of data, features and draws; the session's next where absent"),
    returns: "a random_features_flow: flow:losses(tau), flow.eigenvalues",
    details: """
      The score is s(x) = A σ(W x/√d)/√p with W of independent N(0, 1), trained on n points of N(0, I_d) from \
      A = 0 by dA/dτ = −d² ∇L, with L = E‖std s + z‖²/d. ψ_p = p/d, ψ_n = n/d and Δ = std(t)²; a mode of eigenvalue λ \
      of U = E φ φᵀ relaxes as e^(−2Δλτ/ψ_p). Means over the noise are in closed form but for a power series in the \
      correlation of two features, which is summed to 1e-10; so are those of the test loss over N(0, I).

      Takes the eigenvalues of a matrix of order p once, some 8 matrices of p² numbers while it is made, and p² \
      sums for each τ.
      """,
    source: "Bonnaire et al. 2025, §4 and Theorem 3.1; George et al. 2025",
    example: example + "return flow"
  ) { (options: OptionsOf<Options>, sde: SDE, seed: Int?) in
    let options = options.values
    try sde.process.check(time: options.time, name: "time")
    let settings = Settings(
      dimension: options.dimension.value, width: options.width.value, count: options.count.value,
      alpha: sde.process.alpha(at: options.time), sigma: sde.process.sigma(at: options.time))
    guard settings.sigma > 0, settings.sigma.isFinite else {
      throw UserError(
        "time must be where the noise is finite and above 0, got std = "
          + formatNumber(settings.sigma))
    }
    let activation: HermiteSeries.Activation = options.activation == "tanh" ? .tanh : .silu
    let stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .initialization)
    let (p, d) = (settings.width, settings.dimension)
    let w = try stream.normal([p, d], .float64)
    let x = try stream.normal([settings.count, d], .float64) * settings.alpha
    let train =
      try options.draws.map {
        try FeatureCovariance(
          activation, w: w, points: x, noise: settings.sigma, draws: $0.value, stream)
      } ?? FeatureCovariance(activation, w: w, points: x, noise: settings.sigma)
    let whole = settings.variance.squareRoot()
    let law = try FeatureCovariance(
      activation, w: w, points: .zeros([1, d], .float64), noise: whole,
      share: settings.sigma / whole)
    return try RandomFeaturesFlow(settings, train: train, law: law)
  }

  static let methods: [Entry] = [
    .method(
      RandomFeaturesFlow.self, "losses",
      "Training and test loss and the error of the score at a training time.",
      .arg("tau", "training time: a number or a tensor; math.huge for the end"),
      returns:
        "train, test and E‖s − ∇ ln p_t‖²/d: numbers, or float64 tensors shaped like tau",
      source: "Bonnaire et al. 2025, §4", example: example + "return flow:losses(tensor{1, 1e3})"
    ) { (flow: RandomFeaturesFlow, tau: OneOf<Double, Tensor>) in
      try overTrainingTimes(tau) {
        let losses = try flow.losses(at: $0)
        return [losses.train, losses.test, losses.scoreError]
      }
    },
    .property(
      RandomFeaturesFlow.self, "eigenvalues", "λ of U from large to small.",
      example: example + "return flow.eigenvalues"
    ) { (flow: RandomFeaturesFlow) in try Tensor(flow.eigenvalues) },
  ]
}
