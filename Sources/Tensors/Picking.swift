import Catalog
import Runtime

// Elements chosen by number (0-based): along one axis, or anywhere by their row-major place; and the
// adjoints of both, which add elements back. Nothing is computed, so loops go by element size.

extension DType {
  /// Calls one of three loops, which move elements of 1, 4 or 8 bytes.
  @inline(__always)
  func bySize(
    _ one: (UInt8.Type) throws -> Void, _ four: (UInt32.Type) throws -> Void,
    _ eight: (UInt64.Type) throws -> Void
  ) rethrows {
    switch byteCount {
    case 1: try one(UInt8.self)
    case 4: try four(UInt32.self)
    default: try eight(UInt64.self)
    }
  }
}

/// A shape seen along one axis: `outer` blocks of `length` rows of `inner` elements.
struct AxisBlocks {
  var outer = 1
  let length: Int
  var inner = 1

  init(_ shape: Shape, axis: Int) {
    length = shape[axis]
    for position in 0..<axis { outer *= shape[position] }
    for position in stride(from: axis + 1, to: shape.rank, by: 1) { inner *= shape[position] }
    // Blocks without elements are not walked through: there may be 2^40 of them.
    if length * inner == 0 { outer = 0 }
  }

  /// Rows that a serial loop goes through between two polls.
  var rowsBetweenPolls: Int { max(1, Cancellation.blockLength / max(inner, 1)) }
}

extension Tensor {
  /// The first element as a pointer to bits of the element's size.
  @inline(__always)
  func bits<T: UnsignedInteger>(_ type: T.Type) -> UnsafeMutablePointer<T> {
    storage.base.assumingMemoryBound(to: T.self) + offset
  }

  /// Elements `first`, `first + step`, … of one axis as a view.
  public func slice(axis: Int, from first: Int, count: Int, step: Int) -> Tensor {
    var shape = shape
    var strides = strides
    shape[axis] = count
    strides[axis] *= step
    return Tensor(
      storage: storage, dtype: dtype, shape: shape, strides: strides,
      offset: offset + (count == 0 ? 0 : first * self.strides[axis]))
  }

  /// Zeros of a shape with this tensor written at `first`, `first + step`, … of one axis: the adjoint
  /// of that slice.
  public func placed(in target: Shape, axis: Int, from first: Int, step: Int) throws -> Tensor {
    let count = shape[axis]
    let place = Written("place", target, dtype) { inputs, result in
      try clear(result.storage.base, result.storage.byteCount)
      try result.slice(axis: axis, from: first, count: count, step: step).assign(inputs[0])
    }
    return try evaluate(place, [self])[0]
  }

  /// Elements `indices` of one axis, copied.
  public func picked(axis: Int, _ indices: [Int]) throws -> Tensor {
    var target = shape
    target[axis] = indices.count
    let index = Written("index", try Shape(checking: Array(target)), dtype) {
      try $0[0].pick(axis: axis, indices, into: $1)
    }
    return try evaluate(index, [self])[0]
  }

  private func pick(axis: Int, _ indices: [Int], into result: Tensor) throws {
    let source = self
    let blocks = AxisBlocks(shape, axis: axis)
    func go<T: UnsignedInteger>(_ type: T.Type) throws {
      let from = source.bits(T.self)
      let to = result.bits(T.self)
      let count = indices.count
      let grain = max(1, parallelGrain / max(blocks.inner, 1))
      try WorkerPool.shared.run(count: blocks.outer * count, grain: grain) { range in
        for row in range {
          let (block, place) = row.quotientAndRemainder(dividingBy: count)
          let start = from + (block * blocks.length + indices[place]) * blocks.inner
          if blocks.inner == 1 {
            to[row] = start[0]
          } else {
            (to + row * blocks.inner).update(from: start, count: blocks.inner)
          }
        }
      }
    }
    try dtype.bySize(go, go, go)
  }

  /// Zeros with `length` elements along an axis, to which this tensor's are added at `indices`: the
  /// adjoint of `picked`. Additions run in the order of the indices.
  public func spread(axis: Int, _ indices: [Int], length: Int) throws -> Tensor {
    var target = shape
    target[axis] = length
    let spread = Added("spread", target) { try $0.spread(axis: axis, indices, length, into: $1) }
    return try evaluate(spread, [self])[0]
  }

  private func spread(
    axis: Int, _ indices: [Int], _ length: Int, into sums: UnsafeMutableRawPointer
  ) throws {
    let blocks = AxisBlocks(shape, axis: axis)
    func go<T, S: AdditiveArithmetic>(
      _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<S>, _ summand: (T) -> S
    ) throws {
      var unseen = 0
      for block in 0..<blocks.outer {
        for (place, index) in indices.enumerated() {
          let row = from + (block * indices.count + place) * blocks.inner
          let sum = to + (block * length + index) * blocks.inner
          var done = 0
          while done < blocks.inner {
            let end = min(blocks.inner, done + Cancellation.blockLength)
            for i in done..<end { sum[i] += summand(row[i]) }
            unseen += end - done
            if unseen >= Cancellation.blockLength {
              try Cancellation.check()
              unseen = 0
            }
            done = end
          }
        }
      }
    }
    try add(
      to: sums, { try go($0, $1) { Double($0) } }, { try go($0, $1) { $0 } },
      { try go($0, $1) { $0 } })
  }

  /// Elements at row-major places, −1 standing for zero, in a new shape of as many elements.
  public func gathered(at places: [Int], shape target: Shape) throws -> Tensor {
    let gather = Written("gather", target, dtype) { try $0[0].gather(at: places, into: $1) }
    return try evaluate(gather, [self])[0]
  }

  private func gather(at places: [Int], into result: Tensor) throws {
    let source = self
    func go<T: UnsignedInteger>(_ type: T.Type) throws {
      let from = source.bits(T.self)
      let to = result.bits(T.self)
      try places.withUnsafeBufferPointer { places in
        try WorkerPool.shared.run(count: places.count, grain: parallelGrain) { range in
          for i in range { to[i] = places[i] < 0 ? 0 : from[places[i]] }
        }
      }
    }
    try dtype.bySize(go, go, go)
  }

  /// Zeros of a shape to which this tensor's elements are added at row-major places: the adjoint of
  /// `gathered(at:shape:)`.
  public func scattered(to places: [Int], shape target: Shape) throws -> Tensor {
    let scatter = Added("scatter", target) { try $0.scatter(to: places, into: $1) }
    return try evaluate(scatter, [self])[0]
  }

  private func scatter(to places: [Int], into sums: UnsafeMutableRawPointer) throws {
    func go<T, S: AdditiveArithmetic>(
      _ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<S>, _ summand: (T) -> S
    ) throws {
      try places.withUnsafeBufferPointer { places in
        // Written out, since a closure here costs a tenth.
        var done = 0
        while done < places.count {
          try Cancellation.check()
          let end = min(places.count, done + Cancellation.blockLength)
          for i in done..<end where places[i] >= 0 { to[places[i]] += summand(from[i]) }
          done = end
        }
      }
    }
    try add(
      to: sums, { try go($0, $1) { Double($0) } }, { try go($0, $1) { $0 } },
      { try go($0, $1) { $0 } })
  }

  /// Adds the elements to sums by the loop for their type; those of float32 are float64.
  private func add(
    to sums: UnsafeMutableRawPointer,
    _ float: (UnsafePointer<Float>, UnsafeMutablePointer<Double>) throws -> Void,
    _ double: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) throws -> Void,
    _ integer: (UnsafePointer<Int64>, UnsafeMutablePointer<Int64>) throws -> Void
  ) throws {
    switch dtype {
    case .float32: try float(pointer(Float.self), sums.assumingMemoryBound(to: Double.self))
    case .float64: try double(pointer(Double.self), sums.assumingMemoryBound(to: Double.self))
    case .int64: try integer(pointer(Int64.self), sums.assumingMemoryBound(to: Int64.self))
    case .bool: break
    }
  }
}

/// Sums of a tensor's elements at places of their own; float32 is added up in float64.
private struct Added: PlannedOperation {
  let name: String
  let shape: Shape
  let body: (_ source: Tensor, _ sums: UnsafeMutableRawPointer) throws -> Void

  init(
    _ name: String, _ shape: Shape,
    _ body: @escaping (Tensor, UnsafeMutableRawPointer) throws -> Void
  ) {
    self.name = name
    self.shape = shape
    self.body = body
  }

  func results(of inputs: [TensorSpec]) throws -> [TensorSpec] {
    if inputs[0].dtype == .bool {
      throw UserError("booleans cannot be added; convert them first: x:to(\"int64\")")
    }
    return [TensorSpec(shape, inputs[0].dtype)]
  }

  func workspaceByteCount(for inputs: [TensorSpec]) throws -> Int {
    inputs[0].dtype == .float32 ? try shape.byteCount(of: .float64) : 0
  }

  func run(_ inputs: [Tensor], into outputs: [Tensor], workspace: UnsafeMutableRawPointer) throws {
    let isSingle = inputs[0].dtype == .float32
    let sums = isSingle ? workspace : outputs[0].storage.base + outputs[0].offset * 8
    let count = shape.elementCount
    try clear(sums, 8 * count)
    try body(inputs[0], sums)
    if !isSingle { return }
    let (from, to) = (sums.assumingMemoryBound(to: Double.self), outputs[0].pointer(Float.self))
    try Cancellation.inBlocks(count, of: Tensor.copyBlock) {
      kernels.convert(from + $0.lowerBound, to + $0.lowerBound, $0.count)
    }
  }
}

private func clear(_ base: UnsafeMutableRawPointer, _ byteCount: Int) throws {
  try Cancellation.inBlocks(byteCount, of: 8 * Tensor.copyBlock) {
    (base + $0.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: $0.count)
  }
}

extension Tensor {
  /// Row-major numbers of the elements that are true (or not 0).
  public func truePlaces() throws -> [Int] {
    try Recording.requireNumbers(of: self)
    if dtype == .bool {
      let dense = try densified()
      let source = dense.pointer(Bool.self)
      return try (0..<elementCount).polledFilter { source[$0] }
    }
    let values = try doubles()
    return try values.indices.polledFilter { values[$0] != 0 }
  }

  /// All elements as integers; exact for int64, an error for numbers beyond it.
  public func integers() throws -> [Int] {
    try Recording.requireNumbers(of: self)
    let whole = try converted(to: .int64).densified()
    let source = whole.pointer(Int64.self)
    try Memory.request(elementCount, of: (Int, Int).self)
    return try Array(polled: elementCount) { for i in $0 { $1[i] = Int(clamping: source[i]) } }
  }

  /// Where `mask` is true the element of `a`, elsewhere that of `b`; all three broadcast.
  public static func chosen(_ mask: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    let shape = try Shape.broadcast(mask.shape, Shape.broadcast(a.shape, b.shape))
    let type = DType.promoted(a.dtype, b.dtype)
    if let recording = Recording.current {
      let x = try a.converted(to: type).broadcast(to: shape)
      let y = try b.converted(to: type).broadcast(to: shape)
      return try recording.note(.choose, [mask.broadcast(to: shape), x, y]) {
        try chosen(mask, a, b)
      }
    }
    let mask = try mask.broadcast(to: shape).densified()
    let first = try a.converted(to: type).wholeOrSingle(shape)
    let second = try b.converted(to: type).wholeOrSingle(shape)
    let result = try Tensor(uninitialized: shape, type)
    func go<T: UnsignedInteger>(_ unused: T.Type) throws {
      let condition = mask.pointer(Bool.self)
      let x = first.bits(T.self)
      let y = second.bits(T.self)
      let z = result.bits(T.self)
      let xStep = first.elementCount == 1 ? 0 : 1
      let yStep = second.elementCount == 1 ? 0 : 1
      try WorkerPool.shared.run(count: shape.elementCount, grain: parallelGrain) { range in
        for i in range { z[i] = condition[i] ? x[i &* xStep] : y[i &* yStep] }
      }
    }
    try type.bySize(go, go, go)
    return result
  }

  /// Itself where it has one element, otherwise dense in the full shape.
  func wholeOrSingle(_ target: Shape) throws -> Tensor {
    elementCount == 1 ? self : try broadcast(to: target).densified()
  }
}
