import Autodiff
import Catalog
import Glibc
import Runtime
import Tensors

/// What the loss of random features φ = σ(W x_t/√d) needs of a law of x_t = α x + √Δ z (Bonnaire et al. 2025):
///
/// U = E φ φᵀ, shape [p, p],   V = E φ zᵀ, shape [p, d].
struct FeatureCovariance {
  let u: Tensor
  let v: Tensor
  /// E ‖z‖²/d: of draws what they are.
  let noise: Double

  /// What the series may leave out of an element of U.
  private static let tolerance = 1e-10
  private static let mostTerms = 48

  /// Means over the noise in closed form up to a series. Given the point, the inputs of features i and j are
  /// normal, with correlation ρ_ij = w_i·w_j/‖w_i‖‖w_j‖, so that U = Σ_k ρ^k ĉ_k ĉ_kᵀ; and
  /// E φ_i z = ĉ_1 w_i/‖w_i‖.
  ///
  /// - Parameters:
  ///   - w: shape [p, d], float64.
  ///   - points: α x, shape [n, d]: the means of x_t. One row of zeros stands for normal data.
  ///   - noise: the std of each number of x_t about them.
  ///   - share: E z given g is share · g w/‖w‖, for noise that is not all of z.
  init(
    _ activation: HermiteSeries.Activation, w: Tensor, points: Tensor, noise: Double,
    share: Double = 1
  ) throws {
    let (p, d) = (w.shape[0], w.shape[1])
    let scale = 1 / Double(d).squareRoot()
    let means = try matmul(points, transpose(w)) * scale
    let norms = try sqrt(sum(w * w, axis: 1)).doubles()
    let s = norms.map { $0 * scale * noise }
    let directions = try w / Tensor(norms, shape: [p, 1])
    let rho = try Self.products(directions)
    let n = points.shape[0]
    let terms = try Self.terms(activation, means, s, largest: Self.largestCorrelation(rho))
    let hermite = HermiteSeries(activation, count: terms, largest: s.max() ?? 0)
    let (series, squares) = try hermite.coefficients(means, s)
    u = try Tensor.zeros([p, p], .float64)
    let powers = try Tensor.full([p, p], 1, .float64)
    for k in 0..<terms {
      let gram = try Tensor.zeros([p, p], .float64)
      try addSymmetricProduct(series.select(axis: 0, k), to: gram)
      try Self.add(gram, powers, rho, to: u, 1 / Double(n))
    }
    for i in 0..<p { u.pointer(Double.self)[i * p + i] = squares[i] }
    try mirrorLower(u)
    let first = try sum(series.select(axis: 0, 1), axis: 0) * (share / Double(n))
    v = try directions * reshape(first, to: [p, 1])
    self.noise = 1
  }

  /// The same means by draws of the noise.
  init(
    _ activation: HermiteSeries.Activation, w: Tensor, points: Tensor, noise: Double, draws: Int,
    _ stream: RandomStream
  ) throws {
    let (p, d, n) = (w.shape[0], w.shape[1], points.shape[0])
    let columns = try transpose(w) * (1 / Double(d).squareRoot())
    let share = 1 / (Double(n) * Double(draws)).squareRoot()
    u = try .zeros([p, p], .float64)
    var v = try Tensor.zeros([p, d], .float64)
    var squares = 0.0
    for _ in 0..<draws {
      let z = try stream.normal([n, d], .float64)
      let inputs = try matmul(points + z * noise, columns)
      let phi = try (activation == .tanh ? tanh(inputs) : silu(inputs)) * share
      try addSymmetricProduct(phi.densified(), to: u)
      v = try v + matmul(transpose(phi), z) * share
      squares += try sum(z * z).item()
    }
    try mirrorLower(u)
    self.v = v
    self.noise = squares * share * share / Double(d)
  }

  /// X Xᵀ.
  private static func products(_ x: Tensor) throws -> Tensor {
    let gram = try Tensor.zeros([x.shape[0], x.shape[0]], .float64)
    try addSymmetricProduct(transpose(x).densified(), to: gram)
    return gram
  }

  private static func largestCorrelation(_ rho: Tensor) -> Double {
    let p = rho.shape[0]
    let values = rho.pointer(Double.self)
    return (0..<p).reduce(0) { most, i in
      (0..<i).reduce(most) { max($0, abs(values[i * p + $1])) }
    }
  }

  /// How many terms leave out no more than the tolerance: what they lack of E σ² times ρ^k bounds it. Told by the
  /// features of the widest inputs on the first points.
  private static func terms(
    _ activation: HermiteSeries.Activation, _ means: Tensor, _ s: [Double], largest: Double
  ) throws -> Int {
    let widest = s.indices.sorted { s[$0] > s[$1] }.prefix(16)
    let hermite = HermiteSeries(activation, count: mostTerms, largest: s.max() ?? 0)
    let part = try means.slice(axis: 0, 0..<min(64, means.shape[0])).picked(
      axis: 1, Array(widest))
    let (series, squares) = try hermite.coefficients(part, widest.map { s[$0] })
    let energies = try sum(series * series, axis: 1) * (1 / Double(part.shape[0]))
    let rows = try energies.doubles()
    var rest = squares
    for k in 0..<mostTerms {
      for i in rest.indices { rest[i] -= rows[k * rest.count + i] }
      let left = max(rest.max() ?? 0, 0)
      if k >= 1, left * pow(largest, Double(k + 1)) <= tolerance { return k + 1 }
    }
    return mostTerms
  }

  /// u += factor · powers ∘ gram, then powers ∘= rho, below the diagonal.
  private static func add(
    _ gram: Tensor, _ powers: Tensor, _ rho: Tensor, to u: Tensor, _ factor: Double
  ) throws {
    let p = u.shape[0]
    let (g, r) = (gram.pointer(Double.self), rho.pointer(Double.self))
    let (power, sums) = (powers.pointer(Double.self), u.pointer(Double.self))
    try WorkerPool.shared.run(count: p, grain: max(1, 200_000 / p)) { rows in
      for i in rows {
        for place in i * p..<i * p + i {
          sums[place] += factor * power[place] * g[place]
          power[place] *= r[place]
        }
      }
    }
  }
}
