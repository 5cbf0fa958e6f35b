import Catalog
import Runtime
import Tensors

/// The Lua module `tensor`: n-dimensional arrays, with gradients where a transform asks for them.
public enum TensorModule {
  public static let module = Module(
    "tensor",
    "N-dimensional arrays. `tensor{1, 2, 3}` makes one; every function is also a method.",
    types: [TypeDescription(Tensor.self, "an n-dimensional array, float32 unless asked otherwise")],
    call: make,
    entries: making + shaping + reading + operators + elementwise + reductions + products
      + ordering + selection + cutting + grids + namedProducts + fourier)

  static let make = Entry.function(
    "tensor", "A tensor of the given values.",
    .arg("values", "a number, nested lists of equal lengths, or a tensor to copy"),
    .option("dtype", default: nil, "element type; float32 for numbers, bool for booleans"),
    returns: "a new tensor", example: "x = tensor{{1, 2}, {3, 4}}  print(x.shape[1])"
  ) { (values: TensorSource, dtype: DType?) in try values.tensor(dtype) }

  static let making: [Entry] = [
    .function(
      "zeros", "A tensor of zeros.", .arg("shape", "lengths"),
      .option("dtype", default: .float32, "element type"), example: "tensor.zeros{2, 3}"
    ) { (shape: ShapeArgument, dtype: DType) in try Tensor.zeros(shape.shape(), dtype) },
    .function(
      "ones", "A tensor of ones.", .arg("shape", "lengths"),
      .option("dtype", default: .float32, "element type"), example: "tensor.ones(4)"
    ) { (shape: ShapeArgument, dtype: DType) in try Tensor.full(shape.shape(), 1, dtype) },
    .function(
      "full", "A tensor of one value.", .arg("shape", "lengths"), .arg("value"),
      .option("dtype", default: .float32, "element type"), example: "tensor.full({2, 2}, 0.5)"
    ) { (shape: ShapeArgument, value: Double, dtype: DType) in
      try Tensor.full(shape.shape(), value, dtype)
    },
    .function(
      "linspace", "Equally spaced numbers, both ends included; of one number, the first.",
      .arg("first", in: .finite), .arg("last", in: .finite), .arg("count", in: .positive),
      .option("dtype", default: .float32, "element type"), returns: "tensor of shape [count]",
      example: "tensor.linspace(0, 1, 5)"
    ) { (first: Double, last: Double, count: Count, dtype: DType) in
      let count = count.value
      return try checkedTensor(count, spaced(from: first, to: last, count)).converted(to: dtype)
    },
    .function(
      "arange", "The numbers first, first + step, … up to last, which is included where it is met.",
      .arg("first", in: .finite), .arg("last", in: .finite), .arg("step", default: 1.0),
      .option("dtype", default: .float32, "element type: float32, float64 or int64"),
      returns: "tensor of shape [n]",
      details: "An error where the type is too coarse to tell neighbours apart.",
      example: "tensor.arange(1, 5)"
    ) { (first: Double, last: Double, step: Double, dtype: DType) in
      guard step != 0, step.isFinite else {
        throw UserError("step must be a number other than 0, got \(formatNumber(step))")
      }
      return try range(first, last, step, dtype)
    },
  ]

  static let shaping: [Entry] = [
    .operation(
      "reshape", "The same elements in another shape; a view where they lie densely.",
      .arg("x"), .arg("shape", "lengths; one may be -1"),
      example: "tensor.arange(1, 6):reshape{2, 3}"
    ) { (x: Tensor, shape: ShapeArgument) in try reshape(x, to: shape.lengths) },
    .operation(
      "transpose", "The last two axes exchanged, as a view.", .arg("x"),
      example: "tensor.zeros{2, 3}:transpose()"
    ) { (x: Tensor) in try transpose(x) },
    .operation(
      "permute", "Axes in another order, as a view.", .arg("x"), .arg("axes", "1-based axes"),
      example: "tensor.zeros{2, 3, 4}:permute{3, 1, 2}"
    ) { (x: Tensor, axes: [Int]) in try permute(x, axes.map { try x.axis($0, name: "axes") }) },
    .operation(
      "column", "Column i of the last axis, as a view.", .arg("x"), .arg("i", "1-based"),
      example: "tensor{{1, 2}, {3, 4}}:column(1)"
    ) { (x: Tensor, i: Int) in
      guard x.rank > 0 else { throw UserError("a 0-d tensor has no columns") }
      let axis = x.rank - 1
      return try indexed(x, .slices(Array(repeating: .all, count: axis) + [.one(i)]))
    },
    newAxisView("expand"), newAxisView("unsqueeze"),
    .operation(
      "broadcast", "A view that repeats axes of length 1.", .arg("x"), .arg("shape", "lengths"),
      example: "tensor{1, 2}:broadcast{3, 2}"
    ) { (x: Tensor, shape: ShapeArgument) in try Autodiff.broadcast(x, to: shape.shape()) },
    .function(
      "concatenate", "Tensors joined along an axis that all have.", .arg("parts"),
      .arg("axis", default: 1, "1-based"),
      example: "tensor.concatenate{tensor.ones(2), tensor.zeros(3)}"
    ) { (parts: [Tensor], axis: Int) in
      guard let first = parts.first else { throw UserError("parts must not be empty") }
      return try concatenate(parts, axis: first.axis(axis))
    },
    .function(
      "stack", "Tensors of one shape along a new axis.", .arg("parts"),
      .arg("axis", default: 1, "place of the new axis, 1-based"),
      example: "tensor.stack{tensor.ones(2), tensor.zeros(2)}"
    ) { (parts: [Tensor], axis: Int) in
      guard let first = parts.first else { throw UserError("parts must not be empty") }
      for part in parts where part.shape != first.shape {
        throw UserError("parts must have one shape, got \(first.shape) and \(part.shape)")
      }
      let place = try newAxis(axis, of: first)
      return try concatenate(parts.map { try expandedAxis($0, at: place) }, axis: place)
    },
    .operation(
      "copy", "A dense copy with memory of its own.", .arg("x"), example: "tensor.ones(2):copy()"
    ) { (x: Tensor) in try convertedCopy(x) },
    .operation(
      "to", "The same values in another element type.", .arg("x"), .arg("dtype"),
      example: "tensor{1, 2}:to(\"float64\")"
    ) { (x: Tensor, dtype: DType) in try convert(x, to: dtype) },
    .operation(
      "detach", "The same values, seen by no gradient.", .arg("x"),
      example: "tensor.ones(2):detach()"
    ) { (x: Tensor) in x.value },
  ]

  static let reading: [Entry] = [
    .property(Tensor.self, "shape", "Axis lengths.", example: "tensor.zeros{2, 3}.shape") {
      (x: Tensor) in Array(x.shape)
    },
    .property(Tensor.self, "dtype", "Element type.", example: "tensor.zeros(1).dtype") {
      (x: Tensor) in x.dtype.rawValue
    },
    .property(Tensor.self, "rank", "Number of axes.", example: "tensor.zeros{2, 3}.rank") {
      (x: Tensor) in x.rank
    },
    .property(Tensor.self, "count", "Number of elements.", example: "tensor.zeros{2, 3}.count") {
      (x: Tensor) in x.elementCount
    },
    .operation(
      "item", "The only element as a Lua number or boolean.", .arg("x"), example: "tensor(3):item()"
    ) { (x: Tensor) -> Value in
      let value = try x.value.item()
      return try x.dtype == .int64 ? .integer(x.value.integers()[0]) : scalar(value, x.dtype)
    },
    .operation(
      "checksum", "A hash of all elements as text: equal for equal bits in one order.", .arg("x"),
      details: """
        Shape and layout in memory do not matter. -0 and 0 differ, and so do a float32 and a float64 of one value.
        """,
      example: "return tensor{1, 2}:checksum()"
    ) { (x: Tensor) in try x.value.checksum() },
    .operation(
      "table", "The elements as nested Lua tables.", .arg("x"), example: "tensor{1, 2}:table()[2]"
    ) { (x: Tensor) -> Value in
      // Each number or list is a value in a list and has a box, also where the lists are empty.
      let values = x.shape.reduce(1) { $0 * max($1, 1) }
      try Memory.request(values, of: (Value, Value, Value, Value, Value, Value).self)
      if x.dtype == .int64 {
        return try nested(x.value.integers()[...], x.shape, axis: 0) { .integer($0) }
      }
      return try nested(x.value.doubles()[...], x.shape, axis: 0) { scalar($0, x.dtype) }
    },
    .metamethod(
      Tensor.self, "__index", "x[i]",
      "A view along axis 1, or a copy of one element; nil at #x + 1. x[{ {a, b}, {a, b, step}, i, {} }] "
        + "slices; bool and int64 tensors select.",
      .arg("x"), .arg("index"), example: "x = tensor{{1, 2}, {3, 4}}  return x[1], x[{ {}, 2 }]"
    ) { (x: Tensor, index: Index) in try readIndexed(x, index) },
    .metamethod(
      Tensor.self, "__newindex", "x[i] = v", "Writes numbers or a tensor into part of x.",
      .arg("x"), .arg("index"), .arg("value"), example: "x = tensor.zeros(3)  x[2] = 5"
    ) { (x: Tensor, index: Index, value: Operand) in
      try assign(x, index, value)
      return Nothing()
    },
    .metamethod(Tensor.self, "__len", "#x", "Length of axis 1.", .arg("x"), .rest("unused")) {
      (x: Tensor, _: Rest<Value>) -> Int in
      guard x.rank > 0 else { throw UserError("a 0-d tensor has no length") }
      return x.shape[0]
    },
    .metamethod(
      Tensor.self, "__tostring", "tostring(x)", "The values, bounded.", .arg("x"), .rest("unused")
    ) {
      (x: Tensor, _: Rest<Value>) in
      try Recording.requireNumbers(of: x)
      return x.value.display()
    },
  ]

  private static func newAxisView(_ name: String) -> Entry {
    .operation(
      name, "A view with a new axis of length 1.", .arg("x"), .arg("axis", "its place, 1-based"),
      example: "tensor{1, 2}:\(name)(1)"
    ) { (x: Tensor, axis: Int) in try expandedAxis(x, at: newAxis(axis, of: x)) }
  }

  /// The 0-based place of a new axis that a user names, 1-based or negative from the end.
  private static func newAxis(_ axis: Int, of x: Tensor) throws -> Int {
    let place = axis > 0 ? axis - 1 : x.rank &+ 1 &+ axis
    guard axis != 0, (0...x.rank).contains(place) else {
      throw UserError("axis must be from 1 to \(x.rank + 1), got \(axis), for shape \(x.shape)")
    }
    return place
  }

  /// first, first + step, … up to last.
  private static func range(_ first: Double, _ last: Double, _ step: Double, _ dtype: DType) throws
    -> Tensor
  {
    let span = last - first
    let exact = span.isFinite ? span / step : last / step - first / step
    let steps = (exact * (1 + 1e-12)).rounded(.down)
    guard steps < 1e15 else { throw UserError("\(formatNumber(steps + 1)) elements do not fit") }
    let count = Int(clamping: max(0, steps + 1))
    if dtype == .int64 {
      for (name, value) in [("first", first), ("last", last), ("step", step)]
      where value != value.rounded() || abs(value) > 0x1p53 {
        throw UserError(
          "\(name) must be an integer from -2^53 to 2^53 for int64, got \(formatNumber(value))")
      }
    } else if dtype == .bool {
      throw UserError("dtype must be 'float32', 'float64' or 'int64', got 'bool'")
    }
    let numbers = try checkedTensor(count) {
      let number = first + step * Double($0)
      // The product may overflow where the sum does not.
      return number.isFinite ? number : first.addingProduct(step, Double($0))
    }
    let result = try numbers.converted(to: dtype)
    // Neighbours lie closest to each other, counted in what the type can tell apart, at an end.
    for start in count > 1 ? [0, count - 2] : [] {
      let pair = try result.slice(axis: 0, start..<start + 2).doubles()
      guard pair[0] == pair[1] else { continue }
      throw UserError(
        "step \(formatNumber(step)) is lost in \(dtype.rawValue) beside \(formatNumber(pair[0])); "
          + "use {dtype = \(dtype == .float32 ? "\"float64\"" : "\"int64\"")}")
    }
    return result
  }

  /// A new tensor from a formula, after the check that it fits in memory.
  static func checkedTensor(_ count: Int, _ value: (Int) -> Double) throws -> Tensor {
    let result = try Tensor(uninitialized: Shape(checking: [count]), .float64)
    let out = result.pointer(Double.self)
    try Cancellation.inBlocks(count) { for i in $0 { out[i] = value(i) } }
    return result
  }

  static func convertedCopy(_ x: Tensor) throws -> Tensor {
    try record("copy", [x], forward: { try $0[0].copied() }, pullbacks: [{ _, _, g in g }])
  }

  /// A number of a tensor that is not int64.
  private static func scalar(_ value: Double, _ dtype: DType) -> Value {
    dtype == .bool ? .boolean(value != 0) : .number(value)
  }

  /// Numbers in row-major order as lists in lists.
  private static func nested<Number>(
    _ values: ArraySlice<Number>, _ shape: Shape, axis: Int, _ leaf: (Number) -> Value
  ) throws -> Value {
    if axis == shape.rank { return values.first.map(leaf) ?? .none }
    let length = shape[axis]
    let step = length == 0 ? 0 : values.count / length
    return .list(
      try (0..<length).polledMap {
        let start = values.startIndex + $0 * step
        return try nested(values[start..<start + step], shape, axis: axis + 1, leaf)
      })
  }
}
