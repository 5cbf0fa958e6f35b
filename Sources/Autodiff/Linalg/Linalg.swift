import Runtime
import Tensors

/// Linear algebra with gradients: the functions behind the Lua module `linalg`, for Swift callers.
///
/// The last two axes of a tensor are a matrix, the axes before them a stack of matrices. The pullbacks
/// are those of Giles 2008 ("Collected matrix derivative results for forward and reverse mode
/// algorithmic differentiation") where no other source is named; they are written in traced
/// operations, so gradients of any order exist.
public enum Linalg {
  // MARK: Parts of matrices

  /// The elements on and below the diagonal; those on it times `diagonal`.
  static func lowerTriangle(_ x: Tensor, diagonal: Double = 1) throws -> Tensor {
    try x * mask(x) { row, column in row > column ? 1 : row == column ? diagonal : 0 }
  }

  /// The elements on and above the diagonal.
  static func upperTriangle(_ x: Tensor) throws -> Tensor {
    try x * mask(x) { row, column in row <= column ? 1 : 0 }
  }

  /// (A + Aᵀ) / 2.
  static func symmetrized(_ x: Tensor) throws -> Tensor { try (x + transpose(x)) * 0.5 }

  /// The diagonals of matrices as vectors.
  static func diagonal(_ x: Tensor) throws -> Tensor {
    let length = min(x.matrixRows, x.matrixColumns)
    var square = x
    for axis in [x.rank - 2, x.rank - 1] where x.shape[axis] > length {
      square = try slice(square, axis: axis, 0..<length)
    }
    return try sum(square * mask(square) { $0 == $1 ? 1 : 0 }, axis: x.rank - 1)
  }

  /// Vectors as the diagonals of square matrices.
  static func diagonalMatrix(_ x: Tensor) throws -> Tensor {
    let wide = try expandedAxis(x, at: x.rank)
    return try wide * identity(x.shape[x.rank - 1], x.dtype)
  }

  static func identity(_ order: Int, _ dtype: DType) throws -> Tensor {
    let result = try Tensor.zeros(Shape(checking: [order, order]), dtype)
    for i in 0..<order { try result.select(axis: 0, i).select(axis: 0, i).assign(.scalar(1)) }
    return result
  }

  private static func mask(_ x: Tensor, _ value: (Int, Int) -> Double) throws -> Tensor {
    let (rows, columns) = (x.matrixRows, x.matrixColumns)
    let result = try Tensor(uninitialized: [rows, columns], .float64)
    let out = result.pointer(Double.self)
    try Cancellation.inBlocks(result.elementCount) {
      for place in $0 {
        let (i, j) = place.quotientAndRemainder(dividingBy: columns)
        out[place] = value(i, j)
      }
    }
    return try result.converted(to: x.dtype)
  }

  /// Scales the columns of matrices: A diag(s).
  static func scaledColumns(_ x: Tensor, _ s: Tensor) throws -> Tensor {
    try x * expandedAxis(s, at: s.rank - 1)
  }

  /// Scales the rows of matrices: diag(s) A.
  static func scaledRows(_ s: Tensor, _ x: Tensor) throws -> Tensor {
    try expandedAxis(s, at: s.rank) * x
  }

  /// 1/x, and 0 where x is 0.
  static func safeReciprocal(_ x: Tensor) throws -> Tensor {
    let isZero = try x.value.compared(with: .scalar(0, .float64), .equal).converted(to: x.dtype)
    return try (1 - isZero) / (x + isZero)
  }

  /// The same numbers after a condition on them, which throws where they do not meet it. A recorded
  /// program checks again in every run.
  static func checked(_ x: Tensor, _ condition: @escaping (Tensor) throws -> Void) throws -> Tensor
  {
    if !Tensor.isProgramRecorded {
      try condition(x.value)
      return x
    }
    return try repeating("check", [x.value]) {
      try condition($0[0])
      return try $0[0].copied()
    }
  }

  /// Integers and booleans as float32.
  static func real(_ x: Tensor) throws -> Tensor {
    x.dtype.isFloatingPoint ? x : try x.value.converted(to: .float32)
  }
}
