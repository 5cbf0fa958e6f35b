import Glibc
import KernelsBase
import Runtime
import Tensors

/// Means over a normal variable g of a nonlinearity σ and its Hermite coefficients
///
/// ĉ_k(μ, s) = E[σ(μ + s g) h_k(g)],   h_k = He_k/√k!,
///
/// by which the mean over two variables of correlation ρ is a power series (Mehler's formula):
/// E[σ(μ + s g) σ(μ′ + s′ g′)] = Σ_k ρ^k ĉ_k(μ, s) ĉ_k(μ′, s′). The trapezoidal rule integrates what is
/// analytic about the line to rounding.
struct HermiteSeries {
  let activation: Activation
  /// How many coefficients: k = 0 … count − 1.
  let count: Int
  let nodes: [Double]
  let weights: [Double]
  /// Weights times h_k at the nodes, shape [nodes, count].
  let table: [Double]

  enum Activation: String {
    case tanh, silu

    var kernel: (DoubleIn, DoubleOut, Int) -> Void { self == .tanh ? kernels.tanh : kernels.silu }
    func callAsFunction(_ x: Double) -> Double {
      self == .tanh ? Glibc.tanh(x) : x / (1 + Glibc.exp(-x))
    }
  }

  /// - Parameter largest: the largest s that it is used for, which decides on the step.
  init(_ activation: Activation, count: Int, largest: Double) {
    (self.activation, self.count) = (activation, count)
    let reach = 10.0
    let step = min(0.5, 0.25 / max(largest, 0.25))
    let half = Int(clamping: (reach / step).rounded(.up))
    nodes = (-half...half).map { Double($0) * step }
    weights = nodes.map { step * Glibc.exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() }
    table = zip(nodes, weights).flatMap { g, weight -> [Double] in
      var (before, value) = (0.0, 1.0)
      return (0..<count).map { k in
        defer {
          let k = Double(k)
          (before, value) = (
            value, (g * value - k.squareRoot() * before) / (k + 1).squareRoot()
          )
        }
        return weight * value
      }
    }
  }

  /// E f(g).
  func mean(_ f: (Double) -> Double) -> Double {
    zip(nodes, weights).reduce(0) { $0 + $1.1 * f($1.0) }
  }

  /// ĉ_k for points of one s, and E σ²: written to `out` [points, count] and `squares` [points].
  ///
  /// - Parameter memory: room for points · nodes numbers.
  func fill(
    _ means: [Double], _ s: Double, _ out: UnsafeMutablePointer<Double>,
    _ squares: UnsafeMutablePointer<Double>, _ memory: UnsafeMutablePointer<Double>
  ) {
    let q = nodes.count
    for (place, mean) in means.enumerated() {
      for i in 0..<q { memory[place * q + i] = mean + s * nodes[i] }
    }
    activation.kernel(UnsafePointer(memory), memory, means.count * q)
    table.withUnsafeBufferPointer { table in
      guard let table = table.baseAddress else { return }
      kernels.product(
        UnsafePointer(memory), aRow: q, aColumn: 1, table, bRow: count, out, rows: means.count,
        columns: count, inner: q)
    }
    for place in means.indices {
      var total = 0.0
      for i in 0..<q { total += weights[i] * memory[place * q + i] * memory[place * q + i] }
      squares[place] = total
    }
  }

  /// ĉ_k and E σ² for means [n, p] and an s for each column.
  func coefficients(_ means: Tensor, _ s: [Double]) throws -> (series: Tensor, squares: [Double]) {
    let (n, p) = (means.shape[0], means.shape[1])
    let series = try Tensor(uninitialized: [count, n, p], .float64)
    let total = try Tensor(uninitialized: [p], .float64)
    let values = try means.densified()
    let (from, to, sums) = (
      values.pointer(Double.self), series.pointer(Double.self), total.pointer(Double.self)
    )
    let (q, block) = (nodes.count, min(n, 256))
    try WorkerPool.shared.run(count: p, grain: max(1, 20_000 / (n * q))) { columns in
      try withUnsafeTemporaryAllocation(of: Double.self, capacity: block * (q + count + 1)) {
        guard let memory = $0.baseAddress else { return }
        let (out, squares) = (memory + block * q, memory + block * (q + count))
        for i in columns {
          try Cancellation.check()
          sums[i] = 0
          for first in stride(from: 0, to: n, by: block) {
            let part = first..<min(first + block, n)
            fill(part.map { from[$0 * p + i] }, s[i], out, squares, memory)
            for row in part {
              for k in 0..<count {
                to[(k * n + row) * p + i] = out[(row - first) * count + k]
              }
              sums[i] += squares[row - first]
            }
          }
        }
      }
    }
    return (series, try total.doubles().map { $0 / Double(n) })
  }
}
