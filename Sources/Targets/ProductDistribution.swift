import Autodiff
import Catalog
import Runtime
import Tensors

/// Independent coordinates, each with a law on the line: p(x) = Π_j p_j(x_j).
///
/// Noise is independent too, so that score and posterior mean are those of each coordinate, and densities
/// multiply. Of points ±1, under x = a x_0 + √Δ z, coordinate j has the score (a tanh(a x_j/Δ) − x_j)/Δ.
struct ProductDistribution: Distribution {
  static let entry = Entry.function(
    "product", "Independent coordinates, each from a target on the line.",
    .arg("factors", "a target of one dimension, or a list of them, a coordinate each"),
    .option("count", default: 1 as Count, "how many times the list is repeated", in: .positive),
    returns: "a target", details: "What it knows is what all of them know.",
    source: "",
    example: """
      bit = target.finite{points = {-1, 1}}
      return target.product(bit, {count = 16}):model(sde.vp())
      """
  ) { (factors: OneOf<Target, [Target]>, count: Count) in
    let list: [Target] =
      switch factors {
      case .first(let one): [one]
      case .second(let many): many
      }
    guard !list.isEmpty else { throw UserError("factors must have at least one target, got {}") }
    if let place = list.firstIndex(where: { $0.shape != [1] }) {
      throw UserError(
        "factors must have one dimension, got \(list[place].describe()) at position \(place + 1)")
    }
    let length = try Count(list.count) * count
    try Memory.request(length.value, of: Run.self)
    return Target(ProductDistribution(list.map(\.distribution), repeated: count.value))
  }

  /// Neighbouring coordinates of one law.
  private struct Run {
    let law: any Distribution
    let columns: Range<Int>
  }

  private let runs: [Run]
  let shape: Shape

  private init(_ laws: [any Distribution], repeated count: Int) {
    if laws.count == 1 {
      runs = [Run(law: laws[0], columns: 0..<count)]
    } else {
      runs = (0..<laws.count * count).map { Run(law: laws[$0 % laws.count], columns: $0..<$0 + 1) }
    }
    shape = [laws.count * count]
  }

  private init(_ runs: [Run], shape: Shape) { (self.runs, self.shape) = (runs, shape) }

  var name: String { "product" }
  var summary: String {
    let names = runs.prefix(3).map { run in
      run.columns.count == 1 ? run.law.name : "\(run.law.name)^\(run.columns.count)"
    }
    return "\(names.joined(separator: ", "))\(runs.count > 3 ? ", …" : ""), d = \(dimension)"
  }
  var functions: [Callback] { runs.flatMap(\.law.functions) }
  var hasLogDensity: Bool { runs.allSatisfy(\.law.hasLogDensity) }
  var hasScore: Bool { runs.allSatisfy(\.law.hasScore) }
  var hasNoised: Bool { runs.allSatisfy(\.law.hasNoised) }
  func requireNoised() throws { for run in runs { try run.law.requireNoised() } }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let parts = try runs.map { run in
      let length = try Shape(checking: [count, run.columns.count])
      return try run.law.sample(length.elementCount, stream).reshaped(to: Array(length))
    }
    return parts.count == 1 ? parts[0] : try concatenate(parts, axis: 1)
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try sum(byColumn(x) { try expandedAxis($0.logDensity($1), at: 1) }, axis: 1)
  }

  func score(_ x: Tensor) throws -> Tensor { try byColumn(x) { try $0.score($1) } }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try ProductDistribution(
      runs.map { Run(law: try $0.law.noised(mean: r, std: s), columns: $0.columns) }, shape: shape)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try byColumn(x, r, s) { try $0.noisedScore($1, mean: $2, std: $3) }
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try byColumn(x, r, s) { try $0.posteriorMean($1, mean: $2, std: $3) }
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try sum(
      byColumn(x, r, s) {
        try expandedAxis($0.noisedLogDensity($1, mean: $2, std: $3), at: 1)
      }, axis: 1)
  }

  func reach() throws -> ClosedRange<Double> { try runs[0].law.reach() }
  func finestScale() throws -> Double { try runs[0].law.finestScale() }
  func lineParts() throws -> [LinePart] { try runs[0].law.lineParts() }
  func mass(outside range: ClosedRange<Double>) throws -> Double {
    try runs[0].law.mass(outside: range)
  }

  /// What `body` makes of the coordinates of each law, given as rows [n c, 1]; shaped like x.
  private func byColumn(_ x: Tensor, _ body: (any Distribution, Tensor) throws -> Tensor) throws
    -> Tensor
  {
    let n = x.shape[0]
    let parts = try runs.map { run in
      let count = run.columns.count
      let columns = try slice(x, axis: 1, run.columns)
      return try reshape(body(run.law, reshape(columns, to: [n * count, 1])), to: [n, count])
    }
    return parts.count == 1 ? parts[0] : try concatenate(parts, axis: 1)
  }

  /// The same with r and s of each row.
  private func byColumn(
    _ x: Tensor, _ r: Tensor, _ s: Tensor,
    _ body: (any Distribution, Tensor, Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    try byColumn(x) { law, rows in
      func each(_ a: Tensor) throws -> Tensor {
        if a.shape[0] == 1 { return a }
        let count = rows.shape[0] / a.shape[0]
        return try reshape(broadcast(a, to: [a.shape[0], count]), to: [rows.shape[0], 1])
      }
      return try body(law, rows, each(r), each(s))
    }
  }
}
