import Catalog
import Runtime
import Tensors

// Running sums, sorting, and what is counted.

extension TensorModule {
  static let ordering: [Entry] = [
    scan("cumsum", "Running sums along an axis.") { try cumulativeSum($0, axis: $1) },
    scan("cumprod", "Running products along an axis.") { try cumulativeProduct($0, axis: $1) },
    place("argmax", "The place of the largest element, the first of equals; NaN wins.", false),
    place("argmin", "The place of the smallest element, the first of equals; NaN wins.", true),
    .operation(
      "sort", "The elements in order along an axis, and their places. Stable; NaN comes last.",
      .arg("x"), .arg("axis", default: -1, "1-based"),
      .option("descending", default: false, "from the largest"),
      returns: "the sorted tensor, and an int64 tensor of 1-based places in x",
      example: "return tensor{3, 1, 2}:sort()"
    ) { (x: Tensor, axis: Int, descending: Bool) in
      let (values, places) = try sort(
        x, axis: x.axis(axis), descending: descending, firstPlace: 1)
      return Several(values, places)
    },
    .operation(
      "argsort", "The 1-based places of the elements in order. Stable; NaN comes last.", .arg("x"),
      .arg("axis", default: -1, "1-based"),
      .option("descending", default: false, "from the largest"), returns: "int64 tensor",
      example: "return tensor{3, 1, 2}:argsort()"
    ) { (x: Tensor, axis: Int, descending: Bool) in
      try x.value.sorted(axis: x.axis(axis), descending: descending, firstPlace: 1).places
    },
    .operation(
      "topk", "The k largest (or smallest) elements along an axis, in order, and their places.",
      .arg("x"), .arg("k", in: .nonNegative), .arg("axis", default: -1, "1-based"),
      .option("largest", default: true, "false for the smallest"),
      returns: "the elements, and an int64 tensor of 1-based places in x",
      example: "return tensor{3, 1, 2}:topk(2)"
    ) { (x: Tensor, k: Count, axis: Int, largest: Bool) in
      let k = k.value
      let axis = try x.axis(axis)
      guard k <= x.shape[axis] else {
        throw UserError(
          "k must be at most \(x.shape[axis]), got \(k), for axis \(axis + 1) of shape \(x.shape)")
      }
      let (values, places) = try sort(x, axis: axis, descending: largest, firstPlace: 1)
      return Several(
        try slice(values, axis: axis, 0..<k), try places.slice(axis: axis, 0..<k).copied())
    },
    .operation(
      "unique", "The different elements in order, and how often each occurs.", .arg("x"),
      returns: "two tensors of shape [n], the second int64; each NaN is its own",
      example: "return tensor{2, 1, 2}:unique()"
    ) { (x: Tensor) in
      let sorted = try x.constant("x").reshaped(to: [x.elementCount])
        .sorted(axis: 0, descending: false).values
      let values = try sorted.doubles()
      let exact = x.dtype == .int64 ? try sorted.integers() : []
      let starts = try values.indices.polledFilter { i in
        i == 0 || (exact.isEmpty ? values[i] != values[i - 1] : exact[i] != exact[i - 1])
      }
      let ends = starts.dropFirst() + [values.count]
      let counts = try zip(starts, ends).polledMap { Int64($1 - $0) }
      return Several(try sorted.picked(axis: 0, starts), try Tensor(counts))
    },
    .operation(
      "histogram", "How many elements fall into each of equal bins; the last bin is closed.",
      .arg("x"), .arg("bins", default: 10, in: .within(1...(1 << 24))),
      .option(
        "range", default: nil, "{first, last}; from the smallest to the largest where absent"),
      details: "Elements outside the range are not counted, and neither is NaN.",
      example: "return tensor{1, 2, 2, 4}:histogram(3)"
    ) { (x: Tensor, bins: Int, range: [Double]?) in
      let values = try x.constant("x").doubles()
      let (first, last) = try ends(of: values, range, x.dtype)
      var counts = [Int64](repeating: 0, count: bins)
      let equal = EqualBins(from: first, to: last, count: bins)
      try Cancellation.inBlocks(values.count) {
        for value in values[$0] where value >= first && value <= last {
          counts[equal.bin(of: value)] += 1
        }
      }
      let type: DType = x.dtype == .float64 || x.dtype == .int64 ? .float64 : .float32
      return Several(try Tensor(counts), try Tensor(equal.edges).converted(to: type))
    },
  ]

  /// The ends of a histogram; those that are given are rounded to the type of the values, so that a
  /// value made of an end lies at it.
  private static func ends(of values: [Double], _ range: [Double]?, _ dtype: DType) throws
    -> (Double, Double)
  {
    if let range {
      let ends = dtype == .float32 ? range.map { Double(Float($0)) } : range
      guard ends.count == 2, ends[0] < ends[1], ends[0].isFinite, ends[1].isFinite else {
        throw UserError("range must be {first, last} with first below last, got \(range.literal)")
      }
      return (ends[0], ends[1])
    }
    guard let low = values.min(), let high = values.max() else { return (0, 1) }
    guard values.allSatisfy(\.isFinite) else {
      throw UserError("x must be finite where no range is given, got a NaN or an infinity")
    }
    return low < high ? (low, high) : EqualBins.ends(around: low)
  }

  private static func scan(
    _ name: String, _ summary: String, _ body: @escaping (Tensor, Int) throws -> Tensor
  ) -> Entry {
    .operation(
      name, summary, .arg("x"), .arg("axis", default: -1, "1-based"),
      example: "return tensor{1, 2, 3}:\(name)()"
    ) { (x: Tensor, axis: Int) in try body(x, x.axis(axis)) }
  }

  private static func place(_ name: String, _ summary: String, _ smallest: Bool) -> Entry {
    .operation(
      name, summary, .arg("x"),
      .arg("axis", default: nil, "1-based, or a list; the row-major number where absent"),
      .option("keepdim", default: false, "keeps each axis with length 1"),
      returns: "int64 tensor, 1-based", example: "return tensor{3, 1, 2}:\(name)()"
    ) { (x: Tensor, axis: Axes?, keep: Bool) in
      try reduce(x.value, axis, keepingAxes: keep) {
        try $0.extremePlace(axis: $1, smallest: smallest)
      }
    }
  }
}
