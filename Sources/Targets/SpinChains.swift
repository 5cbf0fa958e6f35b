import Catalog
import Runtime
import Tensors

/// `target.ising_chain` and `target.potts_chain`.
enum SpinChains {
  private static let most = 256

  static let ising = Entry.function(
    "ising_chain", "Spins −1 or 1 in a row, each of which feels its neighbours.",
    .option("length", "n: how many spins", in: .positive),
    .option("coupling", default: 1, "J: above 0 neighbours are alike", in: .finite),
    .option("field", default: 0, "h: above 0 spins are rather 1", in: .finite),
    .option("closed", default: false, "whether the last spin is a neighbour of the first"),
    returns: "a target with vectors [n] for points",
    details: """
      p(s) = exp(J Σ s_i s_{i+1} + h Σ s_i)/Z. ln Z is `log_partition`, ln p of points `log_probability`. Samples are \
      exact, and so are score, posterior mean and density under noise, at a cost of n for each point (2 n where it is \
      closed); they pass no gradient. Its support is all 2^n points, unequally likely: exp(entropy) of them matter.
      """,
    source: "Ising 1925; Kramers and Wannier 1941",
    example: "return target.ising_chain{length = 16, coupling = 0.8}:sample(3, {seed = 1})"
  ) { (length: Count, coupling: Double, field: Double, closed: Bool) in
    try check(length, coupling, closed)
    try check(field, "field")
    let sums = ChainSums(
      length: length.value, states: 2, bonds: [coupling, -coupling, -coupling, coupling],
      isClosed: closed)
    return Target(
      SpinChain(
        name: "ising_chain",
        summary: summary(length, coupling, closed) + ", field \(shortNumber(field))", sums,
        field: [-field, field], isOneHot: false))
  }

  static let potts = Entry.function(
    "potts_chain", "Sites in a row with one of q states each, which feel their neighbours.",
    .option("length", "n: how many sites", in: .positive),
    .option("states", default: 3, "q: how many states", in: .within(2...most)),
    .option("coupling", default: 1, "J: above 0 neighbours are alike", in: .finite),
    .option("field", default: nil, "a list of q numbers, one for each state; 0 where absent"),
    .option("closed", default: false, "whether the last site is a neighbour of the first"),
    returns: "a target with pictures [n, q] for points, a 1 in each row",
    details: """
      p(s) = exp(J Σ δ(s_i, s_{i+1}) + Σ h(s_i))/Z. It knows what target.ising_chain knows, at a cost of n q² for each \
      point (n q³ where it is closed). Its support is q^n points.
      """,
    source: "Potts 1952",
    example: "return target.potts_chain{length = 5, states = 3}:sample(1, {seed = 1})"
  ) { (length: Count, states: Int, coupling: Double, field: [Double]?, closed: Bool) in
    try check(length, coupling, closed)
    let q = states
    let own = field.map { ", field \($0.literal)" } ?? ""
    let field = field ?? Array(repeating: 0, count: q)
    guard field.count == q, field.allSatisfy(\.isFinite) else {
      throw UserError("field must be a list of \(q) finite numbers, got \(field.literal)")
    }
    for (state, value) in field.enumerated() { try check(value, "field[\(state + 1)]") }
    try Memory.request((length * Count(q)).value, of: Double.self)
    let sums = ChainSums(
      length: length.value, states: q,
      bonds: (0..<q * q).map { $0 / q == $0 % q ? coupling : 0 }, isClosed: closed)
    return Target(
      SpinChain(
        name: "potts_chain", summary: "\(q) states, " + summary(length, coupling, closed) + own,
        sums,
        field: field, isOneHot: true))
  }

  private static func check(_ length: Count, _ coupling: Double, _ closed: Bool) throws {
    guard !closed || length >= 3 else {
      throw UserError("length must be at least 3 where the chain is closed, got \(length)")
    }
    try check(coupling, "coupling")
    try Memory.request((length * 4).value, of: Double.self)
  }

  /// Weights of whole chains stay within what float64 tells apart.
  private static func check(_ value: Double, _ name: String) throws {
    guard abs(value) <= 700 else {
      throw UserError("\(name) must be within ±700, got \(formatNumber(value))")
    }
  }

  private static func summary(_ length: Count, _ coupling: Double, _ closed: Bool) -> String {
    "\(closed ? "closed, " : "")length \(length), coupling \(shortNumber(coupling))"
  }
}
