import Tensors

/// A recorded function as a list of operations, each of which is needed: what `Fusion` cuts into
/// instructions.
///
/// Made from a `Recording` by four rules that change no bit of any result: a constant of equal
/// elements, made by the function itself, is one number; a product with such a 1, a copy of something
/// dense and a reduction over one element are their operand; what stands there twice is done once;
/// what no result depends on is left away. Random draws stay, so that
/// a stream is afterwards where the function itself would have left it.
struct Program {
  typealias Operand = Recording.Operand
  typealias Layout = Recording.Layout

  private(set) var operations: [Recording.Step] = []
  /// The tensors that the function returned, one for each leaf of its results.
  private(set) var results: [Operand] = []
  let values: [Recording.Value]
  /// The layouts of the arguments, which are the first values.
  let arguments: [Layout]
  private var aliases: [Int: Operand] = [:]
  /// Constants that nobody outside can write into.
  private var ownConstants: Set<ObjectIdentifier> = []

  init(_ recording: Recording, arguments: [Layout], results: [Tensor]) {
    values = recording.values
    self.arguments = arguments
    // What is returned has memory of its own, as it has where the function itself returns it.
    let returned = Set(results.compactMap { recording.value(of: $0) })
    var known: [String: [Int]] = [:]
    for operation in recording.operations {
      let operation = simplified(operation, recording)
      if operation.outputs.contains(where: { returned.contains($0.value) }) {
        operations.append(operation)
        continue
      }
      if let same = identity(operation), let output = operation.outputs.first {
        aliases[output.value] = same
        continue
      }
      if let key = key(operation) {
        if let earlier = known[key] {
          for (output, value) in zip(operation.outputs, earlier) {
            aliases[output.value] = Operand(value: value, constant: nil, layout: output.layout)
          }
          continue
        }
        known[key] = operation.outputs.map(\.value)
      }
      operations.append(operation)
    }
    self.results = results.map { resolved(recording.operand($0)) }
    removeUnused()
  }

  // MARK: The rules

  private func resolved(_ operand: Operand) -> Operand {
    guard let value = operand.value, let same = aliases[value] else { return operand }
    return Operand(value: same.value, constant: same.constant, layout: operand.layout)
  }

  private mutating func simplified(_ operation: Recording.Step, _ recording: Recording)
    -> Recording.Step
  {
    var inputs = operation.inputs.map(resolved)
    if operation.kind.isElementwise, operation.name != "power" {
      inputs = inputs.map { input in
        guard let constant = input.constant, recording.made(constant) else { return input }
        let number = input.asSingleNumber() ?? input
        ownConstants.insert(ObjectIdentifier(number.constant?.storage ?? constant.storage))
        return number
      }
    }
    return Recording.Step(
      name: operation.name, kind: operation.kind, inputs: inputs, outputs: operation.outputs)
  }

  private func isOwn(_ operand: Operand) -> Bool {
    operand.constant.map { ownConstants.contains(ObjectIdentifier($0.storage)) } ?? false
  }

  /// The operand that an operation gives back unchanged; only one that lies as the result does, so
  /// that views of the result are views of it.
  private func identity(_ operation: Recording.Step) -> Operand? {
    guard let output = operation.outputs.first?.layout else { return nil }
    var same: Operand?
    switch operation.kind {
    case .copy: same = operation.inputs[0]
    case .reduce(_, _, length: 1, _): same = operation.inputs[0]
    case .binary(let kernel) where kernel.name == "multiply":
      let (a, b) = (operation.inputs[0], operation.inputs[1])
      if isOwn(b), b.singleNumber == 1 {
        same = a
      } else if isOwn(a), a.singleNumber == 1 {
        same = b
      }
    default: break
    }
    guard let same, same.value != nil, same.layout.isWhole, output.isWhole,
      same.layout.dtype == output.dtype, same.layout.elementCount == output.elementCount
    else { return nil }
    return same
  }

  /// Equal for operations that give equal results; nil where that cannot be told.
  private func key(_ operation: Recording.Step) -> String? {
    switch operation.kind {
    case .operation, .draw: return nil
    default: break
    }
    var key = operation.name
    if case .reduce(_, let outer, let length, let inner) = operation.kind {
      key += " \(outer) \(length) \(inner)"
    }
    for input in operation.inputs {
      if let value = input.value {
        key += " v\(value)"
      } else if isOwn(input), let number = input.singleNumber {
        key += " n\(number)"
      } else if let constant = input.constant {
        key += " c\(UInt(bitPattern: constant.storage.base))"
      }
      let layout = input.layout
      key += "\(layout.dtype.rawValue)\(layout.shape)\(layout.strides)\(layout.offset)"
    }
    for output in operation.outputs { key += "\(output.layout.dtype.rawValue)" }
    return key
  }

  private mutating func removeUnused() {
    var needed = Set(results.compactMap(\.value))
    var kept: [Recording.Step] = []
    for operation in operations.reversed() {
      var isNeeded = operation.outputs.contains { needed.contains($0.value) }
      if case .draw = operation.kind { isNeeded = true }
      if !isNeeded { continue }
      needed.formUnion(operation.inputs.compactMap(\.value))
      kept.append(operation)
    }
    operations = kept.reversed()
  }
}

extension Recording.Operand {
  /// The number that all elements of a constant are; nil where they differ.
  var singleNumber: Double? {
    guard let constant, constant.elementCount == 1 || layout.strides.allSatisfy({ $0 == 0 }) else {
      return nil
    }
    return try? constant.doubles().first
  }

  /// A constant of equal elements as one element, repeated.
  func asSingleNumber() -> Recording.Operand? {
    guard let constant, constant.elementCount > 1, constant.dtype != .int64,
      let values = try? constant.doubles(), let first = values.first,
      values.allSatisfy({ $0.bitPattern == first.bitPattern }),
      let single = try? Tensor.scalar(first, constant.dtype)
    else { return nil }
    return Recording.Operand(
      value: nil, constant: single,
      layout: Recording.Layout(
        dtype: constant.dtype, shape: layout.shape,
        strides: Shape(repeating: 0, rank: layout.shape.rank), offset: 0))
  }
}

extension Recording.Layout {
  var elementCount: Int { shape.elementCount }

  /// Whether the elements lie densely from the start of the storage.
  var isWhole: Bool { offset == 0 && runs.isDense }
}

extension RecordedKind {
  /// Whether element i of the result depends on element i of the operands alone.
  var isElementwise: Bool {
    switch self {
    case .unary, .binary, .compare, .choose, .and, .test, .convert, .copy: true
    default: false
    }
  }
}
