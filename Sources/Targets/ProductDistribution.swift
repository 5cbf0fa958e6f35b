import Autodiff
import Catalog
import Runtime
import Tensors

/// Independent blocks of coordinates, each with a law of its own: p(x) = Π_j p_j(x_j).
///
/// Noise is independent too, so that score and posterior mean are those of each block, and densities
/// multiply. Of points ±1, under x = a x_0 + √Δ z, coordinate j has the score (a tanh(a x_j/Δ) − x_j)/Δ.
struct ProductDistribution: Distribution {
  static let entry = Entry.function(
    "product", "Independent coordinates, or blocks of them, each from a target of its own.",
    .arg("factors", "a target of vectors, or a list of them, a block of coordinates each"),
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
    if let place = list.firstIndex(where: { $0.shape.rank != 1 }) {
      throw UserError(
        "factors must be of vectors, got \(list[place].describe()) at position \(place + 1)")
    }
    let length = try list.reduce(0 as Count) { try $0 + Count($1.dimension) } * count
    try Memory.request(length.value, of: Run.self)
    return Target(ProductDistribution(list.map(\.distribution), repeated: count.value))
  }

  /// Neighbouring blocks of one law.
  struct Run {
    let law: any Distribution
    let columns: Range<Int>
    /// How often the law is there.
    var count: Int { columns.count / law.dimension }
  }

  let runs: [Run]
  let shape: Shape
  let name: String

  init(_ laws: [any Distribution], repeated count: Int = 1, name: String = "product") {
    var runs: [Run] = []
    var start = 0
    for law in laws.count == 1 ? laws : (0..<count).flatMap({ _ in laws }) {
      let length = law.dimension * (laws.count == 1 ? count : 1)
      runs.append(Run(law: law, columns: start..<start + length))
      start += length
    }
    (self.runs, self.name) = (runs, name)
    shape = [start]
  }

  private init(_ runs: [Run], shape: Shape, name: String) {
    (self.runs, self.shape, self.name) = (runs, shape, name)
  }

  var summary: String {
    let names = runs.prefix(3).map { run in
      run.count == 1 ? run.law.name : "\(run.law.name)^\(run.count)"
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
      return try run.law.sample(length.elementCount / run.law.dimension, stream).densified()
        .reshaped(to: Array(length))
    }
    return parts.count == 1 ? parts[0] : try concatenate(parts, axis: 1)
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    try sum(byColumn(x) { try expandedAxis($0.logDensity($1), at: 1) }, axis: 1)
  }

  func score(_ x: Tensor) throws -> Tensor { try byColumn(x) { try $0.score($1) } }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try ProductDistribution(
      runs.map { Run(law: try $0.law.noised(mean: r, std: s), columns: $0.columns) },
      shape: shape, name: name)
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

  /// What `body` makes of the blocks of each law, given as rows [n c, d]; a number or a row for each block.
  private func byColumn(_ x: Tensor, _ body: (any Distribution, Tensor) throws -> Tensor) throws
    -> Tensor
  {
    let n = x.shape[0]
    let parts = try runs.map { run in
      let columns = try slice(x, axis: 1, run.columns)
      let rows = try reshape(columns, to: [n * run.count, run.law.dimension])
      let result = try body(run.law, rows)
      return try reshape(result, to: [n, run.count * result.shape[1]])
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
