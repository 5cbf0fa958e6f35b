import Autodiff
import Catalog
import Glibc
import Processes
import Tensors

/// α, σ and what follows from them at the times of a batch, shape [n, 1, …] with as many axes as the
/// points have, or [1, 1, …] where all times are equal; each is worked out when it is used.
package struct Marginal {
  let process: any DiffusionProcess
  let t: Tensor
  private let rank: Int
  private let knownSigma: Tensor?

  /// - Parameters:
  ///   - rank: axes of a batch of points.
  ///   - sigma: σ, shape [n], where it is known.
  package init(
    _ process: any DiffusionProcess, _ t: Tensor, rank: Int = 2, sigma: Tensor? = nil
  ) {
    self.process = process
    self.t = t
    self.rank = rank
    knownSigma = sigma
  }

  private func column(_ values: Tensor) throws -> Tensor {
    if rank == 2 { return try expandedAxis(values, at: 1) }
    return try reshape(values, to: [values.shape[0]] + Array(repeating: 1, count: rank - 1))
  }

  /// σ in the element type of the times.
  var sigma: Tensor { get throws { try column(knownSigma ?? process.sigma(of: t)) } }

  /// Whether x_t/α is x_t itself.
  var keepsMean: Bool {
    let times = process.times
    return process.alpha(at: times.lowerBound) == 1 && process.alpha(at: times.upperBound) == 1
  }

  /// A function of the moments in float64, rounded once to an element type.
  private func rounded(
    _ name: StaticString, _ dtype: DType, _ value: @escaping (MomentsAtTime<Double>) -> Double,
    formula: @escaping (MomentsAtTime<Tensor>) throws -> Tensor
  ) throws -> Tensor {
    let isFree = !Tensor.isProgramRecorded && t.trace == nil
    return try column(
      functionOfTime(name, t) { t in
        var times = try t.doubles()
        if isFree, let first = times.first, times.allSatisfy({ $0 == first }) { times = [first] }
        return try Tensor(times.map { value(process.moments(at: $0)) }).converted(to: dtype)
      } formula: {
        try formula(process.moments(at: $0))
      })
  }

  /// A coefficient of `Quantity.converted`.
  func coefficient(of factor: Factor, from: Quantity, to wanted: Quantity, _ dtype: DType) throws
    -> Tensor
  {
    try rounded("conversion", dtype == .float64 ? .float64 : .float32) {
      let both = from.coefficients(to: wanted, $0)
      return factor == .x ? both.x : both.value
    } formula: {
      let both = try from.coefficients(to: wanted, $0)
      return factor == .x ? both.x : both.value
    }
  }

  /// α, rounded once.
  func alpha(_ dtype: DType) throws -> Tensor {
    try rounded("alpha", dtype) {
      $0.alpha
    } formula: {
      $0.alpha
    }
  }

  /// σ/α, the noise of x_t/α.
  func noiseLevel(_ dtype: DType) throws -> Tensor {
    try rounded("noise_level", dtype) {
      $0.sigma / $0.alpha
    } formula: {
      try $0.sigma / $0.alpha
    }
  }

  /// 1/√(α² + σ²): x_t times it has about unit size where the data have.
  func unitScale(_ dtype: DType) throws -> Tensor {
    try rounded("unit_scale", dtype) {
      1 / ($0.alpha * $0.alpha + $0.sigma * $0.sigma).squareRoot()
    } formula: {
      try 1 / sqrt(square($0.alpha) + square($0.sigma))
    }
  }

  /// c_0 or c_z of a quantity.
  package func part(_ place: Int, of quantity: Quantity, _ dtype: DType) throws -> Tensor {
    try rounded("part", dtype) {
      let parts = quantity.parts($0)
      return place == 0 ? parts.0 : parts.1
    } formula: {
      let parts = try quantity.parts($0)
      return place == 0 ? parts.0 : parts.1
    }
  }

  /// √(c_0² + c_z²): the size of a quantity where x_0 and z have unit size.
  func size(of quantity: Quantity, _ dtype: DType) throws -> Tensor {
    try rounded("size", dtype) {
      quantity.size($0)
    } formula: {
      try quantity.size($0)
    }
  }

  /// ¼ ln(σ/α), shape [n], float64.
  var logLevel: Tensor {
    get throws {
      try functionOfTime("log_level", t) { t in
        try Tensor(
          t.doubles().map { Glibc.log(process.sigma(at: $0) / process.alpha(at: $0)) / 4 })
      } formula: { t in
        try Autodiff.log(process.formula(.sigma, t) / process.formula(.alpha, t)) * 0.25
      }
    }
  }

  /// ¼ ln(σ/α), levelled off beyond ±¼ ln 10⁴, so that it is finite at both ends of every process; shape
  /// [n], float64.
  var boundedLogLevel: Tensor {
    get throws {
      let floor = 1e-8
      return try functionOfTime("bounded_log_level", t) { t in
        try Tensor(
          t.doubles().map {
            let (alpha, sigma) = (process.alpha(at: $0), process.sigma(at: $0))
            let (signal, noise) = (alpha * alpha, sigma * sigma)
            return Glibc.log((noise + floor * signal) / (signal + floor * noise)) / 8
          })
      } formula: { t in
        let (signal, noise) = try (
          square(process.formula(.alpha, t)), square(process.formula(.sigma, t))
        )
        return try Autodiff.log((noise + signal * floor) / (signal + noise * floor)) * 0.125
      }
    }
  }

  /// Throws where α is 0: no clean sample follows from `name` there.
  func requireSignal(for name: String) throws {
    guard !Tensor.isProgramRecorded else { return }
    let times = try t.value.doubles()
    if let time = times.first(where: { process.alpha(at: $0) == 0 }) {
      throw UserError(
        "no clean sample follows from the \(name) at t = \(formatNumber(time)), where alpha is 0")
    }
  }
}

extension DiffusionProcess {
  func moments(at t: Double) -> MomentsAtTime<Double> {
    MomentsAtTime(
      alpha: value(.alpha, at: t), alphaSlope: value(.alphaSlope, at: t),
      sigma: value(.sigma, at: t), varianceSlope: value(.varianceSlope, at: t))
  }

  fileprivate func moments(at t: Tensor) throws -> MomentsAtTime<Tensor> {
    try MomentsAtTime(
      alpha: formula(.alpha, t), alphaSlope: formula(.alphaSlope, t), sigma: formula(.sigma, t),
      varianceSlope: formula(.varianceSlope, t))
  }
}
