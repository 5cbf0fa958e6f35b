import Catalog
import Tensors

// Norms of vectors and matrices, with gradients (0 where the norm is 0).

extension Linalg {
  /// Which norm: a number p, or one of the names.
  public enum Order: Argument {
    case power(Double)
    case frobenius
    case nuclear

    public static var expectation: String { "a number of 1 or more, 'inf', 'fro' or 'nuc'" }
    public static var luaType: String { "number|\"inf\"|\"fro\"|\"nuc\"" }

    public static func read(_ frame: Frame, _ index: Int32) throws -> Order {
      if frame.type(at: index) == LuaType.number {
        let p = frame.number(at: index)
        guard p >= 1 else { throw Mismatch(expected: expectation) }
        return .power(p)
      }
      switch frame.string(at: index) {
      case "inf": return .power(.infinity)
      case "fro": return .frobenius
      case "nuc": return .nuclear
      default: throw Mismatch(expected: expectation)
      }
    }
  }

  /// NumPy's rule: with an axis (0-based) vectors are measured along it; without one, and without an
  /// order, all elements are one vector; else a vector is measured as such, and a higher tensor as
  /// matrices in its last two axes.
  public static func norm(
    _ x: Tensor, _ order: Order? = nil, axis: Int? = nil, keepingAxis: Bool = false
  ) throws -> Tensor {
    let x = try real(x)
    if let axis {
      let result = try vectorNorm(x, order, axis)
      return keepingAxis ? try expandedAxis(result, at: axis) : result
    }
    guard let order else { return try vectorNorm(reshape(x, to: [x.elementCount]), nil, 0) }
    switch x.rank {
    case 0: return try abs(x)
    case 1: return try vectorNorm(x, order, 0)
    default: return try matrixNorm(x, order)
    }
  }

  private static func vectorNorm(_ x: Tensor, _ order: Order?, _ axis: Int) throws -> Tensor {
    switch order ?? .power(2) {
    case .power(1): return try sum(abs(x), axis: axis)
    case .power(2): return try rootOfSquares(x, axis: axis)
    case .power(.infinity):
      if x.shape[axis] == 0 { return try sum(x, axis: axis) }
      return try extreme(abs(x), .maximum, axis: axis)
    case .power(let p): return try Autodiff.norm(x, p, axis: axis)
    case .frobenius, .nuclear:
      throw UserError("order must be a number or 'inf' for vectors; 'fro' and 'nuc' take matrices")
    }
  }

  private static func matrixNorm(_ x: Tensor, _ order: Order) throws -> Tensor {
    let (rows, columns) = (x.rank - 2, x.rank - 1)
    switch order {
    case .frobenius:
      return try rootOfSquares(
        reshape(x, to: x.batch + [x.matrixRows * x.matrixColumns]), axis: x.rank - 2)
    case .nuclear: return try sum(flatAtZero(svdvals(x)), axis: rows)
    case .power(1): return try largest(sum(abs(x), axis: rows))
    case .power(.infinity): return try largest(sum(abs(x), axis: columns))
    case .power(2): return try largest(flatAtZero(svdvals(x)))
    case .power(let p):
      throw UserError("order must be 1, 2, 'inf', 'fro' or 'nuc' for matrices, got \(p)")
    }
  }

  /// Singular values with slope 0 where they are 0.
  private static func flatAtZero(_ s: Tensor) throws -> Tensor {
    if s.trace == nil { return s }
    return try s * sign(s)
  }

  /// The largest along the last axis, 0 where there is none.
  private static func largest(_ x: Tensor) throws -> Tensor {
    x.shape[x.rank - 1] == 0
      ? try sum(x, axis: x.rank - 1) : try extreme(x, .maximum, axis: x.rank - 1)
  }

  private static func abs(_ x: Tensor) throws -> Tensor { try UnaryRule.absolute(x) }
}
