import Catalog
import Tensors

// Distances between all pairs of two sets of points, with gradients.
//
// With g the cotangent of D, D_ij = ‖x_i − y_j‖₂, and W_ij = g_ij / D_ij (0 where D_ij is 0):
// x̄_i = Σ_j W_ij (x_i − y_j) = x_i Σ_j W_ij − (W y)_i and ȳ_j = y_j Σ_i W_ij − (Wᵀ x)_j.
// For squares W = 2 g. Both are taken about the mean of y, which changes no difference.

extension Linalg {
  /// - Parameters: `x` of shape [n, d], `y` of shape [m, d]; `order` p ≥ 1, or infinity.
  /// - Returns: of shape [n, m], in the wider of their floating-point types.
  public static func distances(
    _ x: Tensor, _ y: Tensor, order: Double = 2, squared: Bool = false
  ) throws -> Tensor {
    guard !squared || order == 2 else {
      throw UserError("squared is for order 2, got order \(formatNumber(order))")
    }
    let type = DType.promoted(try real(x).dtype, try real(y).dtype)
    let inputs = [try convert(x, to: type), try convert(y, to: type)]
    if order != 2, inputs.contains(where: { $0.trace != nil }) {
      return try normsOfDifferences(inputs[0], inputs[1], order)
    }
    return try record(
      "distances", inputs,
      forward: { try value($0[0], $0[1], order, squared) },
      pullbacks: [
        { inputs, d, g in
          try flow(inputs[0], inputs[1], weights(d, g, squared), about: inputs[1])
        },
        { inputs, d, g in
          try flow(
            inputs[1], inputs[0], transpose(weights(d, g, squared)), about: inputs[1])
        },
      ])
  }

  private static func value(
    _ x: Tensor, _ y: Tensor, _ order: Double, _ squared: Bool
  ) throws -> Tensor {
    try repeating("distances", [x, y]) {
      try pairwiseDistances($0[0], $0[1], order: order, squared: squared)
    }
  }

  private static func weights(_ d: Tensor, _ g: Tensor, _ squared: Bool) throws -> Tensor {
    squared ? try 2 * g : try g * safeReciprocal(d)
  }

  /// a_i Σ_j w_ij − (w b)_i.
  private static func flow(
    _ a: Tensor, _ b: Tensor, _ w: Tensor, about points: Tensor
  ) throws -> Tensor {
    guard points.shape[0] > 0 else { return try a * 0 }
    let middle = try mean(points.value, axis: 0, keepingAxis: true)
    let (a, b) = (try a - middle, try b - middle)
    return try a * sum(w, axis: 1, keepingAxis: true) - matmul(w, b)
  }

  /// For the derivatives of other orders: norms of all n m d differences, which stay in memory.
  private static func normsOfDifferences(
    _ x: Tensor, _ y: Tensor, _ order: Double
  ) throws -> Tensor {
    let difference = try expandedAxis(x, at: 1) - expandedAxis(y, at: 0)
    return try norm(difference, .power(order), axis: 2)
  }
}
