import Catalog
import Runtime
import Tensors

/// Points that a training run draws its batches from: in memory, in a file, or made from those of another source.
package protocol PointSource: AnyObject {
  var count: Int { get }
  /// Of one point.
  var shape: Shape { get }
  /// What it is, for printing.
  var summary: String { get }
  /// Writes the points at some places one after the other.
  ///
  /// - Parameters: `places`, from 0; `example`, the number of the first among all that were drawn, which what is
  ///   random follows from.
  func read(
    _ places: UnsafeBufferPointer<Int32>, example: Int, into out: UnsafeMutablePointer<Float>)
    throws
}

extension PointSource {
  /// The points at some places, numbered as they stand.
  package func points(at places: [Int32], example: Int = 0) throws -> Tensor {
    let result = try Tensor(uninitialized: Shape(checking: [places.count] + Array(shape)))
    try places.withUnsafeBufferPointer {
      try read($0, example: example, into: result.pointer(Float.self))
    }
    return result
  }
}

/// Points of a tensor.
package final class TensorPoints: PointSource {
  /// Dense and float32.
  package let tensor: Tensor

  package init(_ tensor: Tensor) { self.tensor = tensor }

  package var count: Int { tensor.shape[0] }
  package var shape: Shape { Shape(Array(tensor.shape.dropFirst())) }
  package var summary: String { "\(count) points of \(shape) in memory" }

  package func read(
    _ places: UnsafeBufferPointer<Int32>, example: Int, into out: UnsafeMutablePointer<Float>
  ) throws {
    let d = shape.elementCount
    let source = tensor.pointer(Float.self)
    for (i, place) in places.enumerated() {
      (out + i * d).update(from: source + Int(clamping: place) * d, count: d)
    }
  }
}

/// What Lua holds of a source: the type `data_source`.
package final class DataSource: Object {
  package static var typeName: String { "data_source" }

  package let points: any PointSource

  package init(_ points: any PointSource) { self.points = points }

  package func describe() -> String { "data_source(\(points.summary))" }

  private static let example = "s = data.tile(data.mnist{count = 10}, 1000)  return "

  static let entries: [Entry] = [
    .method(
      DataSource.self, "rows", "Some of the points, as a tensor in memory.",
      .arg(
        "indices", default: nil, "a list or a tensor of integers from 1; all points where absent"),
      returns: "a tensor [n, …], float32",
      details: "What is random of a point, as in data.augment, follows from its place in the list.",
      example: example + "s:rows{1, 11, 21}"
    ) { (source: DataSource, indices: OneOf<[Count], Tensor>?) in try source.rows(indices) },
    .metamethod(
      DataSource.self, "__len", "#source", "How many points there are.", .arg("source"),
      example: example + "#s"
    ) { (source: DataSource) in source.points.count },
    .property(DataSource.self, "shape", "Axis lengths of a point.", example: example + "s.shape") {
      (source: DataSource) in Array(source.points.shape)
    },
    .property(DataSource.self, "count", "How many points there are.", example: example + "s.count")
    {
      (source: DataSource) in source.points.count
    },
  ]

  private func rows(_ indices: OneOf<[Count], Tensor>?) throws -> Tensor {
    let places: [Int]
    switch indices {
    case nil: places = Array(0..<points.count)
    case .first(let list): places = list.map { $0.value &- 1 }
    case .second(let tensor):
      guard tensor.dtype == .int64, tensor.rank == 1 else {
        throw UserError("indices must be integers of shape [n], got \(tensor.describe())")
      }
      places = try tensor.integers().map { $0 &- 1 }
    }
    if let bad = places.first(where: { !(0..<points.count).contains($0) }) {
      throw UserError("indices must be from 1 to \(points.count), got \(bad &+ 1)")
    }
    return try points.points(at: places.map { Int32(clamping: $0) })
  }
}

/// Points that a function of `data` takes: a tensor, or a source.
func source(of points: OneOf<Tensor, DataSource>) throws -> any PointSource {
  switch points {
  case .second(let source): return source.points
  case .first(let tensor):
    guard tensor.rank > 0, tensor.shape[0] > 0 else {
      throw UserError("x must have points along its first axis, got shape \(tensor.shape)")
    }
    return TensorPoints(try numbers(tensor, "x"))
  }
}
