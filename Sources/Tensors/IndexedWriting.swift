import Catalog

// Writing into elements that are chosen by number on some axes, in place: `x[mask] = v`,
// `x[{ {1, 2}, index }] = v`. Works on views of any strides and copies nothing but the values.

/// What is chosen on one axis, or on several axes taken as one (a mask of several axes).
public struct AxisChoice {
  /// How many axes the numbers run over.
  let span: Int
  /// 0-based numbers, row-major over the axes; nil chooses all.
  let indices: [Int]?

  public init(span: Int = 1, _ indices: [Int]?) {
    self.span = span
    self.indices = indices
  }
}

extension Tensor {
  /// Writes broadcast values into the chosen elements; where one is chosen twice the last value
  /// stays.
  public func assign(_ values: Tensor, at choices: [AxisChoice]) throws {
    try Recording.requireNumbers(of: values)
    try Recording.requireNumbers(of: self)
    let lists = offsets(of: choices)
    let target = try Shape(checking: lists.map(\.count))
    var source = try values.converted(to: dtype).broadcast(to: target)
    source = source.storage === storage ? try source.copied() : try source.densified()
    if target.elementCount > 0 {
      func go<T: UnsignedInteger>(_ type: T.Type) {
        let to = bits(T.self)
        let from = source.bits(T.self)
        var outer = [0]
        for list in lists.dropLast() { outer = outer.flatMap { start in list.map { start + $0 } } }
        let inner = lists.last ?? [0]
        var place = 0
        for start in outer {
          for step in inner {
            to[start + step] = from[place]
            place += 1
          }
        }
      }
      dtype.bySize(go, go, go)
    }
    storage.noteWrite()
  }

  /// For each choice the storage offsets of what it chooses, from the first element.
  private func offsets(of choices: [AxisChoice]) -> [[Int]] {
    var lists: [[Int]] = []
    var axis = 0
    for choice in choices {
      let axes = axis..<axis + choice.span
      let length = axes.reduce(1) { $0 * shape[$1] }
      lists.append(
        (choice.indices ?? Array(0..<length)).map { number in
          var rest = number
          var offset = 0
          for axis in axes.reversed() {
            offset += rest % shape[axis] * strides[axis]
            rest /= shape[axis]
          }
          return offset
        })
      axis += choice.span
    }
    while axis < rank {
      lists.append((0..<shape[axis]).map { $0 * strides[axis] })
      axis += 1
    }
    return lists
  }
}

extension Tensor {
  /// x ← x + a y for floating-point x; y broadcasts.
  public func addInPlace(_ a: Double, _ y: Tensor) throws {
    try Recording.requireNumbers(of: y)
    try Recording.requireNumbers(of: self)
    let wide = try y.converted(to: dtype).broadcast(to: shape)
    guard isDense else {
      return try assign(combined(with: wide.combined(with: a, .multiply), .add))
    }
    let overlaps = wide.storage === storage && wide.offset != offset
    let source = try overlaps ? wide.copied() : wide.densified()
    let count = elementCount
    if dtype == .float32 {
      kernels.axpy(Float(a), source.pointer(Float.self), pointer(Float.self), count)
    } else {
      kernels.axpy(a, source.pointer(Double.self), pointer(Double.self), count)
    }
    storage.noteWrite()
  }
}
