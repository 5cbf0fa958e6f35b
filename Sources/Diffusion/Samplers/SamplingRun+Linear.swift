import Autodiff
import KernelsBase
import Models
import Runtime
import Tensors

extension SamplingRun {
  /// a x + b q(x, t) + c z, q any quantity, with noise z that is drawn where c is not 0: in one pass over
  /// the rows where the model and the noise allow, on all threads. The quantity is not kept then.
  package func linearStep(
    _ x: Tensor, at t: Double, _ a: Double, _ quantity: Quantity, _ b: Double, noise c: Double
  ) throws -> Tensor {
    guard let keyed, let (rows, p, r) = try rowEstimate(quantity, x, at: t) else {
      let mean = try x * a + value(quantity, x, at: t) * b
      return c == 0 ? mean : try mean + normal(like: x) * c
    }
    countEvaluation()
    return try moved(
      x, rows, Float(a + b * p), Float(b * r), Float(c), c == 0 ? nil : takeKey(keyed))
  }

  /// The same without noise.
  func linearStep(_ x: Tensor, at t: Double, _ a: Double, _ quantity: Quantity, _ b: Double) throws
    -> Tensor
  {
    try linearStep(x, at: t, a, quantity, b, noise: 0)
  }

  /// The score s of rows in raw memory, with p and r of q = p x + r s; nil where the model has none.
  private func rowEstimate(_ quantity: Quantity, _ x: Tensor, at t: Double) throws
    -> (rows: RowFunction, x: Double, score: Double)?
  {
    guard x.trace == nil, x.dtype == .float32, x.rank == 2, x.shape[1] == model.dimension,
      x.shape[0] > 0, process.sigma(at: t) > 0, let rows = try model.rowScore(at: t)
    else { return nil }
    let (p, r) = process.coefficients(from: .score, to: quantity, at: t)
    return p.isFinite && r.isFinite ? (rows, p, r) : nil
  }

  /// A quantity in one pass over the rows; nil where the model has no score by row.
  func rowValue(_ quantity: Quantity, _ x: Tensor, at t: Double) throws -> Tensor? {
    guard let (rows, p, r) = try rowEstimate(quantity, x, at: t) else { return nil }
    return try moved(x, rows, Float(p), Float(r), 0, nil)
  }

  private func moved(
    _ x: Tensor, _ rowScore: RowFunction, _ a: Float, _ b: Float, _ c: Float, _ key: KeyedNoise.Key?
  ) throws -> Tensor {
    let d = model.dimension
    let points = try x.densified()
    let result = try Tensor(uninitialized: x.shape)
    let (from, to) = (points.pointer(Float.self), result.pointer(Float.self))
    try WorkerPool.shared.run(count: x.shape[0], grain: RowFunction.grain) { rows in
      let count = rows.count * d
      let (x, y) = (from + rows.lowerBound * d, to + rows.lowerBound * d)
      rowScore(x, keep: a, factor: b, y, rows: rows.count)
      guard let key else { return }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) {
        guard let z = $0.baseAddress else { return }
        key.normal(rows, columns: d, z)
        kernels.axpy(c, z, y, count)
      }
    }
    return result
  }
}

/// Σ_i c_i x_i of tensors of one shape: in one pass where they are plain float32 numbers.
func combination(_ terms: [(factor: Double, x: Tensor)]) throws -> Tensor {
  let first = terms[0].x
  guard
    terms.allSatisfy({ $0.x.trace == nil && $0.x.dtype == .float32 && $0.x.shape == first.shape }),
    !Tensor.isProgramRecorded
  else {
    return try terms.dropFirst().reduce(first * terms[0].factor) { try $0 + $1.x * $1.factor }
  }
  let dense = try terms.map { try $0.x.densified() }
  let result = try Tensor(uninitialized: first.shape)
  let (sources, to) = (dense.map { $0.pointer(Float.self) }, result.pointer(Float.self))
  let factors = terms.map { Float($0.factor) }
  try WorkerPool.shared.run(count: first.elementCount, grain: 1 << 14) { range in
    let (start, count) = (range.lowerBound, range.count)
    for i in range { to[i] = factors[0] * sources[0][i] }
    for place in 1..<max(sources.count, 1) {
      kernels.axpy(factors[place], sources[place] + start, to + start, count)
    }
  }
  return result
}
