import Autodiff
import KernelsBase
import Models
import Runtime
import Tensors

extension SamplingRun {
  /// a x + b s(x, t) + c z with noise z that is drawn where c is not 0: in one pass over the rows where the
  /// model and the noise allow, on all threads. The score is not kept then.
  package func linearStep(
    _ x: Tensor, at t: Double, _ a: Double, score b: Double, noise c: Double
  ) throws -> Tensor {
    guard let keyed, x.trace == nil, x.dtype == .float32, x.rank == 2,
      x.shape[1] == model.dimension, let rowScore = try model.rowScore(at: t)
    else {
      let mean = try x * a + score(x, at: t) * b
      return c == 0 ? mean : try mean + normal(like: x) * c
    }
    countEvaluation()
    return try moved(
      x, rowScore, Float(a), Float(b), Float(c), c == 0 ? nil : takeKey(keyed))
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
