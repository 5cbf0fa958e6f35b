import Autodiff
import Catalog
import Models
import Processes
import Targets
import Tensors

/// How the expectations of a loss are taken.
struct ExpectationOptions: OptionGroup {
  var time: [Double]?
  var times: Count = 24
  var nodes = 16
  var draws: Count?

  static let options: [Option<ExpectationOptions>] = [
    Option("time", \.time, "{first, last} of the times; those of training where absent", in: .span),
    Option("times", \.times, "nodes of the Gauss–Legendre rule in t", in: .positive),
    Option(
      "nodes", \.nodes, "points of the quadrature in x for each std of the noise",
      in: .within(1...256)),
    Option(
      "draws", \.draws,
      "draws of the noise for each point and time, in place of the quadrature; required where d > 1",
      in: .positive),
  ]
}

extension GradientFlow {
  private static let example = """
    mix = target.gaussian_mixture{means = {-3, 3}}
    m = nn.random_features{width = 50, sde = sde.ou(), seed = 1}
    flow = theory.gradient_flow(m, mix:sample(100, {seed = 1}), {time = {0.05, 3}, test = mix})

    """

  static let entry = Entry.function(
    "gradient_flow",
    "Gradient flow of a random-features model on the denoising loss, solved exactly for all training times.",
    .arg("model", "an nn.random_features that predicts the score; its weights are the start"),
    .arg("data", "points [n, d], or a target, which stands for infinitely many"),
    .group(ExpectationOptions.self),
    .option("weight", default: nil, "λ(t), a function of a tensor of times; std² where absent"),
    .option("test", default: nil, "points or a target, on which the loss is given as well"),
    .option("seed", default: nil, "of the draws; the session's next where absent"),
    returns: "a gradient flow: flow:model(tau), flow:loss(tau), flow.eigenvalues, flow.rank",
    details: """
      The loss is E_t λ(t) E ‖s(x_t, t) + z/std(t)‖² with t uniform on `time`, by a Gauss–Legendre rule. On \
      the line the expectation over the data and the noise is an integral over the noised law itself, a \
      mixture of normal laws for points, with ∇ ln p_t in place of −z/std, its mean given x_t: \
      no noise is drawn, and the cost does not grow with the number of points but for their density. In more \
      dimensions it is taken by draws.

      One eigendecomposition of the features' Gram matrix G = E λ φ φᵀ, of order m, gives the model at any \
      training time: mode k relaxes at the rate 2 γ_k/m². τ is the time of dA/dτ = −∂L/∂A: k steps of \
      gradient descent of rate η end near τ = η k. Features that the data do not tell apart, and those that \
      are never active, leave G without full rank: such modes stay as they start, and flow.rank says how \
      many others there are.
      """,
    source: "Li et al. 2023, Eqs. 5, 7, 9, 12", example: example + "return flow"
  ) {
    (
      model: ScoreModel, data: OneOf<Tensor, Target>, options: OptionsOf<ExpectationOptions>,
      weight: Callback?, test: OneOf<Tensor, Target>?, seed: Int?
    ) in
    guard let network = model.network as? RandomFeatures, let score = model.networkScore,
      score.predicts == "score"
    else {
      throw UserError(
        "model must be an nn.random_features that predicts the score, got \(model.describe())")
    }
    guard network.shape.rank == 1 else {
      throw UserError("model must have points of shape [d], got \(network.shape)")
    }
    let options = options.values
    let range = options.time.map { $0[0]...$0[1] } ?? model.process.trainingTimes
    let train = try Source(data, "data", network, isDrawn: options.draws != nil)
    let other = try test.map { try Source($0, "test", network, isDrawn: options.draws != nil) }
    let rule = try TimeRule(
      model.sde, on: range, count: options.times.value, weight: weight)
    lazy var stream = RandomStream(seed: seed ?? SessionSeed.next(), purpose: .noise)
    func moments(_ source: Source) throws -> FeatureMoments {
      switch source {
      case .law(let law):
        try FeatureMoments(network, rule) {
          try LineNodes(
            law.noised(mean: $0.alpha, std: $0.sigma), sigma: $0.sigma, nodes: options.nodes)
        }
      case .line(let x):
        try FeatureMoments(network, rule) { node in
          try LineNodes(
            points: x.map { $0 * node.alpha }, sigma: node.sigma, nodes: options.nodes)
        }
      case .points(let x):
        try FeatureMoments(network, x, rule, draws: (options.draws ?? 1).value, stream)
      }
    }
    return try GradientFlow(model, network, train: moments(train), test: other.map(moments))
  }

  /// What an expectation is taken over.
  private enum Source {
    case law(any Distribution)
    /// Points on the line, for the quadrature.
    case line([Double])
    /// For draws: shape [n, d], float64.
    case points(Tensor)

    init(
      _ given: OneOf<Tensor, Target>, _ name: String, _ network: RandomFeatures, isDrawn: Bool
    ) throws {
      let d = network.dimension
      guard d == 1 || isDrawn else {
        throw UserError(
          "draws is required for d = \(d): only on the line is the noise integrated by quadrature")
      }
      switch given {
      case .first(let x):
        let x = try x.constant(name)
        guard x.rank == 2, x.shape[1] == d, x.shape[0] > 0 else {
          throw UserError("\(name) has shape \(x.shape), expected [n d] with d = \(d)")
        }
        guard x.dtype.isFloatingPoint, try x.isFinite() else {
          throw UserError("\(name) must be finite floating-point numbers")
        }
        let values = try x.converted(to: .float64)
        self =
          isDrawn
          ? .points(values)
          : .line(try values.doubles())
      case .second(let target):
        guard target.dimension == d else {
          throw UserError("\(name) must have dimension \(d), got \(target.dimension)")
        }
        guard !isDrawn else {
          throw UserError("\(name) must be points where draws are given, got \(target.describe())")
        }
        try target.distribution.requireNoised()
        self = .law(target.distribution)
      }
    }
  }

  private static let tauArgument = "training time: a number or a tensor; math.huge for the end"

  static let methods: [Entry] = [
    .method(
      GradientFlow.self, "model", "The model at a training time: an ordinary score model.",
      .arg("tau", "training time; math.huge for the end", in: .trainingTime),
      returns: "a model with parameters of its own",
      details: "Its coefficients are rounded to float32; flow:coefficients has them in float64.",
      source: "Li et al. 2023, Eq. 9", example: example + "return flow:model(1e4)"
    ) { (flow: GradientFlow, tau: Double) in try flow.model(at: tau) },
    .method(
      GradientFlow.self, "coefficients", "A at a training time.",
      .arg("tau", "training time; math.huge for the end", in: .trainingTime),
      returns: "float64 tensor of shape [d, m]", source: "Li et al. 2023, Eq. 9",
      example: example + "return flow:coefficients(1e4)"
    ) { (flow: GradientFlow, tau: Double) in try flow.coefficients(at: tau) },
    .method(
      GradientFlow.self, "loss",
      "The denoising loss at a training time, on the data and on `test`.",
      .arg("tau", tauArgument),
      returns: "train, and test or nil: numbers, or float64 tensors shaped like tau",
      source: "Li et al. 2023, Eq. 5", example: example + "return flow:loss(tensor{0, 1e4})"
    ) { (flow: GradientFlow, tau: OneOf<Double, Tensor>) in
      try overTrainingTimes(tau) {
        let losses = try flow.losses(at: $0)
        return [losses.train, losses.test]
      }
    },
    .method(
      GradientFlow.self, "score_error",
      "E_t λ(t) E ‖s − ∇ ln p_t‖², under the noised data and under the noised `test`.",
      .arg("tau", tauArgument),
      returns: "train, and test or nil: numbers, or float64 tensors shaped like tau",
      details: "The loss less that of the exact score; of flows by quadrature.",
      source: "Li et al. 2023, Eq. 7", example: example + "return flow:score_error(1e4)"
    ) { (flow: GradientFlow, tau: OneOf<Double, Tensor>) in
      try overTrainingTimes(tau) {
        let errors = try flow.scoreErrors(at: $0)
        return [errors.train, errors.test]
      }
    },
    .property(
      GradientFlow.self, "eigenvalues",
      "γ of the features' Gram matrix from large to small, 0 for null modes; rates are 2 γ/m².",
      example: example + "return flow.eigenvalues"
    ) { (flow: GradientFlow) in try Tensor(flow.eigenvalues) },
    .property(
      GradientFlow.self, "rank", "How many modes the data drive; the others stay as they start.",
      example: example + "return flow.rank"
    ) { (flow: GradientFlow) in flow.rank },
    .property(
      GradientFlow.self, "width", "m, the number of features.",
      example: example + "return flow.width"
    ) { (flow: GradientFlow) in flow.width },
  ]
}
