import Autodiff
import Catalog
import Tensors

/// A function of time that every process has.
package enum TimeQuantity: String, CaseIterable {
  case alpha, sigma, drift, diffusion
  case logSNR = "log_snr"
  case alphaSlope, varianceSlope
}

// What follows from α, α′, σ² and (σ²)′, by d(α x_0 + σ z) = (f x) dt + g dW in moments:
//
//   α′ = f α,  (σ²)′ = 2 f σ² + g².
extension DiffusionProcess {
  func derived<T: TimeNumber>(_ quantity: TimeQuantity, _ t: T) throws(T.Failure) -> T {
    switch quantity {
    case .alpha: return try alpha(t)
    case .sigma: return try sigma(t)
    case .alphaSlope: return try alphaSlope(t)
    case .varianceSlope: return try varianceSlope(t)
    case .drift: return try alphaSlope(t) / alpha(t)
    case .diffusion:
      let f = try alphaSlope(t) / alpha(t)
      // Rounding may leave less than nothing where g is 0.
      return try T.sqrt(T.relu(varianceSlope(t) - f * variance(t) * 2))
    case .logSNR: return try T.log(alpha(t) / sigma(t)) * 2
    }
  }
}

extension DiffusionProcess {
  package func alpha(at t: Double) -> Double { value(.alpha, at: t) }
  package func sigma(at t: Double) -> Double { value(.sigma, at: t) }
  package func drift(at t: Double) -> Double { value(.drift, at: t) }
  package func diffusion(at t: Double) -> Double { value(.diffusion, at: t) }
  /// ln(α²/σ²).
  package func logSNR(at t: Double) -> Double { value(.logSNR, at: t) }

  /// The time at which ln(α²/σ²) has a value, by bisection; log-SNR falls with t. A value at an end may be
  /// past it in its last digits, as it comes of the caller's own formula.
  ///
  /// - Throws: where the process never has it.
  package func time(ofLogSNR level: Double) throws -> Double {
    var (low, high) = (domain.lowerBound, domain.upperBound)
    let (most, least) = (logSNR(at: low), logSNR(at: high))
    let slack = level.isFinite ? 1e-12 * max(1, abs(level)) : 0
    guard level <= most + slack, level >= least - slack else {
      throw UserError(
        "log_snr must lie from \(formatNumber(least)) to \(formatNumber(most)), got "
          + formatNumber(level))
    }
    if level >= most { return low }
    if level <= least { return high }
    while true {
      let isWide = low > 0 && high > 2 * low
      let middle = isWide ? (low * high).squareRoot() : low + (high - low) / 2
      if middle <= low || middle >= high || middle < Double.leastNormalMagnitude { return high }
      if logSNR(at: middle) > level { low = middle } else { high = middle }
    }
  }
}

extension DiffusionProcess {
  /// A quantity at each of the times, float32 where they are, else float64; with slopes in t.
  package func values(_ quantity: TimeQuantity, of t: Tensor) throws -> Tensor {
    try functionOfTime("quantity of time", t) { t in
      try Tensor(t.doubles().polledMap { self.value(quantity, at: $0) }, shape: t.shape)
        .converted(to: t.dtype == .float32 ? .float32 : .float64)
    } formula: {
      try self.formula(quantity, $0)
    }
  }

  package func alpha(of t: Tensor) throws -> Tensor {
    try batch(.alpha, of: t) { self.alpha($0, $1, $2) }
  }

  package func sigma(of t: Tensor) throws -> Tensor {
    try batch(.sigma, of: t) { self.sigma($0, $1, $2) }
  }

  /// A quantity that processes compute for whole batches of float32 times.
  private func batch(
    _ quantity: TimeQuantity, of t: Tensor,
    _ fill: @escaping (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  ) throws -> Tensor {
    guard t.dtype == .float32 else { return try values(quantity, of: t) }
    return try functionOfTime("quantity of time", t) { t in
      let times = try t.densified()
      let result = try Tensor(uninitialized: t.shape)
      fill(times.pointer(Float.self), result.pointer(Float.self), t.elementCount)
      return result
    } formula: {
      try self.formula(quantity, $0)
    }
  }

  /// The times of values of ln(α²/σ²), float64; dt/dλ = 1/λ′(t) with λ′ = 2 α′/α − (σ²)′/σ².
  package func times(ofLogSNR levels: Tensor) throws -> Tensor {
    func values(_ levels: Tensor) throws -> Tensor {
      try repeating("time_of_log_snr", [levels]) { inputs in
        try Tensor(
          inputs[0].doubles().polledMap { try self.time(ofLogSNR: $0) }, shape: inputs[0].shape)
      }
    }
    if levels.trace == nil { return try values(levels) }
    return try record(
      "time_of_log_snr", [levels], forward: { try values($0[0]) },
      pullbacks: [
        { inputs, _, g in
          let t = try self.times(ofLogSNR: inputs[0])
          let sigma = try self.formula(.sigma, t)
          let rate =
            try self.formula(.alphaSlope, t) / self.formula(.alpha, t) * 2
            - self.formula(.varianceSlope, t) / square(sigma)
          return try convert(convert(g, to: .float64) / rate, to: inputs[0].dtype)
        }
      ])
  }
}
