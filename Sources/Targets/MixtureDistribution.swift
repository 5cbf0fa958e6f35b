import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// Σ_k w_k p_k, of any targets of one shape: with p(k | x) = w_k p_k(x)/Σ w_l p_l(x),
///   ∇ ln p = Σ_k p(k | x) ∇ ln p_k,  E[x_0 | x] = Σ_k p(k | x) E_k[x_0 | x].
/// Noise acts on each part by itself.
struct MixtureDistribution: Distribution {
  static let entry = Entry.function(
    "mixture", "A mixture of any targets of one shape.",
    .arg("targets", "a list of targets"),
    .option("weights", default: nil, "0 or more, divided by their sum; equal where absent"),
    returns: "a target", details: "What it knows is what all of them know.",
    source: "",
    example: """
      box = target.product(target.uniform(), {count = 2})
      return target.mixture({box, target.gaussian{mean = {3, 0}}}, {weights = {0.3, 0.7}})
      """
  ) { (targets: [Target], weights: [Double]?) in
    guard let first = targets.first else {
      throw UserError("targets must have at least one target, got {}")
    }
    if let place = targets.firstIndex(where: { $0.shape != first.shape }) {
      throw UserError(
        "targets must have one shape, got \(first.describe()) and, at position \(place + 1), "
          + targets[place].describe())
    }
    let shares = try checkedShares(weights, count: targets.count, of: "target")
    let kept = shares.indices.filter { shares[$0] > 0 }
    return Target(
      MixtureDistribution(
        kept.map { targets[$0].distribution }, weights: kept.map { shares[$0] }, name: "mixture"))
  }

  let parts: [any Distribution]
  let weights: [Double]
  let name: String
  var shape: Shape { parts[0].shape }

  /// - Parameters: at least one part; positive weights that add up to 1.
  init(_ parts: [any Distribution], weights: [Double], name: String, text: String? = nil) {
    (self.parts, self.weights, self.name, self.text) = (parts, weights, name, text)
  }

  /// What is printed in place of the names of the parts.
  private let text: String?
  var summary: String {
    if let text { return text }
    let names = parts.prefix(3).map(\.name).joined(separator: ", ")
    return "\(names)\(parts.count > 3 ? ", …" : ""), \(sizeText)"
  }
  var functions: [Callback] { parts.flatMap(\.functions) }
  var hasLogDensity: Bool { parts.allSatisfy(\.hasLogDensity) }
  var hasScore: Bool { hasLogDensity && parts.allSatisfy(\.hasScore) }
  var hasNoised: Bool { parts.allSatisfy(\.hasNoised) }
  func requireNoised() throws { for part in parts { try part.requireNoised() } }

  func sample(_ count: Int, _ stream: RandomStream) throws -> Tensor {
    let chosen = try DrawnPlaces(weights).places(stream.uniform([count], .float64).doubles())
    let result = try Tensor(uninitialized: Shape(checking: [count, dimension]))
    let out = result.pointer(Float.self)
    for (k, part) in parts.enumerated() {
      let rows = chosen.indices.filter { chosen[$0] == k }
      let drawn = try part.sample(rows.count, stream).densified()
      let values = drawn.pointer(Float.self)
      for (place, row) in rows.enumerated() {
        for j in 0..<dimension { out[row * dimension + j] = values[place * dimension + j] }
      }
    }
    return try points(ofRows: result)
  }

  func logDensity(_ x: Tensor) throws -> Tensor {
    let places = try convert(x, to: .float64)
    return try convert(logSumExp(joint { try $0.logDensity(places) }, axis: 1), to: x.dtype)
  }

  func score(_ x: Tensor) throws -> Tensor {
    try average(x) {
      try $0.logDensity($1)
    } of: {
      try $0.score($1)
    }
  }

  func noised(mean r: Double, std s: Double) throws -> any Distribution {
    try MixtureDistribution(
      parts.map { try $0.noised(mean: r, std: s) }, weights: weights, name: "noised_\(name)",
      text: text)
  }

  func noisedLogDensity(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    let places = try convert(x, to: .float64)
    let joint = try joint { try $0.noisedLogDensity(places, mean: r, std: s) }
    return try convert(logSumExp(joint, axis: 1), to: x.dtype)
  }

  func noisedScore(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try average(x) {
      try $0.noisedLogDensity($1, mean: r, std: s)
    } of: {
      try $0.noisedScore($1, mean: r, std: s)
    }
  }

  func posteriorMean(_ x: Tensor, mean r: Tensor, std s: Tensor) throws -> Tensor {
    try average(x) {
      try $0.noisedLogDensity($1, mean: r, std: s)
    } of: {
      try $0.posteriorMean($1, mean: r, std: s)
    }
  }

  /// ln [w_k p_k(x)], shape [n, K].
  private func joint(_ logDensity: (any Distribution) throws -> Tensor) throws -> Tensor {
    try concatenate(
      zip(parts, weights).map { part, weight in
        try expandedAxis(logDensity(part) + log(weight), at: 1)
      }, axis: 1)
  }

  /// Σ_k p(k | x) value(k), in float64; what has no weight at all may be nan.
  private func average(
    _ x: Tensor, _ logDensity: (any Distribution, Tensor) throws -> Tensor,
    of value: (any Distribution, Tensor) throws -> Tensor
  ) throws -> Tensor {
    let places = try convert(x, to: .float64)
    let shares = try softmax(joint { try logDensity($0, places) }, axis: 1)
    let axes = Array(repeating: 1, count: shape.rank)
    var total: Tensor?
    for (k, part) in parts.enumerated() {
      let share = try reshape(
        slice(shares, axis: 1, k..<k + 1), to: [shares.shape[0]] + axes)
      let own = try value(part, places)
      let weighs = try share.value.compared(with: .scalar(0, share.dtype), .notEqual)
      let term = try choose(weighs, share * own, .scalar(0, own.dtype))
      total = try total.map { try $0 + term } ?? term
    }
    return try convert(total ?? places, to: x.dtype)
  }

  func reach() throws -> ClosedRange<Double> {
    let all = try parts.map { try $0.reach() }
    let low = all.map(\.lowerBound).min() ?? 0
    return low...(all.map(\.upperBound).max() ?? 0)
  }

  func finestScale() throws -> Double { try parts.map { try $0.finestScale() }.min() ?? 1 }
}
