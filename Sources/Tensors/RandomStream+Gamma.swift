import Glibc
import KernelsBase
import Runtime

// The laws built on the gamma law: gamma, beta, Student's t. Rejection samplers whose value at an
// element does not depend on how many elements are drawn, nor on threads: each element is a row of
// its own in the Philox counter, and its trials are the columns.

/// A parameter of a law: one number, or one for each element in row-major order.
public enum LawParameter {
  case number(Double)
  case elements([Double])

  public subscript(index: Int) -> Double {
    switch self {
    case .number(let value): value
    case .elements(let values): values[index]
    }
  }

  public func allSatisfy(_ condition: (Double) -> Bool) -> Bool {
    switch self {
    case .number(let value): condition(value)
    case .elements(let values): values.allSatisfy(condition)
    }
  }
}

extension RandomStream {
  /// Independent Gamma(a) numbers over `rate`, density ∝ x^(a−1) e^(−x).
  public func gamma(
    _ shape: Shape, _ concentration: LawParameter, rate: LawParameter = .number(1),
    _ dtype: DType = .float32
  ) throws -> Tensor {
    let step = nextStep()
    return try generated(shape, dtype) { range, out in
      logGamma(range, concentration, step: step, part: 0, out)
      for i in range { out[i - range.lowerBound] = exp(out[i - range.lowerBound]) / rate[i] }
    }
  }

  /// Independent Beta(a, b) numbers: X/(X + Y) with X ~ Gamma(a), Y ~ Gamma(b), by logarithms so that
  /// small a and b do not underflow.
  public func beta(
    _ shape: Shape, _ a: LawParameter, _ b: LawParameter, _ dtype: DType = .float32
  ) throws -> Tensor {
    let step = nextStep()
    return try generated(shape, dtype) { range, out in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: range.count) { other in
        guard let y = other.baseAddress else { return }
        logGamma(range, a, step: step, part: 0, out)
        logGamma(range, b, step: step, part: 1, y)
        for i in 0..<range.count { out[i] = 1 / (1 + exp(y[i] - out[i])) }
      }
    }
  }

  /// Independent Student-t numbers: Z / √(2 G / ν), Z ~ N(0, 1), G ~ Gamma(ν / 2).
  public func student(
    _ shape: Shape, _ degrees: LawParameter, _ dtype: DType = .float32
  ) throws -> Tensor {
    let step = nextStep()
    let half: LawParameter =
      switch degrees {
      case .number(let value): .number(value / 2)
      case .elements(let values): .elements(try values.polledMap { $0 / 2 })
      }
    return try generated(shape, dtype) { range, out in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: range.count) { other in
        guard let z = other.baseAddress else { return }
        logGamma(range, half, step: step, part: 0, out)
        kernels.normal(
          z, rows: range.count, columns: 1, key: lawKey(.deviate, part: 1), step: step,
          firstRow: UInt64(range.lowerBound))
        for (place, i) in range.enumerated() {
          out[place] = z[place] * exp(0.5 * (log(half[i]) - out[place]))
        }
      }
    }
  }

  /// A tensor filled in parallel: `body` writes the numbers of a range of elements.
  func generated(
    _ shape: Shape, _ dtype: DType, _ body: (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) throws -> Tensor {
    let result = try Tensor(uninitialized: shape, .float64)
    let out = result.pointer(Double.self)
    try WorkerPool.shared.run(count: shape.elementCount, grain: 2048) {
      body($0, out + $0.lowerBound)
    }
    return try result.converted(to: dtype)
  }

  /// What the numbers behind one draw are for; each has a key of its own.
  enum LawKey: UInt64 { case deviate = 1, acceptance, boost }

  func lawKey(_ use: LawKey, part: UInt64) -> UInt64 {
    mix(seed: key, purpose: 0x1A_3000 &+ part &* 16 &+ use.rawValue)
  }

  /// ln of Gamma(a) numbers (Marsaglia & Tsang 2000, "A simple method for generating gamma
  /// variables"): d = a − ⅓, c = 1/√(9d), v = (1 + c x)³ with x ~ N(0, 1) is taken where
  /// ln u < ½x² + d − d v + d ln v, u ~ U(0, 1), and then d v ~ Gamma(a). For a < 1 the law is that
  /// of Gamma(a + 1) u^(1/a).
  private func logGamma(
    _ range: Range<Int>, _ concentration: LawParameter, step: UInt32, part: UInt64,
    _ out: UnsafeMutablePointer<Double>
  ) {
    // Two trials of each element are drawn ahead: one block of the generator.
    let ahead = 2
    let count = range.count
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count * (2 * ahead + 1)) { memory in
      guard let x = memory.baseAddress else { return }
      let u = x + ahead * count
      let boost = u + ahead * count
      let first = UInt64(range.lowerBound)
      kernels.normal(
        x, rows: count, columns: ahead, key: lawKey(.deviate, part: part), step: step,
        firstRow: first)
      kernels.uniform(
        u, rows: count, columns: ahead, key: lawKey(.acceptance, part: part), step: step,
        firstRow: first)
      kernels.uniform(
        boost, rows: count, columns: 1, key: lawKey(.boost, part: part), step: step,
        firstRow: first)
      for place in 0..<count {
        let a = concentration[range.lowerBound + place]
        let d = (a < 1 ? a + 1 : a) - 1.0 / 3
        let value =
          firstTaken(0..<ahead, d, x + place * ahead, u + place * ahead)
          ?? laterTrial(d, element: first + UInt64(place), step: step, part: part)
        out[place] = a < 1 ? value + log(boost[place]) / a : value
      }
    }
  }

  /// The first trial that is taken from the third on; one in twenty fails.
  private func laterTrial(_ d: Double, element: UInt64, step: UInt32, part: UInt64) -> Double {
    var columns = 16
    while columns < 1 << 20 {
      let found: Double? = withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * columns) {
        guard let x = $0.baseAddress else { return nil }
        let u = x + columns
        kernels.normal(
          x, rows: 1, columns: columns, key: lawKey(.deviate, part: part), step: step,
          firstRow: element)
        kernels.uniform(
          u, rows: 1, columns: columns, key: lawKey(.acceptance, part: part), step: step,
          firstRow: element)
        return firstTaken(2..<columns, d, x, u)
      }
      if let found { return found }
      columns *= 4
    }
    return log(d)
  }
}

/// ln(d v) of the first trial that is taken.
private func firstTaken(
  _ trials: Range<Int>, _ d: Double, _ x: UnsafePointer<Double>, _ u: UnsafePointer<Double>
) -> Double? {
  for t in trials {
    let root = 1 + x[t] / (9 * d).squareRoot()
    if root <= 0 { continue }
    let v = root * root * root
    if log(u[t]) < 0.5 * x[t] * x[t] + d - d * v + d * log(v) { return log(d * v) }
  }
  return nil
}
