import Catalog
import Runtime
import Tensors

/// `data.augment`: pictures that are mirrored and moved at random each time they are drawn.
final class AugmentedPoints: PointSource {
  struct Options: OptionGroup {
    var flip = false
    var shift: Count = 0

    static let options: [Option<Options>] = [
      Option("flip", \.flip, "whether each second picture, at random, is mirrored left to right"),
      Option("shift", \.shift, "pixels that a picture moves at most, along each axis"),
    ]
  }

  private let inner: any PointSource
  private let options: Options
  private let key: UInt64

  init(_ inner: any PointSource, _ options: Options, seed: Int) throws {
    let shape = inner.shape
    guard shape.rank == 2 || shape.rank == 3 else {
      throw UserError("x must have points [h w] or [c h w], got \(shape)")
    }
    guard options.shift.value < min(shape[shape.rank - 2], shape[shape.rank - 1]) else {
      throw UserError(
        "shift must be less than the pictures are long, \(shape), got \(options.shift)")
    }
    (self.inner, self.options) = (inner, options)
    key = RandomStream(seed: seed, purpose: .augmentation).key
  }

  var count: Int { inner.count }
  var shape: Shape { inner.shape }
  var summary: String {
    let flip = options.flip ? ", flipped" : ""
    return inner.summary + flip
      + (options.shift > 0 ? ", moved by up to \(options.shift) pixels" : "")
  }

  func read(
    _ places: UnsafeBufferPointer<Int32>, example: Int, into out: UnsafeMutablePointer<Float>
  ) throws {
    try inner.read(places, example: example, into: out)
    let d = shape.elementCount
    let old = try Tensor(uninitialized: [d])
    for i in places.indices {
      try change(
        out + i * d, old.pointer(Float.self), example: UInt64(bitPattern: Int64(example &+ i)))
    }
  }

  /// Mirrors and moves one picture; what comes in at a border is the pixel at it.
  private func change(
    _ picture: UnsafeMutablePointer<Float>, _ old: UnsafeMutablePointer<Float>, example: UInt64
  ) throws {
    var draws: [Int32] = [0]
    try drawIndices(&draws, below: 2, key: key, row: 2 &* example, poll: Cancellation.check)
    let isFlipped = options.flip && draws[0] == 1
    let reach = options.shift.value
    var moves: [Int32] = [0, 0]
    if reach > 0 {
      try drawIndices(
        &moves, below: 2 * reach + 1, key: key, row: 2 &* example &+ 1, poll: Cancellation.check)
    }
    let (down, right) =
      reach > 0 ? (Int(clamping: moves[0]) - reach, Int(clamping: moves[1]) - reach) : (0, 0)
    guard isFlipped || down != 0 || right != 0 else { return }
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    old.update(from: picture, count: shape.elementCount)
    for plane in 0..<shape.elementCount / (height * width) {
      for y in 0..<height {
        let from = (plane * height + min(max(y - down, 0), height - 1)) * width
        let to = (plane * height + y) * width
        for x in 0..<width {
          let place = min(max(x - right, 0), width - 1)
          picture[to + x] = old[from + (isFlipped ? width - 1 - place : place)]
        }
      }
    }
  }

  static let entry = Entry.function(
    "augment", "Pictures that are mirrored and moved at random each time they are drawn.",
    .arg("x", "pictures [n h w] or [n c h w], or a data_source"), .group(Options.self),
    .option("seed", default: nil, "of the changes; the session's next where absent"),
    returns: "a data_source for train",
    details: """
      The change follows from the seed and the number of the example since the start of the run, so that it is \
      another in each epoch and the same after a run was stopped. What comes in at a border repeats the pixels \
      there. `source:rows()` gives one round of all pictures.
      """,
    source: "Krizhevsky et al. 2012",
    example: "return data.augment(data.mnist{count = 10}, {shift = 2, seed = 1}):rows()"
  ) { (x: OneOf<Tensor, DataSource>, options: OptionsOf<Options>, seed: Int?) in
    DataSource(
      try AugmentedPoints(source(of: x), options.values, seed: seed ?? SessionSeed.next()))
  }
}
