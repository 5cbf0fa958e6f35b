import Autodiff
import Catalog
import Glibc
import Models
import Processes
import Tensors

/// The log-density that the probability flow of a model gives to points, by the instantaneous change of
/// variables: dx/dt = v(x, t), from x(t_0) = x,
///
/// ln p(x) = ln π(x(T)) + ∫_{t_0}^{T} ∇·v(x(t), t) dt,  π = N(0, σ(T)² I).
///
/// Chen et al. 2018, Theorem 1; Song et al. 2021, Appendix D.2, with rtol = atol = 1e-5. Each point has steps
/// of its own, so that its value does not depend on the others.
enum FlowLikelihood {
  struct Options: OptionGroup {
    var divergence = DivergenceKind.exact.rawValue
    var probes: Count = 1
    var times: [Double]?
    var rtol = 1e-5
    var atol = 1e-5
    var maxSteps: Count = 10_000
    var labels: Tensor?
    var units = "nats"
    var offset = 0.0
    var seed: Int?
    var info = false

    static let options: [Option<Options>] = [
      Option(
        "divergence", \.divergence,
        "exact (d reverse sweeps a call of the model) or Hutchinson's estimate with probes of ±1 or of N(0, I)",
        in: .oneOf(DivergenceKind.allCases.map(\.rawValue))),
      Option(
        "probes", \.probes, "of Hutchinson's estimate, each the same along the whole path",
        in: .positive),
      Option(
        "times", \.times,
        "{t_0, T}; the first training time of the diffusion and its last time where absent",
        in: .rising),
      Option("rtol", \.rtol, "error of a step, relative to the state", in: .positive),
      Option("atol", \.atol, "error of a step beside it, absolute", in: .positive),
      Option(
        "max_steps", \.maxSteps, "steps of a point, rejected ones included; beyond, an error",
        in: .positive),
      Option("labels", \.labels, "the class of each point [n], for a network with classes"),
      Option(
        "units", \.units, "nats: ln p; bits_per_dim: −log₂ p / d + offset",
        in: .oneOf(["nats", "bits_per_dim"])),
      Option(
        "offset", \.offset,
        "added to bits_per_dim: 8 for pictures of 256 values scaled to [0, 1], 7 for [−1, 1]",
        in: .finite),
      Option("seed", \.seed, "of the probes; the session's next where absent and needed"),
      Option("info", \.info, "a table of the parts as second result"),
    ]

    func check() throws {
      guard divergence != "exact" || probes == 1 else {
        throw UserError("probes are for divergence = 'rademacher' or 'gaussian'")
      }
    }
  }

  static let entry = Entry.function(
    "ode", "ln p of points under a model, by its probability flow.",
    .arg("model", "any score: a network or an exact one"),
    .arg("x", "points, [n] and the shape of one"),
    Parameter<OptionsOf<Options>>.group(Options.self),
    returns:
      "ln p, float64 tensor [n]; with info a second result, a table: seed, evaluations (calls of the model), "
      + "times {t_0, T}, prior [n] (ln π of where a point ends), divergence [n] (the integral), standard_error "
      + "[n] over the probes, latent (where the points end), accepted and rejected steps [n]",
    details: """
      What it gives is the density of the flow's own law at t_0, p_{t_0} rather than p_0, with the prior \
      N(0, σ(T)²): for the exact score of a target it falls short of ln p_{t_0} by KL(p_T‖π) on average. \
      Dormand–Prince in float64 around the model; an exact divergence costs d reverse sweeps for each of \
      six calls a step.
      """,
    source: "Chen et al. 2018, Theorem 1; Song et al. 2021, Appendix D.2; Grathwohl et al. 2019",
    example: """
      mix = target.gaussian_mixture{means = {-3, 3}}
      return likelihood.ode(mix:model(sde.vp()), mix:sample(4, {seed = 1}))
      """
  ) { (model: ScoreModel, x: Tensor, options: OptionsOf<Options>) in
    try FlowSolve(model, x, options.values).result()
  }
}

/// One call of `likelihood.ode`.
private struct FlowSolve {
  let model: ScoreModel
  let options: FlowLikelihood.Options
  /// Shape [n, d], float64.
  let rows: Tensor
  let labels: Tensor?
  let span: LikelihoodSpan
  let kind: DivergenceKind
  let seed: Int?

  init(_ model: ScoreModel, _ x: Tensor, _ options: FlowLikelihood.Options) throws {
    (self.model, self.options) = (model, options)
    rows = try likelihoodPoints(x, model)
    labels = try options.labels.map { labels in
      _ = try model.labelled(labels)
      guard labels.shape[0] == x.shape[0] else {
        throw UserError("labels must have \(x.shape[0]) classes, got \(labels.shape[0])")
      }
      return try labels.constant("labels")
    }
    span = try LikelihoodSpan(model, options.times)
    kind = DivergenceKind(rawValue: options.divergence) ?? .exact
    seed = kind == .exact ? options.seed : options.seed ?? SessionSeed.next()
  }

  private var count: Int { rows.shape[0] }
  private var dimension: Int { rows.shape[1] }

  func result() throws -> Likelihoods {
    var parts: [Part] = []
    // Points that go together; more need no more memory.
    let width = dimension * (kind == .exact ? dimension : options.probes.value)
    let length = max(1, min(4096, (1 << 22) / max(width, 1)))
    for first in stride(from: 0, to: count, by: length) {
      parts.append(try solve(first..<min(count, first + length)))
    }
    return try Likelihoods(
      parts: parts, d: dimension, shape: model.shape, span: span, seed: seed, options: options)
  }

  /// Numbers of the probes for these rows, shape [probes, n, d].
  private func probes(_ rows: Range<Int>) throws -> Tensor? {
    guard kind != .exact, let seed else { return nil }
    let shape = Shape([rows.count, dimension])
    let noise = KeyedNoise(seed: seed, firstRow: rows.lowerBound)
    return try concatenate(
      (0..<options.probes.value).map { probe in
        let z = try noise.normal(probe, draw: 0, shape, .float64)
        return try reshape(kind == .gaussian ? z : sign(z), to: [1, rows.count, dimension])
      }, axis: 0)
  }

  /// From t_0 to T the stepper's own time τ = t_0 + T − t falls.
  private func solve(_ range: Range<Int>) throws -> Part {
    let run =
      try labels.map {
        try SamplingRun(model, labels: $0.slice(axis: 0, range), times: [], noise: noNoise)
      } ?? SamplingRun(model, times: [], noise: noNoise)
    let probes = try probes(range)
    let field = FlowDivergence(
      model, kind, isLabelled: labels != nil,
      allowsFloat32: min(options.rtol, options.atol) >= 1e-6)
    let control = StepControl(
      rtol: options.rtol, atol: options.atol, errorOrder: 5, maxSteps: options.maxSteps.value)
    let d = dimension
    let trial = RungeKutta.dormandPrince.trial(control) { y, taus in
      let t = try Tensor(taus.map { span.first + span.last - $0 })
      let x = try slice(y, axis: 1, 0..<d)
      let chosen =
        try run.rows.map { rows in
          try probes.map { try $0.picked(axis: 1, rows) }
        } ?? probes
      run.countEvaluation()
      let (v, divergence) = try field(run.model, x, t, probes: chosen)
      try ScoreModel.requireConstant(v)
      return try -concatenate([v, divergence], axis: 1)
    }
    let stepper = RowStepper(
      run, control, of: "points", clock: { span.first + span.last - $0 }, trial)
    let columns = options.probes.value
    let start = try concatenate(
      [rows.slice(axis: 0, range), .zeros([range.count, columns], .float64)], axis: 1)
    let end = try stepper(
      start, Interval(from: span.last, to: span.first, index: 0, count: 1))
    return try Part(end, dimension: d, sigma: span.priorSigma, run)
  }

  private func noNoise(_: Int, _: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    throw UserError("a likelihood draws no noise")
  }
}

/// What one block of points came to.
private struct Part {
  let latent: Tensor
  /// Shape [n, probes].
  let divergence: Tensor
  let prior: Tensor
  let evaluations: Int
  let steps: Samples.RowSteps

  init(_ y: Tensor, dimension d: Int, sigma: Double, _ run: SamplingRun) throws {
    latent = try slice(y, axis: 1, 0..<d)
    divergence = try slice(y, axis: 1, d..<y.shape[1])
    let constant = -Double(d) * (log(sigma) + 0.5 * log(2 * Double.pi))
    prior = try sum(square(latent), axis: 1) * (-0.5 / (sigma * sigma)) + constant
    evaluations = run.evaluations
    steps = run.rowSteps ?? ([], [])
  }
}

/// What `likelihood.ode` returns.
struct Likelihoods: Results {
  private let values: Tensor
  private let info: [(key: Value.Key, value: Value)]?

  fileprivate init(
    parts: [Part], d: Int, shape: Shape, span: LikelihoodSpan, seed: Int?,
    options: FlowLikelihood.Options
  ) throws {
    func joined(_ part: KeyPath<Part, Tensor>, _ empty: Tensor) throws -> Tensor {
      parts.isEmpty ? empty : try concatenate(parts.map { $0[keyPath: part] }, axis: 0)
    }
    let none = try Tensor.zeros([0], .float64)
    let divergence = try joined(\.divergence, .zeros([0, 1], .float64))
    let prior = try joined(\.prior, none)
    let probes = divergence.shape[1]
    let integral = try sum(divergence, axis: 1) / Double(probes)
    let logDensity = try prior + integral
    let isBits = options.units == "bits_per_dim"
    let scale = isBits ? -1 / (Double(d) * log(2.0)) : 1
    values = isBits ? try logDensity * scale + options.offset : logDensity
    guard options.info else {
      info = nil
      return
    }
    var pairs: [(String, Value)] = [
      ("evaluations", .integer(parts.map(\.evaluations).max() ?? 0)),
      ("times", .object(try Tensor([span.first, span.last]))),
      ("prior", .object(prior)), ("divergence", .object(integral)),
      (
        "latent",
        .object(
          try joined(\.latent, .zeros([0, d], .float64)).reshaped(
            to: [prior.shape[0]] + shape))
      ),
      ("accepted", .object(try Tensor(parts.flatMap(\.steps.accepted).map(Int64.init)))),
      ("rejected", .object(try Tensor(parts.flatMap(\.steps.rejected).map(Int64.init)))),
    ]
    if probes > 1 {
      let deviations = try divergence - reshape(integral, to: [integral.shape[0], 1])
      let variance = try sum(square(deviations), axis: 1) / Double(probes * (probes - 1))
      pairs.append(("standard_error", .object(try sqrt(variance) * abs(scale))))
    }
    if let seed { pairs.append(("seed", .integer(seed))) }
    info = pairs.map { (Value.Key($0.0), $0.1) }
  }

  static var resultTypes: [String] { ["tensor", "table?"] }

  func push(_ frame: Frame) -> Int32 {
    let count = values.push(frame)
    return info.map { count + Value.record(name: "info", $0).push(frame) } ?? count
  }
}
