import Catalog
import Runtime
import Tensors

// Cutting, repeating, padding, turning; diagonals and triangles.

extension TensorModule {
  static let cutting: [Entry] = [
    .operation(
      "split", "The parts of an axis, as views: of one size (the last may be smaller) or a list.",
      .arg("x"), .arg("sizes", "a length, or a list of lengths that add up to the axis"),
      .arg("axis", default: 1, "1-based"), returns: "a list of tensors",
      example: "return #tensor.arange(1, 7):split(3)"
    ) { (x: Tensor, sizes: OneOf<Int, [Int]>, axis: Int) in
      let axis = try x.axis(axis)
      let length = x.shape[axis]
      switch sizes {
      case .first(let size):
        guard size > 0 else { throw UserError("sizes must be a positive length, got \(size)") }
        try checkMemory(forViews: length / size)
        return try stride(from: 0, to: length, by: size).map {
          try slice(x, axis: axis, $0..<min($0 + size, length))
        }
      case .second(let list):
        guard list.allSatisfy({ (0...length).contains($0) }), list.reduce(0, +) == length else {
          throw UserError(
            "sizes must add up to \(length), got \(list.literal), for axis \(axis + 1) of shape "
              + "\(x.shape)")
        }
        var start = 0
        return try list.map { size in
          defer { start += size }
          return try slice(x, axis: axis, start..<start + size)
        }
      }
    },
    .operation(
      "chunk", "So many parts of an axis, as views, as equal as they can be.", .arg("x"),
      .arg("count", in: .positive), .arg("axis", default: 1, "1-based"),
      returns: "a list of tensors; the first ones have one element more where it does not divide",
      example: "return #tensor.arange(1, 7):chunk(3)"
    ) { (x: Tensor, count: Count, axis: Int) in
      let count = count.value
      let axis = try x.axis(axis)
      let length = x.shape[axis]
      guard count <= max(length, 1) else {
        throw UserError(
          "count must be at most \(length), got \(count), for axis \(axis + 1) of shape \(x.shape)")
      }
      try checkMemory(forViews: count)
      return try (0..<count).map { part in
        let size = length / count
        let start = part * size + min(part, length % count)
        return try slice(
          x, axis: axis, start..<start + size + (part < length % count ? 1 : 0))
      }
    },
    .operation(
      "tile", "The whole tensor repeated along each axis.", .arg("x"),
      .arg("counts", "repetitions of each axis, as many as x has or more"),
      example: "return tensor{1, 2}:tile{2, 3}"
    ) { (x: Tensor, counts: ShapeArgument) in
      for count in counts.lengths where count < 0 {
        throw UserError("counts must be 0 or more, got \(counts.lengths.literal)")
      }
      guard max(x.rank, counts.lengths.count) <= Shape.maximumRank else {
        throw UserError("counts must be at most \(Shape.maximumRank), got \(counts.lengths.count)")
      }
      return try tile(x, counts.lengths)
    },
    .operation(
      "repeat_interleave", "Each element of an axis repeated.", .arg("x"),
      .arg("counts", "a number, or a list with one for each element"),
      .arg("axis", default: 1, "1-based"), example: "return tensor{1, 2}:repeat_interleave(2)"
    ) { (x: Tensor, counts: OneOf<Int, [Int]>, axis: Int) in
      let axis = try x.axis(axis)
      let length = x.shape[axis]
      let list: [Int]
      switch counts {
      case .first(let count):
        try Memory.request(length * MemoryLayout<Int>.size)
        list = Array(repeating: count, count: length)
      case .second(let given): list = given
      }
      guard list.count == length else {
        throw UserError(
          "counts must have \(length) numbers, got \(list.count), for axis \(axis + 1) of shape "
            + "\(x.shape)")
      }
      for count in list where count < 0 {
        throw UserError("counts must be 0 or more, got \(count)")
      }
      var shape = Array(x.shape)
      shape[axis] = try list.reduce(0) { try checkedSum($0, $1) }
      try checkMemory(for: shape, x.dtype)
      return try pick(
        x, axis: axis, list.enumerated().flatMap { Array(repeating: $0, count: $1) })
    },
    .operation(
      "pad", "More elements before and after those of each axis.",
      .arg("x"),
      .arg("widths", "a number for all sides, or {before, after} for each axis"),
      .option(
        "mode", default: "constant", "what is put there",
        in: .oneOf(PadMode.allCases.map(\.rawValue))),
      .option("value", default: nil, "the constant; 0 where absent"),
      details:
        "reflect mirrors x at the elements of its ends, replicate repeats them, circular goes on with "
        + "those of the other end. Of 1 2 3, two more in front are 3 2, 1 1 and 2 3.",
      example: "return tensor{{1, 2}}:pad({ {0, 1}, {1, 1} })"
    ) { (x: Tensor, widths: OneOf<Int, [[Int]]>, mode: String, value: Double?) in
      let sides = try padWidths(widths, of: x)
      guard let mode = PadMode(rawValue: mode), mode != .constant else {
        return try pad(x, sides, value: value ?? 0)
      }
      if let value {
        throw UserError(
          "value must be absent where mode is '\(mode.rawValue)', got \(formatNumber(value))")
      }
      return try pad(x, sides, mode)
    },
    .operation(
      "roll", "Elements moved along an axis; what falls off the end comes in at the start.",
      .arg("x"), .arg("shift", "places, towards the start where negative"),
      .arg("axis", default: 1, "1-based"), example: "return tensor{1, 2, 3}:roll(1)"
    ) { (x: Tensor, shift: Int, axis: Int) in try roll(x, shift, axis: x.axis(axis)) },
    .operation(
      "flip", "The order of elements reversed along axes, as a view.", .arg("x"),
      .arg("axis", "1-based, or a list"), example: "return tensor{1, 2, 3}:flip(1)"
    ) { (x: Tensor, axis: Axes) in
      try axis.numbers.map { try x.axis($0) }.reduce(x) { try flip($0, axis: $1) }
    },
    .operation(
      "squeeze", "A view without axes of length 1.", .arg("x"),
      .arg("axis", default: nil, "1-based; all axes of length 1 where absent"),
      example: "return tensor.zeros{1, 3, 1}:squeeze(1)"
    ) { (x: Tensor, axis: Int?) in
      guard let axis = try axis.map({ try x.axis($0) }) else {
        return try (0..<x.rank).reversed().filter { x.shape[$0] == 1 }
          .reduce(x) { try select($0, axis: $1, 0) }
      }
      guard x.shape[axis] == 1 else {
        throw UserError("axis \(axis + 1) of shape \(x.shape) has length \(x.shape[axis]), not 1")
      }
      return try select(x, axis: axis, 0)
    },
    .operation(
      "diag", "Of a vector the matrix with it as diagonal, of a matrix its diagonal.", .arg("x"),
      .arg("k", default: 0, "which diagonal: above the main one where positive"),
      example: "return tensor{1, 2}:diag()"
    ) { (x: Tensor, k: Int) in try diagonal(x, k) },
    .operation(
      "tril", "The lower triangle of the last two axes, zeros above.", .arg("x"),
      .arg("k", default: 0, "the last diagonal that is kept"),
      example: "return tensor.ones{3, 3}:tril()"
    ) { (x: Tensor, k: Int) in try triangle(x, k, upper: false) },
    .operation(
      "triu", "The upper triangle of the last two axes, zeros below.", .arg("x"),
      .arg("k", default: 0, "the first diagonal that is kept"),
      example: "return tensor.ones{3, 3}:triu()"
    ) { (x: Tensor, k: Int) in try triangle(x, k, upper: true) },
  ]

  private static func padWidths(_ widths: OneOf<Int, [[Int]]>, of x: Tensor) throws
    -> [(before: Int, after: Int)]
  {
    let pairs: [[Int]]
    switch widths {
    case .first(let width): pairs = Array(repeating: [width, width], count: x.rank)
    case .second(let list): pairs = list
    }
    guard pairs.count == x.rank, pairs.allSatisfy({ $0.count == 2 && $0[0] >= 0 && $0[1] >= 0 })
    else {
      throw UserError(
        "widths must be {before, after} of 0 or more for each axis, got \(pairs.literal) for "
          + "shape \(x.shape)")
    }
    return pairs.map { ($0[0], $0[1]) }
  }
}
