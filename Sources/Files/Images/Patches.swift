import Catalog
import Runtime
import Tensors

/// `data.patches`: all squares of pictures that a grid of places gives.
enum Patches {
  static let entry = Entry.function(
    "patches", "Cuts pictures into squares, row by row over each picture.",
    .arg("x", "pictures [n h w] or [n c h w]"),
    .arg("length", "pixels along a side", in: Domain<Count>.positive),
    .option(
      "stride", default: nil,
      "pixels from one to the next; the length where absent, so that none overlap",
      in: Domain<Count>.positive.orAbsent()),
    returns: "a tensor [patches length length] or [patches c length length], float32",
    details: "What is left at the right and at the bottom is not covered.",
    example: "return data.patches(data.mnist{count = 10}, 7, {stride = 3})"
  ) { (x: Tensor, length: Count, stride: Count?) in
    try cut(x, length: length.value, step: (stride ?? length).value)
  }

  static func cut(_ x: Tensor, length: Int, step: Int) throws -> Tensor {
    guard x.rank == 3 || x.rank == 4 else {
      throw UserError("x must have shape [n h w] or [n c h w], got \(x.shape)")
    }
    let channels = x.rank == 4 ? x.shape[1] : 1
    let (height, width) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let grid = PatchGrid(height, width, length: length, step: step)
    guard grid.count > 0 else {
      throw UserError(
        "length must be at most that of the pictures, \(height)×\(width), got \(length)")
    }
    let points = try numbers(x, "x")
    let shape = try Shape(
      checking: [try (Count(x.shape[0]) * Count(grid.count)).value]
        + (x.rank == 4 ? [channels] : []) + [length, length])
    let result = try Tensor(uninitialized: shape)
    let (source, out) = (points.pointer(Float.self), result.pointer(Float.self))
    let area = channels * height * width
    let each = grid.count * channels * length * length
    try WorkerPool.shared.run(chunks: x.shape[0]) { place in
      grid.cut(source + place * area, channels: channels, to: out + place * each)
    }
    return result
  }
}

/// Points as dense float32 numbers, without a trace.
///
/// - Throws: where a gradient is asked for, which the functions of `data` do not pass on.
func numbers(_ x: Tensor, _ name: String) throws -> Tensor {
  guard x.trace == nil else {
    throw UserError("\(name) must not be differentiated here; use its detach()")
  }
  return try x.converted(to: .float32).densified()
}
