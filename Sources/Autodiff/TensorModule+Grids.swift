import Catalog
import Glibc
import Tensors

// Matrices and grids made from numbers, and products by name.

extension TensorModule {
  static let grids: [Entry] = [
    .function(
      "eye", "Ones on the diagonal, zeros elsewhere.", .arg("rows", in: .nonNegative),
      .arg(
        "columns", default: nil, "as many as rows where absent", in: Domain.nonNegative.orAbsent()),
      .option("dtype", default: .float32, "element type"), example: "tensor.eye(3)"
    ) { (rows: Count, columns: Count?, dtype: DType) in
      let shape = try Shape(checking: [rows.value, (columns ?? rows).value])
      let result = try Tensor.zeros(shape, dtype)
      let count = min(shape[0], shape[1])
      let diagonal = Tensor(
        storage: result.storage, dtype: dtype, shape: [count], strides: [shape[1] + 1])
      try diagonal.assign(.full([], 1, dtype))
      return result
    },
    .function(
      "one_hot", "For each number a row of zeros with a one in its place.",
      .arg("index", "an int64 tensor"),
      .arg("count", "length of the new last axis", in: .nonNegative),
      .option("first", default: 1, "the number that has the first place: 0 for labels from 0"),
      .option("dtype", default: .float32, "element type"),
      example: "tensor.one_hot(tensor({1, 3}, {dtype = \"int64\"}), 3)"
    ) { (index: Tensor, count: Count, first: Int, dtype: DType) in
      let count = count.value
      guard index.dtype == .int64 else {
        throw UserError("index must be an int64 tensor, got \(index.describe())")
      }
      let shape = try Shape(checking: Array(index.shape) + [count])
      let places = ChosenNumbers(index) { index in
        try index.integers().enumerated().map { row, number in
          let (place, overflows) = number.subtractingReportingOverflow(first)
          guard !overflows, place >= 0, place < count else {
            let last = first > .max - count ? .max : first + count - 1
            throw UserError(
              "index must hold numbers from \(first) to \(last), got \(number)")
          }
          return row * count + place
        }
      }
      return try scatter(Tensor.full(index.shape, 1, .int64), to: places, shape: shape)
        .converted(to: dtype)
    },
    .function(
      "meshgrid", "Coordinates of a grid: one tensor for each axis, all of the grid's shape.",
      .arg("axes", "tensors with one axis each"), returns: "a list of tensors of shape [n1, n2, …]",
      example: "grid = tensor.meshgrid{tensor{1, 2}, tensor{5, 6, 7}}  return grid[1]"
    ) { (axes: [Tensor]) in
      guard axes.count <= Shape.maximumRank else {
        throw UserError("axes must be at most \(Shape.maximumRank) tensors, got \(axes.count)")
      }
      for (number, axis) in axes.enumerated() where axis.rank != 1 {
        throw UserError("axes must have 1 axis each, got shape \(axis.shape) at \(number + 1)")
      }
      let shape = try Shape(checking: axes.map { $0.shape[0] })
      return try axes.enumerated().map { number, axis in
        var lengths = Array(repeating: 1, count: axes.count)
        lengths[number] = axis.shape[0]
        return try broadcast(reshape(axis, to: lengths), to: shape)
      }
    },
    .function(
      "logspace",
      "Numbers whose logarithms are equally spaced, both ends included; of one number, the first.",
      .arg("first", "exponent of the first", in: .finite),
      .arg("last", "exponent of the last", in: .finite), .arg("count", in: .positive),
      .option("base", default: 10, "of the powers", in: .positive),
      .option("dtype", default: .float32, "element type"), returns: "tensor of shape [count]",
      example: "tensor.logspace(0, 3, 4)"
    ) { (first: Double, last: Double, count: Count, base: Double, dtype: DType) in
      let count = count.value
      let exponent = spaced(from: first, to: last, count)
      return try checkedTensor(count) { pow(base, exponent($0)) }.converted(to: dtype)
    },
  ]

  /// Number k of `count` equally spaced ones, k from 0. Both ends are exact.
  static func spaced(from first: Double, to last: Double, _ count: Int) -> (Int) -> Double {
    guard count > 2 else { return { $0 == 0 ? first : last } }
    let step = (last - first) / Double(count - 1)
    guard step.isFinite else {
      // last − first overflows: each half is counted from its own end.
      let step = last / Double(count - 1) - first / Double(count - 1)
      return { k in
        2 * k < count ? first + step * Double(k) : last - step * Double(count - 1 - k)
      }
    }
    return { k in k == count - 1 ? last : first + step * Double(k) }
  }

  static let namedProducts: [Entry] = [
    .operation(
      "dot", "Σ a b of two vectors.", .arg("a"), .arg("b"),
      example: "return tensor{1, 2}:dot(tensor{3, 4})"
    ) { (a: Tensor, b: Tensor) in
      guard a.rank == 1, b.rank == 1, a.shape == b.shape else {
        throw UserError("a and b must be vectors of one length, got \(a.shape) and \(b.shape)")
      }
      return try sum(a * b)
    },
    .operation(
      "outer", "The products of each element of a vector with each of another.", .arg("a"),
      .arg("b"), example: "return tensor{1, 2}:outer(tensor{3, 4})"
    ) { (a: Tensor, b: Tensor) in
      guard a.rank == 1, b.rank == 1 else {
        throw UserError("a and b must be vectors, got \(a.shape) and \(b.shape)")
      }
      return try expandedAxis(a, at: 1) * expandedAxis(b, at: 0)
    },
    .operation(
      "tensordot", "Products of two tensors summed over pairs of axes.", .arg("a"), .arg("b"),
      .arg(
        "axes", default: .first(2),
        "how many of a's last axes meet as many of b's first, or {axes of a, axes of b}"),
      returns: "the axes of a that are left, then those of b",
      example: "return tensor.ones{2, 3, 4}:tensordot(tensor.ones{4, 3}, { {2, 3}, {2, 1} }).shape"
    ) { (a: Tensor, b: Tensor, axes: OneOf<Int, [[Int]]>) in
      try tensordot(a, b, axes: pairs(axes, a, b))
    },
    .operation(
      "kron", "The Kronecker product: b once for each element of a, times that element.",
      .arg("a"), .arg("b"), example: "return tensor.eye(2):kron(tensor{{1, 2}})"
    ) { (a: Tensor, b: Tensor) in try kronecker(a, b) },
    .function(
      "einsum", "Products summed over named axes: 'ij,jk->ik' is the matrix product.",
      .arg("form", "letters for the axes of each tensor, and after -> those of the result"),
      .rest("tensors", "one for each operand of the form"),
      details:
        "A letter twice in one operand takes the diagonal; letters missing after the arrow are "
        + "summed. Without an arrow the result has the letters that occur once, in alphabetical order.",
      example: "tensor.einsum(\"bij,bj->bi\", tensor.ones{2, 3, 4}, tensor.ones{2, 4})"
    ) { (form: String, tensors: Rest<Tensor>) in try Einsum(parsing: form)(tensors.values) },
  ]

  /// The axes of `a` and of `b` that are summed over, 0-based.
  private static func pairs(_ axes: OneOf<Int, [[Int]]>, _ a: Tensor, _ b: Tensor) throws -> (
    a: [Int], b: [Int]
  ) {
    switch axes {
    case .first(let count):
      guard count >= 0, count <= min(a.rank, b.rank) else {
        throw UserError(
          "axes must be from 0 to \(min(a.rank, b.rank)), got \(count), for shapes \(a.shape) and "
            + "\(b.shape)")
      }
      return (Array(a.rank - count..<a.rank), Array(0..<count))
    case .second(let lists):
      guard lists.count == 2, lists[0].count == lists[1].count else {
        throw UserError("axes must be two lists of one length, got \(lists.literal)")
      }
      let first = try lists[0].map { try a.axis($0, name: "axes") }
      let second = try lists[1].map { try b.axis($0, name: "axes") }
      guard Set(first).count == first.count, Set(second).count == second.count else {
        throw UserError("axes must not name an axis twice, got \(lists.literal)")
      }
      return (first, second)
    }
  }
}
