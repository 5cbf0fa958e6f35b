import Catalog
import Tensors

/// The Lua module `random`: reproducible streams.
public enum RandomModule {
  public static let module = Module(
    "random",
    "Reproducible random numbers: the same seed gives the same numbers at any thread count.",
    types: [TypeDescription(RandomStream.self, "a reproducible source of random numbers")],
    entries: [
      .function(
        "stream", "A stream of random numbers.",
        .arg("seed", default: nil, "any integer; the session's next seed where absent"),
        source: "Salmon et al. 2011, Philox 4×32-10",
        example: "s = random.stream(1)  return s:normal{2, 3}"
      ) { (seed: Int?) in RandomStream(seed: seed ?? SessionSeed.next()) },
      DerivedSeed.entry,
      .property(RandomStream.self, "seed", "The seed it was made with.") { $0.seed },
      draw("normal", "Independent N(0, 1) numbers.") { try $0.normal($1, $2) },
      SobolPoints.plain,
      SobolPoints.shifted,
      .method(
        RandomStream.self, "permutation", "The integers 1 … n in random order.",
        .arg("n", in: .nonNegative), returns: "int64 tensor of shape [n]",
        example: "return random.stream(1):permutation(5)"
      ) { (stream: RandomStream, n: Count) in
        try places(n.value) { try stream.permutation(n.value) }
      },
      .method(
        RandomStream.self, "integers", "Independent integers, each from first to last as likely.",
        .arg("n", in: .nonNegative), .arg("first"), .arg("last"),
        returns: "int64 tensor of shape [n]", example: "return random.stream(1):integers(5, 1, 6)"
      ) { (stream: RandomStream, n: Count, first: Int, last: Int) in
        let n = n.value
        guard first <= last else {
          throw UserError("last must be at least first, got \(first) and \(last)")
        }
        return try places(n, from: 0) { try stream.integers(n, first...last) }
      },
    ] + laws + choices)

  /// An int64 tensor of n integers, with `from` added; whether they fit is asked before they are made.
  static func places(_ n: Int, from first: Int = 1, _ body: () throws -> [Int]) throws -> Tensor {
    let result = try Tensor(uninitialized: Shape(checking: [n]), .int64)
    guard n <= Int32.max else { throw UserError("n must be at most \(Int32.max), got \(n)") }
    let out = result.pointer(Int64.self)
    for (place, value) in try body().enumerated() { out[place] = Int64(value + first) }
    return result
  }

  private static func draw(
    _ name: String, _ summary: String,
    _ body: @escaping (RandomStream, Shape, DType) throws -> Tensor
  ) -> Entry {
    .method(
      RandomStream.self, name, summary, .arg("shape", "lengths"),
      .option("dtype", default: .float32, "element type: float32 or float64"),
      example: "return random.stream(1):\(name){2, 3}"
    ) { (stream: RandomStream, shape: ShapeArgument, dtype: DType) in
      try body(stream, shape.shape(), dtype)
    }
  }
}
