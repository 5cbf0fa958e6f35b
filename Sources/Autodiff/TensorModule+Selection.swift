import Catalog
import Tensors

// Choosing elements by condition or by number, and writing in place.

/// Numbers of elements along an axis: an int64 tensor, or a list of integers.
struct IndexList: Argument {
  let tensor: Tensor
  static var expectation: String { "an int64 tensor or a list of integers" }
  static var luaType: String { "tensor|integer[]" }

  static func read(_ frame: Frame, _ index: Int32) throws -> IndexList {
    if frame.type(at: index) == LuaType.table, let list = try? [Int].read(frame, index) {
      return IndexList(tensor: try Tensor(list.map(Int64.init)))
    }
    guard let tensor = try? Tensor.read(frame, index), tensor.dtype == .int64 else {
      throw Mismatch(expected: expectation)
    }
    return IndexList(tensor: tensor)
  }
}

extension TensorModule {
  static let selection: [Entry] = [
    .operation(
      "where", "The element of a where the mask is true, otherwise that of b; all broadcast.",
      .arg("mask", "a bool tensor"), .arg("a"), .arg("b"),
      example: "x = tensor{-1, 2}  return tensor.where(x:greater(0), x, 0)"
    ) { (mask: Tensor, a: Operand, b: Operand) in
      try choose(mask, a.tensor(beside: b), b.tensor(beside: a))
    },
    .operation(
      "gather", "Elements along an axis by number: out[i][j] = x[index[i][j]][j] for axis 1.",
      .arg("x"), .arg("axis", "1-based"),
      .arg("index", "int64, 1-based; its other lengths are at most those of x"),
      returns: "tensor shaped like index",
      example: """
        x = tensor{{1, 2}, {3, 4}}
        return x:gather(2, tensor({{2}, {1}}, {dtype = "int64"}))
        """
    ) { (x: Tensor, axis: Int, index: Tensor) in
      let axis = try x.axis(axis)
      return try gather(x, axis: axis, checked(index), from: 1)
    },
    .operation(
      "scatter_add",
      "A copy of x with source added along an axis: out[index[i][j]][j] += source[i][j] for axis 1.",
      .arg("x"), .arg("axis", "1-based"), .arg("index", "int64, 1-based"),
      .arg("source", "shaped like index"),
      details: "Where an element is named several times all of them are added.",
      example: """
        index = tensor({1, 1, 3}, {dtype = "int64"})
        return tensor.zeros(3):scatter_add(1, index, tensor{1, 2, 3})
        """
    ) { (x: Tensor, axis: Int, index: Tensor, source: Tensor) in
      let (axis, places, values) = try scattering(x, axis, index, source)
      return try scatterAdd(x, axis: axis, places, from: 1, values)
    },
    .operation(
      "scatter",
      "A copy of x with elements replaced along an axis: out[index[i][j]][j] = source[i][j] for axis 1.",
      .arg("x"), .arg("axis", "1-based"), .arg("index", "int64, 1-based"),
      .arg("source", "shaped like index"),
      details: "Where an element is named several times the last value stays.",
      example: """
        index = tensor({1, 3}, {dtype = "int64"})
        return tensor.zeros(3):scatter(1, index, tensor{5, 6})
        """
    ) { (x: Tensor, axis: Int, index: Tensor, source: Tensor) in
      let (axis, places, values) = try scattering(x, axis, index, source)
      return try scatterOver(x, axis: axis, places, from: 1, values)
    },
    .operation(
      "take", "Elements of one axis by number, in that order.", .arg("x"), .arg("index", "1-based"),
      .arg("axis", default: 1, "1-based"), example: "return tensor{10, 20, 30}:take{3, 1}"
    ) { (x: Tensor, index: IndexList, axis: Int) in
      let axis = try x.axis(axis)
      guard index.tensor.rank == 1 else {
        throw UserError("index must have 1 axis, got shape \(index.tensor.shape)")
      }
      let shape = x.shape
      return try pick(
        x, axis: axis,
        ChosenNumbers(index.tensor) { try axisNumbers($0, axis: axis, of: shape) })
    },
    .operation(
      "nonzero", "Where x is true, or not 0: one row of 1-based indices for each such element.",
      .arg("x"), returns: "int64 tensor of shape [n, rank]",
      example: "return tensor{0, 3, 4}:nonzero()"
    ) { (x: Tensor) in
      let places = try x.value.truePlaces()
      let result = try Tensor(uninitialized: [places.count, x.rank], .int64)
      let out = result.pointer(Int64.self)
      for (row, place) in places.enumerated() {
        var rest = place
        for axis in stride(from: x.rank - 1, through: 0, by: -1) {
          out[row * x.rank + axis] = Int64(rest % x.shape[axis] + 1)
          rest /= x.shape[axis]
        }
      }
      return result
    },
    .operation(
      "fill", "Writes one number into all of x, in place.", .arg("x"), .arg("value"),
      returns: "x",
      details:
        "Not into an element `v[i]`, which is read as a number of its own: write `v[i] = value`.",
      example: "x = tensor.zeros(3)  x[{ {1, 2} }]:fill(7)  return x"
    ) { (x: Tensor, value: Number) in
      try x.assign(writable(x, value.operand))
      return x
    },
    .operation(
      "assign", "Writes broadcast values into x, in place.", .arg("x"), .arg("values"),
      returns: "x", example: "x = tensor.zeros{2, 2}  return x:assign(tensor{1, 2})"
    ) { (x: Tensor, values: Operand) in
      try x.assign(writable(x, values))
      return x
    },
    .operation(
      "axpy", "x ← x + a y, in place.", .arg("x", "float32 or float64"), .arg("a"), .arg("y"),
      returns: "x", example: "x = tensor.ones(3)  return x:axpy(0.5, tensor{1, 2, 3})"
    ) { (x: Tensor, a: Double, y: Tensor) in
      guard x.dtype.isFloatingPoint else {
        throw UserError("x must be float32 or float64, got \(x.dtype.rawValue)")
      }
      try x.addInPlace(a, writable(x, .tensor(y)))
      return x
    },
  ]

  private static func checked(_ index: Tensor) throws -> Tensor {
    guard index.dtype == .int64 else {
      throw UserError("index must be an int64 tensor, got \(index.describe())")
    }
    return index
  }

  /// A 0-based axis, 1-based places on it, and the values for them in the type of x.
  private static func scattering(_ x: Tensor, _ axis: Int, _ index: Tensor, _ source: Tensor) throws
    -> (axis: Int, places: Tensor, values: Tensor)
  {
    let axis = try x.axis(axis)
    let places = try checked(index)
    guard source.shape == index.shape else {
      throw UserError(
        "source must have the shape of index, got \(source.shape) and \(index.shape)")
    }
    if x.dtype == .int64 { try source.value.requireWhole() }
    return (axis, places, try convert(source, to: x.dtype))
  }
}
