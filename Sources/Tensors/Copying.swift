import Catalog
import KernelsBase
import Runtime

// Dense copies and conversions between element types.

extension Tensor {
  /// This tensor if it is dense, otherwise a dense copy.
  public func densified() throws -> Tensor {
    isDense ? self : try copied()
  }

  /// Elements that are copied or converted between two polls: below a millisecond.
  static let copyBlock = 1 << 18

  /// A dense copy with a storage of its own.
  public func copied() throws -> Tensor {
    if let recording = Recording.current {
      return try recording.note(.copy, [self]) { try copied() }
    }
    let result = try Tensor(uninitialized: shape, dtype)
    try copyElements(to: result)
    return result
  }

  /// Writes the elements into a dense tensor of the same shape and type.
  func copyElements(to target: Tensor) throws {
    switch dtype {
    case .float32: try copyStrided(Float.self, to: target)
    case .float64: try copyStrided(Double.self, to: target)
    case .int64: try copyStrided(Int64.self, to: target)
    case .bool: try copyStrided(Bool.self, to: target)
    }
  }

  private func copyStrided<T: Element>(_ type: T.Type, to target: Tensor) throws {
    if elementCount == 0 { return }
    let source = pointer(T.self)
    let destination = target.pointer(T.self)
    if isDense {
      return try Cancellation.inBlocks(elementCount, of: Tensor.copyBlock) {
        (destination + $0.lowerBound).update(from: source + $0.lowerBound, count: $0.count)
      }
    }
    let inner = shape[rank - 1]
    let step = strides[rank - 1]
    var place = 0
    var sincePoll = 0
    try forEachRow(of: shape, strides: strides) { start in
      if step == 1 {
        (destination + place).update(from: source + start, count: inner)
      } else if inner <= Cancellation.blockLength {
        for i in 0..<inner { destination[place + i] = source[start + i * step] }
      } else {
        try Cancellation.inBlocks(inner) {
          for i in $0 { destination[place + i] = source[start + i * step] }
        }
      }
      place += inner
      sincePoll += inner
      if sincePoll >= Cancellation.blockLength {
        sincePoll = 0
        try Cancellation.check()
      }
    }
  }

  /// The same values in another element type; itself where that is the type already.
  public func converted(to target: DType) throws -> Tensor {
    if target == dtype { return self }
    if let recording = Recording.current {
      if target == .int64 {
        return try recording.note(
          general: "convert", [self], one: { try $0[0].converted(to: target) })
      }
      return try recording.note(.convert, [self]) { try converted(to: target) }
    }
    let source = try densified()
    let result = try Tensor(uninitialized: shape, target)
    let count = elementCount
    switch (dtype, target) {
    case (.float32, .float64):
      let (x, y) = (source.pointer(Float.self), result.pointer(Double.self))
      try Cancellation.inBlocks(count, of: Tensor.copyBlock) {
        kernels.convert(x + $0.lowerBound, y + $0.lowerBound, $0.count)
      }
    case (.float64, .float32):
      let (x, y) = (source.pointer(Double.self), result.pointer(Float.self))
      try Cancellation.inBlocks(count, of: Tensor.copyBlock) {
        kernels.convert(x + $0.lowerBound, y + $0.lowerBound, $0.count)
      }
    case (_, .float32): try fill(result, Float.self, from: source) { Float($0) }
    case (_, .float64): try fill(result, Double.self, from: source) { $0 }
    case (_, .int64):
      let values = result.pointer(Int64.self)
      try Cancellation.inBlocks(count) { block in
        for i in block {
          let value = source.element(at: source.offset + i)
          guard let whole = Int64(exactly: value.rounded(.towardZero)) else {
            throw UserError("\(formatNumber(value)) does not fit in an int64")
          }
          values[i] = whole
        }
      }
    case (_, .bool): try fill(result, Bool.self, from: source) { $0 != 0 }
    }
    return result
  }

  /// Refuses numbers that an int64 tensor would have to cut.
  public func requireWhole() throws {
    guard dtype.isFloatingPoint else { return }
    if let cut = try doubles().first(where: { $0 != $0.rounded() || !$0.isFinite }) {
      throw Tensor.notWhole(cut)
    }
  }

  /// The error for a number that meets an int64 tensor without being an integer.
  static func notWhole(_ value: Double) -> UserError {
    UserError(
      "\(formatNumber(value)) is not an integer and the tensor is int64: convert it first, "
        + "x:to(\"float32\")")
  }

  private func fill<T: Element>(
    _ result: Tensor, _ type: T.Type, from source: Tensor, _ convert: (Double) -> T
  ) throws {
    let values = result.pointer(T.self)
    try Cancellation.inBlocks(elementCount) {
      for i in $0 { values[i] = convert(source.element(at: source.offset + i)) }
    }
  }
}

/// Calls `body` with the storage offset of the first element of each innermost row, in row-major
/// order. A 0-d shape has one row of one element.
func forEachRow(of shape: Shape, strides: Shape, _ body: (Int) throws -> Void) rethrows {
  try forEachRow(of: shape, strides, strides) { start, _ in try body(start) }
}

/// The same for two storages, walked together.
func forEachRow(of shape: Shape, _ a: Shape, _ b: Shape, _ body: (Int, Int) throws -> Void)
  rethrows
{
  if shape.elementCount == 0 { return }
  let outer = max(shape.rank - 1, 0)
  var index = Shape(repeating: 0, rank: outer)
  var (first, second) = (0, 0)
  while true {
    try body(first, second)
    var axis = outer - 1
    while axis >= 0 {
      index[axis] += 1
      first += a[axis]
      second += b[axis]
      if index[axis] < shape[axis] { break }
      first -= a[axis] * shape[axis]
      second -= b[axis] * shape[axis]
      index[axis] = 0
      axis -= 1
    }
    if axis < 0 { return }
  }
}
