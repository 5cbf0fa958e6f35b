import Catalog
import Tensors

/// Numbers of elements that a tensor holds. They are a list for the operations of `Selecting`, except
/// while a program is recorded: there the tensor is an operand like any other, and each run of the
/// program reads its numbers anew.
struct ChosenNumbers {
  let source: Tensor
  /// The 0-based numbers; throws where one is out of range.
  let numbers: (Tensor) throws -> [Int]

  init(_ source: Tensor, numbers: @escaping (Tensor) throws -> [Int]) {
    self.source = source.value
    self.numbers = numbers
  }

  /// Which numbers are not −1, in a shape of as many elements.
  func mask(_ shape: Shape) throws -> Tensor {
    let numbers = numbers
    func mask(_ source: Tensor) throws -> Tensor {
      try Tensor(numbers(source).map { $0 >= 0 }, shape: shape)
    }
    return try repeating("mask", [source]) { try mask($0[0]) }
  }

  /// A linear choice of elements of `x`, and its adjoint.
  fileprivate func apply(
    _ name: StaticString, to x: Tensor, _ body: @escaping (Tensor, [Int]) throws -> Tensor,
    adjoint: @escaping (_ x: Tensor, _ cotangent: Tensor) throws -> Tensor
  ) throws -> Tensor {
    let (source, numbers) = (source, numbers)
    return try record(
      name, [x],
      forward: { inputs in
        try repeating("\(name)", [inputs[0], source]) { try body($0[0], numbers($0[1])) }
      }, pullbacks: [{ inputs, _, cotangent in try adjoint(inputs[0], cotangent) }])
  }
}

/// Elements of one axis by number.
func pick(_ x: Tensor, axis: Int, _ chosen: ChosenNumbers) throws -> Tensor {
  if !Tensor.isProgramRecorded { return try pick(x, axis: axis, chosen.numbers(chosen.source)) }
  return try chosen.apply("index", to: x) {
    try $0.picked(axis: axis, $1)
  } adjoint: { x, g in
    try spread(g, axis: axis, chosen, length: x.shape[axis])
  }
}

/// The adjoint of `pick`.
private func spread(_ x: Tensor, axis: Int, _ chosen: ChosenNumbers, length: Int) throws -> Tensor {
  try chosen.apply("spread", to: x) {
    try $0.spread(axis: axis, $1, length: length)
  } adjoint: { _, g in
    try pick(g, axis: axis, chosen)
  }
}

/// Elements at row-major places in a new shape.
func gather(_ x: Tensor, at places: ChosenNumbers, shape: Shape) throws -> Tensor {
  if !Tensor.isProgramRecorded {
    return try gather(x, at: places.numbers(places.source), shape: shape)
  }
  return try places.apply("gather", to: x) {
    try $0.gathered(at: $1, shape: shape)
  } adjoint: { x, g in
    try scatter(g, to: places, shape: x.shape)
  }
}

/// The adjoint of `gather`.
func scatter(_ x: Tensor, to places: ChosenNumbers, shape: Shape) throws -> Tensor {
  if !Tensor.isProgramRecorded {
    return try scatter(x, to: places.numbers(places.source), shape: shape)
  }
  return try places.apply("scatter", to: x) {
    try $0.scattered(to: $1, shape: shape)
  } adjoint: { x, g in
    try gather(g, at: places, shape: x.shape)
  }
}
