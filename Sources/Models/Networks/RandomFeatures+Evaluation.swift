import Autodiff
import Catalog
import KernelsBase
import Layers
import Runtime
import Tensors

extension RandomFeatures {
  /// Points of more numbers go through matrix products.
  private static let rowDimension = 8

  /// F at one level for all rows without a trace, row by row in float64: U e(t) is made once, and no array
  /// of all rows' features lies in memory.
  package func rows(_ x: Tensor, at level: Double) throws -> Tensor? {
    guard shape.rank == 1, dimension <= Self.rowDimension, x.shape[0] > 0 else { return nil }
    let (n, d, m) = (x.shape[0], dimension, options.width.value)
    let call = NetworkCall(
      parameters, at: try parameters.views.map { try $0.converted(to: .float64) })
    let still = try hidden(.zeros([1, d], .float64), Tensor([level]), call).doubles()
    let w = try transpose(call["w"]).doubles()
    let a = try (call["a"] * (1 / Double(m))).doubles()
    let points = try x.converted(to: .float64).densified()
    let result = try Tensor(uninitialized: x.shape, .float64)
    let (from, to) = (points.pointer(Double.self), result.pointer(Double.self))
    if d == 1, options.activation == "relu" {
      try PiecewiseLinear(weights: w, biases: still, factors: a).fill(from, to, n)
      return try result.converted(to: x.dtype)
    }
    let activate = activation
    try still.withUnsafeBufferPointer { still in
      try w.withUnsafeBufferPointer { w in
        try a.withUnsafeBufferPointer { a in
          guard let still = still.baseAddress, let w = w.baseAddress, let a = a.baseAddress else {
            return
          }
          try WorkerPool.shared.run(count: n, grain: max(8, (1 << 16) / (m * d))) { rows in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: m) {
              guard let h = $0.baseAddress else { return }
              for i in rows {
                h.update(from: still, count: m)
                for j in 0..<d { kernels.axpy(from[i * d + j], w + j * m, h, m) }
                activate(UnsafePointer(h), h, m)
                for j in 0..<d { to[i * d + j] = kernels.dot(h, a + j * m, m) }
              }
            }
          }
        }
      }
    }
    return try result.converted(to: x.dtype)
  }

  private var activation: (DoubleIn, DoubleOut, Int) -> Void {
    switch options.activation {
    case "silu": kernels.silu
    case "tanh": kernels.tanh
    default: kernels.relu
    }
  }
}
