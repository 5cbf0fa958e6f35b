import Autodiff
import Catalog
import Runtime
import Tensors

/// A Brownian motion W(t), t ≥ 0, that is the same at whatever times it is asked for: one for each row and
/// element. Times that were not asked for before refine the path; nothing is drawn anew.
///
/// Lévy's construction: between two known values the one in the middle is their mean and ½ √(t₂ − t₁) z. It
/// starts from the values at the powers of 2, whose differences are independent, and halves each of these
/// stretches 22 times; below that the path is straight. Each z is keyed by (seed, place, row, element).
package final class BrownianPath: Object {
  package static var typeName: String { "brownian_path" }
  package let seed: Int
  let stream: RandomStream

  package init(seed: Int) {
    self.seed = seed
    stream = RandomStream(
      seed: RandomStream.derivedSeed(seed, part: 0x10_0B12), purpose: .sampling)
  }

  package func describe() -> String { "brownian_path(seed \(seed))" }

  static let entries: [Entry] = [
    .function(
      "brownian",
      "A Brownian motion to drive samplers with: the same at any times it is asked for.",
      .option("seed", default: nil, "of the motion; the session's next where absent"),
      returns: "a path, for the option noise of samplers",
      details: """
        The same motion drives any number of steps, any sampler that takes one draw of noise a step, and any \
        model: so samples can be compared one by one. The start of a sampler comes from it, too.
        """,
      source: "Lévy 1948 (the construction by bridges); Jelinčič et al. 2024",
      example: """
        m = target.gaussian_mixture{means = {-3, 3}}:model(sde.vp())
        path = sample.brownian{seed = 1}
        coarse = sample.euler_maruyama(m, {count = 8, steps = 100, noise = path})
        return coarse - sample.euler_maruyama(m, {count = 8, steps = 400, noise = path})
        """
    ) { (seed: Int?) in BrownianPath(seed: seed ?? SessionSeed.next()) },
    .method(
      BrownianPath.self, "at", "W(t) for so many rows.", .arg("t", "time", in: .nonNegative),
      .arg("shape", "lengths, the first that of the rows"), returns: "a float64 tensor",
      example: "return sample.brownian{seed = 1}:at(0.5, {4, 2})"
    ) { (path: BrownianPath, t: Double, lengths: ShapeArgument) in
      let shape = try lengths.shape()
      guard shape.rank > 0 else { throw UserError("shape must have 1 axis or more, got {}") }
      return try path.values(at: t, shape)
    },
    .property(BrownianPath.self, "seed", "What it is made from.") { (path: BrownianPath) in
      path.seed
    },
  ]
}

extension BrownianPath {
  /// W(t) in a shape whose first axis are the rows, made in blocks of them.
  fileprivate func values(at t: Double, _ shape: Shape) throws -> Tensor {
    let result = try Tensor(uninitialized: shape, .float64)
    let width = shape.rowWidth
    try Memory.request(width, of: BrownianWalk.Workspace.self)
    let to = result.pointer(Double.self)
    let length = max(1, (1 << 16) / max(width, 1))
    for first in stride(from: 0, to: shape[0], by: length) {
      try Cancellation.check()
      let rows = min(length, shape[0] - first)
      var walk = BrownianWalk(self, firstRow: first, rows: rows, width: width)
      for (i, value) in try walk.value(at: t).enumerated() { to[first * width + i] = value }
    }
    return result
  }
}

extension Shape {
  /// How many numbers a row has.
  var rowWidth: Int { dropFirst().reduce(1, *) }
}

/// The noise of a run by one Brownian motion: a step from t to u draws (W(t) − W(u))/√(t − u).
final class PathNoise {
  private let path: BrownianPath
  private let firstRow: Int
  private let times: [Double]
  private let isKept: Bool
  private var walk: BrownianWalk?

  /// - Parameter isKept: whether the place on the path is kept from step to step, which is faster and takes 30
  ///   numbers for each of the state.
  init(_ path: BrownianPath, firstRow: Int, times: [Double], isKept: Bool = true) {
    (self.path, self.firstRow, self.times, self.isKept) = (path, firstRow, times, isKept)
  }

  func normal(_ step: Int, draw: Int, _ shape: Shape, _ dtype: DType) throws -> Tensor {
    guard draw == 0 else {
      throw UserError(
        "noise = path drives samplers that draw once a step; this one draws again in step \(step)")
    }
    var walk =
      walk
      ?? BrownianWalk(path, firstRow: firstRow, rows: shape[0], width: shape.rowWidth)
    defer { self.walk = isKept ? walk : nil }
    guard step > 0 else {
      return try Tensor(walk.start(), shape: shape).converted(to: dtype)
    }
    let (t, u) = (times[step - 1], times[step])
    let (first, last) = (try walk.value(at: t), try walk.value(at: u))
    let scale = 1 / (t - u).squareRoot()
    return try Tensor(zip(first, last).map { ($0 - $1) * scale }, shape: shape).converted(to: dtype)
  }
}
