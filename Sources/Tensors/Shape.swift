import Catalog

/// Axis lengths, outermost first, held inline so that a small tensor costs no extra allocation.
public struct Shape: Equatable, ExpressibleByArrayLiteral, RandomAccessCollection {
  /// Tensors have at most so many axes.
  public static let maximumRank = 8

  private var lengths = InlineArray<8, Int>(repeating: 1)
  public private(set) var rank: Int

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// - Precondition: at most `maximumRank` lengths; user input goes through `init(checking:)`.
  public init<S: Sequence>(_ elements: S) where S.Element == Int {
    rank = 0
    for length in elements {
      lengths[rank] = length
      rank += 1
    }
  }

  /// A shape from the outside: throws where a length is negative, there are too many axes, or the
  /// number of elements overflows.
  public init(checking elements: [Int]) throws {
    guard elements.count <= Shape.maximumRank else {
      throw UserError(
        "shape must have at most \(Shape.maximumRank) axes, got \(elements.count)")
    }
    var count = 1
    for length in elements {
      guard length >= 0 else {
        throw UserError("shape must have lengths of 0 or more, got \(elements)")
      }
      let (product, overflows) = count.multipliedReportingOverflow(by: Swift.max(length, 1))
      guard !overflows, product <= 1 << 48 else {
        throw UserError("shape \(elements) has more elements than memory can hold")
      }
      count = product
    }
    self.init(elements)
  }

  public init(repeating length: Int, rank: Int) {
    self.init(repeatElement(length, count: rank))
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { rank }

  public subscript(axis: Int) -> Int {
    get { lengths[axis] }
    set { lengths[axis] = newValue }
  }

  /// Number of elements; 1 for a 0-d tensor.
  public var elementCount: Int {
    var product = 1
    for axis in 0..<rank { product *= lengths[axis] }
    return product
  }

  /// Bytes of a dense tensor; throws where their number overflows.
  func byteCount(of dtype: DType) throws -> Int {
    var bytes = dtype.byteCount
    for axis in 0..<rank {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: lengths[axis])
      guard !overflows else {
        throw UserError("shape \(self) has more elements than memory can hold")
      }
      bytes = product
    }
    return bytes
  }

  /// Strides of a dense row-major tensor of this shape, in elements.
  public var denseStrides: Shape {
    var strides = self
    var step = 1
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      strides[axis] = step
      step *= Swift.max(lengths[axis], 1)
    }
    return strides
  }

  public func removing(axis: Int) -> Shape {
    var result = Shape([])
    for position in 0..<rank where position != axis { result.append(lengths[position]) }
    return result
  }

  public func inserting(_ length: Int, at axis: Int) -> Shape {
    var result = Shape([])
    for position in 0..<rank {
      if position == axis { result.append(length) }
      result.append(lengths[position])
    }
    if axis == rank { result.append(length) }
    return result
  }

  mutating func exchange(_ a: Int, _ b: Int) {
    (lengths[a], lengths[b]) = (lengths[b], lengths[a])
  }

  public mutating func append(_ length: Int) {
    lengths[rank] = length
    rank += 1
  }

  public static func == (a: Shape, b: Shape) -> Bool {
    guard a.rank == b.rank else { return false }
    for axis in 0..<a.rank where a.lengths[axis] != b.lengths[axis] { return false }
    return true
  }
}

extension Shape: CustomStringConvertible {
  /// `[3, 2]`, as Lua and the errors write it.
  public var description: String { "\(Array(self))" }
}

extension Shape {
  /// The common shape of two operands: axes are matched from the last, and a length of 1 repeats.
  public static func broadcast(_ a: Shape, _ b: Shape) throws -> Shape {
    if a == b { return a }
    let rank = Swift.max(a.rank, b.rank)
    var result = Shape(repeating: 1, rank: rank)
    for axis in 0..<rank {
      let fromA = axis - (rank - a.rank)
      let fromB = axis - (rank - b.rank)
      let lengthA = fromA >= 0 ? a[fromA] : 1
      let lengthB = fromB >= 0 ? b[fromB] : 1
      guard lengthA == lengthB || lengthA == 1 || lengthB == 1 else {
        throw UserError("shapes \(a) and \(b) do not broadcast")
      }
      result[axis] = lengthA == 1 ? lengthB : lengthA
    }
    return result
  }
}
