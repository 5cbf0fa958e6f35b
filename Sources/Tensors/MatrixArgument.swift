import Catalog
import KernelsBase

// What a tensor must be before LAPACK may read it, and how stacks of matrices are taken apart. The
// last two axes are a matrix; the axes before them count matrices.

extension Tensor {
  /// LAPACK's 32-bit work lengths hold for matrices up to this order.
  static let mostRows = 20_000

  /// The axes before the matrix.
  package var batch: [Int] { Array(shape.dropLast(2)) }
  var matrixCount: Int { batch.reduce(1, *) }
  package var matrixRows: Int { shape[rank - 2] }
  package var matrixColumns: Int { shape[rank - 1] }

  /// A stack of matrices of floating-point numbers, all of them finite.
  func checkedMatrices(_ name: String) throws -> Tensor {
    guard rank >= 2 else {
      throw UserError("\(name) must be a matrix or a stack of them, got shape \(shape)")
    }
    guard matrixRows <= Tensor.mostRows, matrixColumns <= Tensor.mostRows else {
      throw UserError(
        "\(name) must have at most \(Tensor.mostRows) rows and columns, got shape \(shape)")
    }
    let real = try dtype.isFloatingPoint ? self : converted(to: .float32)
    try real.requireFinite(name)
    return real
  }

  /// The same for square matrices.
  func checkedSquares(_ name: String) throws -> Tensor {
    let matrices = try checkedMatrices(name)
    guard matrixRows == matrixColumns else {
      throw UserError("\(name) must be square, got shape \(shape)")
    }
    return matrices
  }

  /// The same for symmetric matrices: mirrored elements may differ by √ε of the largest one.
  func checkedSymmetric(_ name: String) throws -> Tensor {
    let matrices = try checkedSquares(name).densified()
    let place =
      matrices.dtype == .float32
      ? matrices.asymmetry(Float.self) : matrices.asymmetry(Double.self)
    if let (row, column) = place {
      let first = matrices.offset + (row % matrixRows) * matrixColumns + column
      let mirrored = matrices.offset + column * matrixColumns + row % matrixRows
      let start = row / matrixRows * matrixRows * matrixColumns
      throw UserError(
        "\(name) must be symmetric: elements [\(row % matrixRows + 1), \(column + 1)] and "
          + "[\(column + 1), \(row % matrixRows + 1)] are "
          + "\(shortNumber(matrices.element(at: start + first))) and "
          + "\(shortNumber(matrices.element(at: start + mirrored)))")
    }
    return matrices
  }

  /// The first pair of mirrored elements that differ: its row, counted over the stack, and column.
  private func asymmetry<T: LAPACKScalar>(_ type: T.Type) -> (row: Int, column: Int)? {
    let n = matrixRows
    let tolerance = T.ulpOfOne.squareRoot()
    for index in 0..<matricesToVisit {
      let a = pointer(T.self) + index * n * n
      var largest: T = 0
      for i in 0..<n * n { largest = Swift.max(largest, abs(a[i])) }
      for i in 0..<n {
        for j in 0..<i where abs(a[i * n + j] - a[j * n + i]) > tolerance * largest {
          return (index * n + i, j)
        }
      }
    }
    return nil
  }

  func requireFinite(_ name: String) throws {
    if try isFinite() { return }
    let values = try doubles()
    guard var place = values.firstIndex(where: { !$0.isFinite }) else { return }
    let value = values[place]
    var index: [Int] = []
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      index.insert(place % shape[axis] + 1, at: 0)
      place /= shape[axis]
    }
    throw UserError("\(name) must hold finite numbers, got \(shortNumber(value)) at \(index)")
  }

  /// None of a stack without elements, which may hold 2^40 matrices.
  private var matricesToVisit: Int { elementCount == 0 ? 0 : matrixCount }

  /// Sets the elements below (`lower`) or above the diagonal of each matrix of a dense stack to 0.
  func clearTriangle(lower: Bool) {
    if dtype == .float32 { clear(Float.self, lower) } else { clear(Double.self, lower) }
  }

  private func clear<T: LAPACKScalar>(_ type: T.Type, _ lower: Bool) {
    let (rows, columns) = (matrixRows, matrixColumns)
    for index in 0..<matricesToVisit {
      let a = pointer(T.self) + index * rows * columns
      for row in 0..<rows {
        let range = lower ? 0..<min(row, columns) : min(row + 1, columns)..<columns
        for column in range { a[row * columns + column] = 0 }
      }
    }
  }
}
